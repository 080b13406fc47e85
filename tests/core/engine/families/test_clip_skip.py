"""Clip skip reads the prompt from the layer that diffusers' own pipelines read it from, bit for bit."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
from diffusers.pipelines.stable_diffusion_xl.pipeline_stable_diffusion_xl import StableDiffusionXLPipeline

from core.engine import families
from core.engine.devices.device import plan
from core.families import FAMILIES
from core.models.reading import read_model
from core.recipes.parameters import from_parameters, to_parameters
from core.recipes.recipe import ModelIdentity, Recipe
from core.request.request import GenerationRequest, Size
from tests import tiny
from tests.parity import our_latents, stock_latents, stock_pipeline

REQUEST = GenerationRequest("a red house", negative_prompt="fog", size=Size(32, 24), steps=3, seed=7)
LAYERS = 2
"""Of the tiny text encoders; one more is the embeddings."""


class Skipping:
    """A stock pipeline that is called with a clip skip."""

    def __init__(self, pipeline: Any, clip_skip: int | None) -> None:
        self.scheduler: Any = None
        self._pipeline, self._clip_skip = pipeline, clip_skip

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        self._pipeline.scheduler = self.scheduler
        return self._pipeline(*arguments, clip_skip=self._clip_skip, **options)


@pytest.fixture(scope="module", params=["stable_diffusion", "stable_diffusion_xl"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return getattr(tiny, request.param)(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def family(folder: Path) -> families.Family:
    return families.load(read_model(folder, "tiny"), plan("cpu", "float32"))


@pytest.fixture(scope="module")
def pipeline(folder: Path) -> Any:
    is_xl = (folder / "text_encoder_2").is_dir()
    kind = StableDiffusionXLPipeline if is_xl else StableDiffusionPipeline
    pipe: Any = stock_pipeline(kind, folder)
    if not is_xl:  # the pipeline looks for the final norm where transformers had it before version 5
        pipe.text_encoder.text_model = SimpleNamespace(final_layer_norm=pipe.text_encoder.final_layer_norm)
    return pipe


@pytest.mark.parametrize("guidance_scale", [1.0, 5.0])
@pytest.mark.parametrize("clip_skip", [1, 2, 3])
def test_latents_equal_those_of_the_stock_pipeline(
    clip_skip: int, guidance_scale: float, pipeline: Any, family: families.Family
) -> None:
    trained = 1 if isinstance(pipeline, StableDiffusionPipeline) else 2
    request = replace(REQUEST, clip_skip=clip_skip, guidance_scale=guidance_scale)
    stock = Skipping(pipeline, max(clip_skip - trained, 0) or None)
    ours = our_latents(family, request, 1)
    assert torch.equal(ours, stock_latents(stock, family.model.schedule_for(), request, 1))
    is_trained = clip_skip <= trained
    assert torch.equal(ours, our_latents(family, replace(request, clip_skip=1), 1)) is is_trained


def test_beyond_the_first_layer_the_embeddings_are_read(family: families.Family) -> None:
    deepest, beyond = (our_latents(family, replace(REQUEST, clip_skip=layer), 1) for layer in (LAYERS + 1, 12))
    assert torch.equal(deepest, beyond)


def test_each_layer_is_remembered_for_itself(family: families.Family) -> None:
    family.forget_prompts()
    family.read_prompt(REQUEST, 1)
    assert family.knows_prompt(REQUEST)
    assert not family.knows_prompt(replace(REQUEST, clip_skip=2))


def test_families_with_clip_say_that_they_have_it(folder: Path) -> None:
    assert "clip_skip" in read_model(folder, "tiny").limits.optional_settings
    assert "clip_skip" not in FAMILIES["z_image"].optional_settings


def test_recipes_name_it_as_other_programs_do() -> None:
    recipe = Recipe(replace(REQUEST, clip_skip=2), ModelIdentity("m", "m", "stable_diffusion", ""), step=3)
    text = to_parameters(recipe)
    assert ", Clip skip: 2" in text
    assert from_parameters(text).request.clip_skip == 2
    assert "Clip skip" not in to_parameters(replace(recipe, request=REQUEST))
