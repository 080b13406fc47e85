"""The inspector shows the part of a picture that was changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.gallery.masked_thumbnail import masked_thumbnail
from app.widgets.pixels import to_pixels
from core.pictures.mask import save_mask
from core.recipes.recipe import ModelIdentity, Recipe
from core.request.mask import Margins, Mask
from core.request.request import GenerationRequest, Source


def recipe_of(mask: Mask | None) -> Recipe:
    recipe = Recipe(GenerationRequest("a house"), ModelIdentity("starter", "Starter", "stable_diffusion", ""))
    return replace(recipe, request=replace(recipe.request, source=Source("/gone.png", 1.0), mask=mask))


def test_the_mask_lies_over_the_finished_picture(tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    Image.new("RGB", (90, 60), (120, 120, 120)).save(picture)
    levels = np.zeros((60, 90), np.uint8)
    levels[:, 45:] = 255
    shown = masked_thumbnail(picture, recipe_of(Mask(str(save_mask(levels, tmp_path)))))
    assert shown is not None
    pixels = to_pixels(shown)
    assert pixels.shape == (60, 90, 3)
    assert (pixels[:, :40] == 120).all()
    assert (pixels[:, 50:] != 120).any(axis=2).all()


@pytest.mark.parametrize("is_painted", [False, True])
def test_what_was_added_at_the_edges_is_masked(is_painted: bool, tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    Image.new("RGB", (90, 60), (120, 120, 120)).save(picture)
    levels = np.zeros((60, 60), np.uint8)
    levels[20:40, 20:40] = 255
    path = str(save_mask(levels, tmp_path)) if is_painted else ""
    shown = masked_thumbnail(picture, recipe_of(Mask(path, margins=Margins(left=30))))
    assert shown is not None
    is_marked = (to_pixels(shown) != 120).any(axis=2)
    assert is_marked[:, :29].all()
    assert not is_marked[:18, 32:].any()
    assert is_marked[25:35, 55:65].all() == is_painted


def test_there_is_none_without_a_mask_or_without_its_file(tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    Image.new("RGB", (90, 60)).save(picture)
    assert masked_thumbnail(picture, None) is None
    assert masked_thumbnail(picture, recipe_of(None)) is None
    assert masked_thumbnail(picture, recipe_of(Mask("only-a-name.png"))) is None
    assert masked_thumbnail(picture, recipe_of(Mask(str(tmp_path / "gone.png")))) is None
