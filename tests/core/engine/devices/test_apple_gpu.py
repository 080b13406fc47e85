"""Every run computes on an Apple GPU, which knows no float64, and gives the processor's picture there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.engine.engine import Engine
from core.engine.families import Family
from core.engine.initial_state import from_request
from core.models.catalogue import Catalogue
from core.models.memory_plan import Placement
from core.request.hires import Hires
from core.request.request import GenerationRequest, Reference, Source
from core.request.samplers import FLOW_SAMPLERS, SAMPLERS
from core.runs.branch import Branch
from core.runs.operations import GenerateBranch, OpenFilm, ReportMemory, result_of
from tests.apple import MPS, Apple, apple_gpu
from tests.core.engine.test_branching import REQUEST, assert_same_frames, on_disk, ready
from tests.core.engine.test_inpainting import asked
from tests.on_gpus import assert_same_picture, last_of
from tests.tiny_families import TINY_MODELS, smallest_request

BRINGING = ("ddpm", "euler_a", "dpm2_a", "dpmpp_2m_sde", "dpmpp_2m_sde_karras", "unipc", "lcm")
"""Samplers whose steps bring noise to the device, or UniPC's small matrices."""


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    Image.fromarray(np.random.default_rng(4).integers(0, 256, (40, 40, 3), dtype=np.uint8)).save(path)
    return path


@pytest.fixture(scope="module")
def processor(one_of_each: Path) -> Engine:
    return Engine(Catalogue((one_of_each,)), "cpu", "float32")


@pytest.fixture
def apple() -> Iterator[Apple]:
    with apple_gpu() as gpu:
        yield gpu


def requests(request: GenerationRequest, photo: Path) -> tuple[GenerationRequest, ...]:
    """Returns it from noise, from a picture, and with a mask."""
    masked = asked(photo.parent, request, softness=3.0)
    return request, replace(request, source=Source(str(photo), 0.8)), masked


SAMPLERS_OF = [
    *(("stable_diffusion_2", sampler) for sampler in SAMPLERS),
    *(("flux1", sampler) for sampler in FLOW_SAMPLERS),
]
"""Samplers have other schedulers for a model of flow matching."""


@pytest.mark.parametrize(("model", "sampler"), SAMPLERS_OF)
def test_every_sampler_runs_is_replayed_and_branched_there(
    one_of_each: Path, processor: Engine, photo: Path, tmp_path: Path, model: str, sampler: str
) -> None:
    catalogue = Catalogue((one_of_each,))
    plain = replace(smallest_request(catalogue.find(model)), sampler=sampler)
    asked_for = requests(plain, photo)
    with_expected = list(zip(asked_for, [last_of(processor, request) for request in asked_for], strict=True))
    with apple_gpu():
        engine = Engine(catalogue, "mps", "float32")
        for number, (request, expected) in enumerate(with_expected):
            whole = last_of(engine, request)
            assert_same_picture(whole, expected)
            film = result_of(engine, OpenFilm(on_disk(whole.film, tmp_path / str(number)))).film
            assert_same_frames(film, whole.film)
            film = replace(film, masked=whole.film.masked)  # the film's own program knows where its pictures are
            again = ready(list(engine.run(GenerateBranch(Branch(film, 2, film.request)))))
            np.testing.assert_array_equal(again.image.pixels, whole.image.pixels)


@pytest.mark.parametrize("model", TINY_MODELS)
def test_every_family_runs_there(one_of_each: Path, processor: Engine, photo: Path, model: str) -> None:
    catalogue = Catalogue((one_of_each,))
    limits = catalogue.find(model).limits
    plain, *others = requests(smallest_request(catalogue.find(model), steps=3), photo)
    two_passes = replace(plain, steps=2, hires=Hires("Latent", strength=0.5, scale=1.5))
    seeing = replace(plain, references=(Reference(str(photo)),)) if limits.references else plain
    asked_for = (two_passes, seeing, *others)
    expected = [last_of(processor, request) for request in asked_for]
    with apple_gpu():
        engine = Engine(catalogue, "mps", "float32")
        for request, picture in zip(asked_for, expected, strict=True):
            assert_same_picture(last_of(engine, request), picture)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_step_waits_for_the_device_only_to_keep_the_film(models: Path, apple: Apple, sampler: str) -> None:
    engine = Engine(Catalogue((models,)), "mps", "float32")

    def counted(steps: int) -> tuple[Counter[str], int]:
        apple.counts.clear()
        film = last_of(engine, replace(REQUEST, sampler=sampler, steps=steps)).film
        return Counter(apple.counts), len(film.frames)

    counted(1)  # loads the model
    (few, calls), (many, more_calls) = counted(3), counted(5)
    many.subtract(few)
    waits = {"to cpu": 1, "item": 0}  # all that is kept in one copy, and if they are numbers with it
    assert {kind: many[kind] / (more_calls - calls) for kind in waits} == waits
    assert (many["to mps"] > 0) == (sampler in BRINGING)


@pytest.mark.parametrize("sampler", ["ddim", "ddpm", "lcm", "tcd", "euler"])
def test_a_picture_to_begin_with_leaves_the_schedule_on_the_processor(
    models: Path, photo: Path, apple: Apple, sampler: str
) -> None:
    engine = Engine(Catalogue((models,)), "mps", "float32")
    request = replace(REQUEST, sampler=sampler, source=Source(str(photo), 0.8))
    last_of(engine, request)
    loaded = engine._context._loaded  # pyright: ignore[reportPrivateUsage]
    assert loaded is not None
    family: Family = loaded.family
    with torch.inference_mode():
        state = from_request(family, request, MPS)
    kept = {key: value for key, value in vars(state.sampling.scheduler).items() if isinstance(value, torch.Tensor)}
    assert {str(value.device) for value in kept.values()} == {"cpu"}
    assert state.x.device == MPS


def test_memory_that_runs_out_there_costs_the_text_encoder_and_nothing_is_moved_away(
    models: Path, apple: Apple
) -> None:
    engine = Engine(Catalogue((models,)), "mps", "float32")
    whole = last_of(engine, REQUEST)
    loaded = engine._context._loaded  # pyright: ignore[reportPrivateUsage]
    assert loaded is not None
    assert result_of(engine, ReportMemory()).held == 0  # as the stand-in says
    assert loaded.offloading.step_down()
    assert loaded.offloading.placement is Placement.drop_encoder
    assert not loaded.offloading.step_down()
    assert {str(weight.device) for weight in loaded.family.network().parameters()} == {"mps"}
    assert not any(weight.numel() for weight in loaded.family.parts()["text_encoder"].parameters())
    loaded.family.forget_prompts()  # so that it is read again
    np.testing.assert_array_equal(last_of(engine, REQUEST).image.pixels, whole.image.pixels)


@pytest.mark.parametrize("bits", [8, 4])
def test_weights_are_packed_there_as_on_the_processor(models: Path, bits: int) -> None:
    request = replace(REQUEST, weight_bits=bits)
    expected = last_of(Engine(Catalogue((models,)), "cpu", "float32"), request)
    with apple_gpu() as apple:
        there = last_of(Engine(Catalogue((models,)), "mps", "float32"), request)
    assert_same_picture(there, expected)
    assert apple.counts["to mps"] > 0


@pytest.mark.parametrize("model", TINY_MODELS)
def test_text_encoders_that_leave_after_use_compute_there_from_the_first_prompt_on(
    one_of_each: Path, model: str
) -> None:
    catalogue = Catalogue((one_of_each,))
    request = smallest_request(catalogue.find(model), steps=2)
    expected = last_of(Engine(catalogue, "cpu", "float32"), request)
    with apple_gpu():
        there = last_of(Engine(catalogue, "mps", "float32", Placement.drop_encoder), request)
    assert_same_picture(there, expected)
