"""Small generated pictures for tests of saving and reading."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.pictures.picture import GeneratedImage
from core.recipes.recipe import ModelIdentity, Parent, Recipe, Stage
from core.request.request import GenerationRequest, Size

IDENTITY = ModelIdentity("starter-model", "Starter", "stable_diffusion", "0123456789")


def generated_image(
    prompt: str = "a red house by the sea", stage: Stage = "final", step: int = 20, **request: object
) -> GeneratedImage:
    """A picture of noise, 32x24, with seed 7 if nothing else is asked for."""
    fields = {"seed": 7, "size": Size(32, 24), "negative_prompt": "blurry", **request}
    recipe = Recipe(
        request=GenerationRequest(prompt, **fields),  # pyright: ignore[reportArgumentType]
        model=IDENTITY,
        stage=stage,
        step=step,
        device="cpu",
        dtype="float32",
        seconds=1.25,
        note="decoded again in float32",
    )
    return GeneratedImage(np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8), recipe)


def with_run(image: GeneratedImage, run: str, parent: Parent | None = None) -> GeneratedImage:
    """The picture as one of this run, which may be a branch."""
    return replace(image, recipe=replace(image.recipe, run=run, parent=parent))
