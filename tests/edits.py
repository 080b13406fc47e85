"""Made-up pictures that were edited: a photo, and what a model gives back of it, saved with its recipe."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from core.pictures.picture import GeneratedImage
from core.pictures.pixels import Pixels
from core.recipes.recipe import ModelIdentity, Recipe
from core.request.request import GenerationRequest, Reference, Size

SIZE = Size(181, 143)
PART = slice(40, 80), slice(60, 120)


def photo(seed: int = 1) -> Pixels:
    small = np.random.default_rng(seed).integers(40, 216, (12, 15, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(small).resize((SIZE.width, SIZE.height), Image.Resampling.BICUBIC))


def edited(before: Pixels, noise: float, seed: int = 2) -> Pixels:
    """Returns the picture as a model gives it back: noise all over, and a part in another colour."""
    rng = np.random.default_rng(seed)
    after = before + rng.normal(0, noise, before.shape)
    after[PART] = np.array((250, 40, 30)) + rng.normal(0, noise, after[PART].shape)
    return after.round().clip(0, 255).astype(np.uint8)


def made(request: GenerationRequest, pixels: Pixels) -> GeneratedImage:
    known = tuple(replace(one, sha256=sha256_of(one)) for one in request.references)
    model = ModelIdentity("klein", "klein", "flux2_klein", "")
    recipe = Recipe(replace(request, references=known), model, "final", 4, "cpu", "float32", 1.0)
    return GeneratedImage(pixels, recipe)


def sha256_of(reference: Reference) -> str:
    return hashlib.sha256(Path(reference.path).read_bytes()).hexdigest()
