"""The loaded models: read again when their files change, and no more of them than memory holds."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.engine.engine import Engine
from core.errors import LoraBroken, OutOfMemory
from core.models.catalogue import Catalogue
from core.models.folders import FixedPlaces
from core.pictures.pixels import Pixels
from core.request.request import GenerationRequest, Lora, Size
from core.runs.events import Event, ImageReady, Loading, Phase, PreviewMode, Stepped
from core.runs.operations import Decode, Generate, result_of
from tests import tiny

REQUEST = GenerationRequest("abc", model="tiny", size=Size(32, 24), sampler="ddim", steps=3, seed=5)
OTHER = replace(REQUEST, model="tiny-v")


def run(engine: Engine, request: GenerationRequest = REQUEST) -> list[Event]:
    return list(engine.run(Generate(request, PreviewMode.linear)))


def ready(events: list[Event]) -> ImageReady:
    (last,) = (event for event in events if isinstance(event, ImageReady))
    return last


def pixels(engine: Engine, request: GenerationRequest = REQUEST) -> Pixels:
    return ready(run(engine, request)).image.pixels


def loaded_models(engine: Engine) -> set[str]:
    return {loaded.model.key for loaded in engine._context._there()}  # pyright: ignore[reportPrivateUsage]


@pytest.fixture
def own_models(models: Path, tmp_path: Path) -> Path:
    shutil.copytree(models, tmp_path / "models")
    return tmp_path / "models"


@pytest.mark.parametrize("part", ["unet", "text_encoder", "vae"])
def test_a_file_that_was_replaced_under_its_name_is_read_again(own_models: Path, part: str) -> None:
    engine = Engine(Catalogue((own_models,)), "cpu", "float32")
    before = pixels(engine)
    for file in (own_models / "tiny-v" / part).glob("*.safetensors"):
        shutil.copyfile(file, own_models / "tiny" / part / file.name)
    events = run(engine)
    assert Loading(Phase.loading_model) in events
    assert not np.array_equal(ready(events).image.pixels, before)
    assert np.array_equal(ready(events).image.pixels, pixels(Engine(Catalogue((own_models,)), "cpu", "float32")))


def test_a_lora_that_is_trained_anew_in_the_middle_of_a_run_ends_it(own_models: Path) -> None:
    engine = Engine(Catalogue((own_models,)), "cpu", "float32")
    path = tiny.lora(own_models / "loras" / "mine.safetensors", tiny.unet(), "unet", seed=1)
    events = engine.run(Generate(replace(REQUEST, loras=(Lora("mine"),))))
    next(event for event in events if isinstance(event, Stepped))
    tiny.lora(path, tiny.unet(), "unet", seed=2)
    run(engine)  # takes the LoRA out meanwhile
    with pytest.raises(LoraBroken, match="since the run began"):
        list(events)


def test_a_model_that_is_as_it_was_is_not_read_again(own_models: Path) -> None:
    engine = Engine(Catalogue((own_models,)), "cpu", "float32")
    run(engine)
    (own_models / "tiny" / "README.md").write_text("a note beside the model")
    assert Loading(Phase.loading_model) not in run(engine)


def test_a_look_at_another_models_film_leaves_the_run_as_it_is(engine: Engine) -> None:
    expected = pixels(engine)
    other = ready(run(engine, OTHER)).film
    going = engine.run(Generate(REQUEST, PreviewMode.linear))
    seen = next(event for event in going if isinstance(event, Stepped))
    result_of(engine, Decode(other, other.frames[-1].denoised))
    assert loaded_models(engine) == {"tiny", "tiny-v"}
    events: list[Event] = []
    result_of(engine, Decode(seen.film, seen.frame.denoised), events.append)
    assert events == [], "the run's own model is there"
    assert np.array_equal(ready(list(going)).image.pixels, expected)


def test_a_model_that_does_not_fit_beside_the_run_is_refused_and_the_run_goes_on(engine: Engine) -> None:
    expected = pixels(engine)
    film = ready(run(engine, OTHER)).film
    huge = replace(film, request=replace(film.request, size=Size(400_000, 400_000)))
    going = engine.run(Generate(REQUEST, PreviewMode.linear))
    next(event for event in going if isinstance(event, Stepped))
    with pytest.raises(OutOfMemory) as told:
        result_of(engine, Decode(huge, film.frames[-1].denoised))
    assert told.value.needed is not None
    assert loaded_models(engine) == {"tiny"}
    assert np.array_equal(ready(list(going)).image.pixels, expected)


def test_the_model_that_nobody_works_with_goes_first_when_memory_runs_out(engine: Engine) -> None:
    expected = pixels(engine)
    other = ready(run(engine, OTHER)).film
    going = engine.run(Generate(REQUEST, PreviewMode.linear))
    next(event for event in going if isinstance(event, Stepped))
    model = next(it for it in engine._context._there() if it.model.key == "tiny")  # pyright: ignore[reportPrivateUsage]
    network = model.family.network()
    work, seen = network.forward, list[set[str]]()

    def fails_once(*args: object, **kwargs: object) -> object:
        seen.append(loaded_models(engine))
        if len(seen) == 1:
            torch.empty(1 << 50)
        return work(*args, **kwargs)

    result_of(engine, Decode(other, other.frames[-1].denoised))
    network.forward = fails_once
    del model
    assert np.array_equal(ready(list(going)).image.pixels, expected)
    assert seen[:2] == [{"tiny", "tiny-v"}, {"tiny"}]
    assert Loading(Phase.loading_model) not in run(engine), "it is kept for the next run"


def test_a_step_asks_for_no_folders(own_models: Path) -> None:
    """To ask for those of now took as long as all else that is done for a step beside its network."""
    asked: list[FixedPlaces] = []

    def places() -> FixedPlaces:
        asked.append(FixedPlaces((own_models,)))
        return asked[-1]

    engine = Engine(Catalogue(places), "cpu", "float32")

    def times_asked(steps: int) -> int:
        asked.clear()
        run(engine, replace(REQUEST, steps=steps))
        return len(asked)

    times_asked(2)  # loads the model
    assert times_asked(9) == times_asked(2)
