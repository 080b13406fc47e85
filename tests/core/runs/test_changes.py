"""The part that an edit changed is found beside noise, and the rest is put back bit for bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import UnreadablePicture
from core.pictures.mask import pasted_over
from core.pictures.metadata import read_recipe
from core.pictures.saving import save_as
from core.request.request import GenerationRequest, Reference
from core.runs.changes import KEPT, changed_mask, edited_picture
from tests.edits import PART, SIZE, edited, made, photo


@pytest.mark.parametrize("noise", [0.0, 1.0, 3.0, 6.0])
def test_a_change_is_found_in_noise_and_noise_is_none(noise: float) -> None:
    before = photo()
    mask = changed_mask(before, edited(before, noise))
    assert mask.shape == before.shape[:2]
    assert (mask[44:76, 64:116] == 255).all()
    far = np.ones(mask.shape, bool)
    far[PART[0].start - 16 : PART[0].stop + 16, PART[1].start - 16 : PART[1].stop + 16] = False
    assert not mask[far].any()
    assert len(np.unique(mask)) > 4  # its edge is soft


@pytest.mark.parametrize("noise", [0.0, 2.0])
def test_nothing_is_marked_where_nothing_has_changed(noise: float) -> None:
    before = photo()
    after = (before + np.random.default_rng(3).normal(0, noise, before.shape)).round().clip(0, 255)
    assert not changed_mask(before, after.astype(np.uint8)).any()


def test_a_picture_that_changed_all_over_is_marked_all_over() -> None:
    assert (changed_mask(photo(), 255 - photo(5)) == 255).mean() > 0.8


def test_old_and_new_are_exact_on_their_sides_of_a_mask() -> None:
    rng = np.random.default_rng(4)
    old, new = (rng.integers(0, 256, (*photo().shape,), dtype=np.uint8) for _ in range(2))
    mask = rng.choice(np.array([0, 90, 255], np.uint8), old.shape[:2])
    pasted = pasted_over(old, new, mask)
    assert np.array_equal(pasted[mask == 0], old[mask == 0])
    assert np.array_equal(pasted[mask == 255], new[mask == 255])
    between = pasted[mask == 90].astype(int)
    assert (between >= np.minimum(old, new)[mask == 90]).all()
    assert (between <= np.maximum(old, new)[mask == 90]).all()


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    Image.fromarray(photo()).save(tmp_path / "photo.png")
    request = GenerationRequest("make it red", size=SIZE, references=(Reference(str(tmp_path / "photo.png")),))
    save_as(made(request, edited(photo(), 3.0)), tmp_path / "made.png")
    return tmp_path / "made.png"


def test_what_did_not_change_is_put_back_bit_for_bit_and_the_recipe_says_so(saved: Path, tmp_path: Path) -> None:
    picture = edited_picture(saved)
    kept = picture.with_unchanged_kept()
    outside = picture.mask == 0
    assert outside.mean() > 0.5
    assert np.array_equal(kept.pixels[outside], photo()[outside])
    assert np.array_equal(kept.pixels[44:76, 64:116], picture.after[44:76, 64:116])
    save_as(kept, tmp_path / "kept.png")
    assert read_recipe(tmp_path / "kept.png").note == KEPT
    with Image.open(tmp_path / "kept.png") as again:
        assert np.array_equal(np.asarray(again.convert("RGB"))[outside], photo()[outside])


def test_why_a_picture_cannot_be_compared_is_told(saved: Path, tmp_path: Path) -> None:
    small = GenerationRequest("make it red", references=(Reference(str(tmp_path / "photo.png")),))
    save_as(made(small, edited(photo(), 0)[:100]), tmp_path / "small.png")
    with pytest.raises(UnreadablePicture, match="181x100 pixels, its source 181x143"):
        edited_picture(tmp_path / "small.png")
    save_as(made(GenerationRequest("a house"), photo()), tmp_path / "words.png")
    with pytest.raises(UnreadablePicture, match="words alone"):
        edited_picture(tmp_path / "words.png")
    (tmp_path / "photo.png").unlink()
    with pytest.raises(UnreadablePicture, match="is not known; choose it again"):
        edited_picture(saved)
