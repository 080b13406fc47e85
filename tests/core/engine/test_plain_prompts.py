"""A prompt that is read plainly is what diffusers' pipeline reads; so films from before weights go on exactly."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
from diffusers.pipelines.stable_diffusion_xl.pipeline_stable_diffusion_xl import StableDiffusionXLPipeline

from core.engine import families
from core.engine.devices.device import plan
from core.engine.engine import Engine
from core.errors import InvalidRequest
from core.film import description
from core.film.film import Film
from core.film.reader import read_recording
from core.models.catalogue import Catalogue
from core.models.reading import read_model
from core.runs.branch import Branch
from core.runs.events import ImageReady
from core.runs.operations import Generate, GenerateBranch, OpenFilm, Resume, result_of
from tests import tiny
from tests.core.engine.test_branching import REQUEST, assert_same_frames, on_disk, ready
from tests.parity import our_latents, stock_latents, stock_pipeline
from tests.tiny_families import smallest_request

PROMPT = "a (b:1.3) [c:d:0.4] AND e BREAK <lora:x:1> ((f)) long"
OLD = replace(REQUEST, prompt=PROMPT, negative_prompt="((g)) [h]", emphasis="plain", steps=4)


@pytest.fixture
def as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Films are written as before prompts had a language."""
    describe = description.describe

    def without(film: Film) -> str:
        now = replace(film, request=replace(film.request, emphasis="original"))
        content: dict[str, Any] = json.loads(describe(now))
        del content["prompt_language"]
        return json.dumps(content)

    monkeypatch.setattr("core.film.writer.describe", without)


@pytest.fixture(scope="module", params=["1.x", "XL"])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[families.Family, Any]:
    """A tiny model in the engine, and in diffusers' own pipeline."""
    folder = tmp_path_factory.mktemp("model")
    if request.param == "XL":
        kind, made = StableDiffusionXLPipeline, tiny.stable_diffusion_xl(folder)
    else:
        kind, made = StableDiffusionPipeline, tiny.stable_diffusion(folder)
    return families.load(read_model(made, "tiny"), plan("cpu", "float32")), stock_pipeline(kind, made)


def test_the_stock_pipeline_gives_the_same_latents(pair: tuple[families.Family, Any]) -> None:
    """Its tokenizer cuts what does not fit, as Emulsion did."""
    family, pipeline = pair
    ours = our_latents(family, OLD, 1)
    assert torch.equal(ours, stock_latents(pipeline, family.model.schedule_for(), OLD, 1))
    assert not torch.equal(ours, our_latents(family, replace(OLD, emphasis="none"), 1))


@pytest.mark.usefixtures("as_before")
@pytest.mark.parametrize("calls", [1, 3])
def test_a_run_from_before_is_resumed_to_the_identical_picture(engine: Engine, tmp_path: Path, calls: int) -> None:
    whole = ready(list(engine.run(Generate(OLD))))
    now = replace(OLD, prompt=PROMPT.replace("<lora:x:1> ", ""), emphasis="original")
    other = ready(list(engine.run(Generate(now))))
    assert not np.array_equal(whole.image.pixels, other.image.pixels)
    cut = replace(whole.film, frames=whole.film.frames[:calls])
    path = on_disk(cut, tmp_path)
    film = result_of(engine, OpenFilm(path)).film
    assert film.request == whole.film.request
    *_, last = engine.run(Resume(path, film.request))
    assert isinstance(last, ImageReady)
    assert np.array_equal(last.image.pixels, whole.image.pixels)
    assert_same_frames(last.film, whole.film)


@pytest.mark.usefixtures("as_before")
def test_only_prompts_that_may_mean_something_else_are_read_plainly(engine: Engine, tmp_path: Path) -> None:
    for prompt, emphasis in (("a red house", "original"), ("a (red) house", "plain"), ("x " * 40, "plain")):
        whole = ready(list(engine.run(Generate(replace(REQUEST, prompt=prompt, negative_prompt="", steps=1)))))
        assert read_recording(on_disk(whole.film, tmp_path)).film.request.emphasis == emphasis


@pytest.mark.usefixtures("as_before")
def test_a_run_from_before_is_resumed_by_a_family_that_has_no_weights(one_of_each: Path, tmp_path: Path) -> None:
    catalogue = Catalogue((one_of_each,))
    engine = Engine(catalogue, "cpu", "float32", collect=lambda: None)
    asked = replace(smallest_request(catalogue.find("z_image"), steps=2), prompt=PROMPT, emphasis="plain")
    whole = ready(list(engine.run(Generate(asked))))
    path = on_disk(replace(whole.film, frames=whole.film.frames[:1]), tmp_path)
    resumed = ready(list(engine.run(Resume(path, asked))))
    assert np.array_equal(resumed.image.pixels, whole.image.pixels)
    with pytest.raises(InvalidRequest, match="a model that has it"):
        list(engine.run(Generate(replace(asked, emphasis="no_norm"))))
    engine.close()


def test_films_of_now_keep_their_emphasis(engine: Engine, tmp_path: Path) -> None:
    for emphasis in ("original", "plain", "none"):
        whole = ready(list(engine.run(Generate(replace(OLD, emphasis=emphasis, steps=1, prompt="a (b)")))))
        assert read_recording(on_disk(whole.film, tmp_path)).film.request.emphasis == emphasis


def test_a_branch_with_another_prompt_is_read_as_prompts_are_now(engine: Engine) -> None:
    film = ready(list(engine.run(Generate(OLD)))).film
    for prompt, emphasis in ((PROMPT, "plain"), ("a (b)", "original")):
        branch = Branch(film, 1, replace(film.request, prompt=prompt))
        assert ready(list(engine.run(GenerateBranch(branch)))).image.request.emphasis == emphasis
