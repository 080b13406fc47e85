"""``emulsion generate --widen``: pixels or a shape, and what suits a wider picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.pictures.metadata import read_recipe
from tests.app.cli.commands.conftest import Run


@pytest.mark.parametrize(
    ("typed", "size", "worked"),
    [
        (["--widen", "2:1, left"], (96, 48), (96, 48)),
        (["--widen", "0,0,9,0", "--strength", "0.5"], (57, 48), (56, 48)),
        (["--widen", "8", "--size", "32x32", "--mask-softness", "0"], (64, 64), (32, 32)),
    ],
)
def test_a_picture_is_widened_by_pixels_or_to_a_shape(
    typed: list[str], size: tuple[int, int], worked: tuple[int, int], run: Run, model: Path, tmp_path: Path
) -> None:
    photo = np.random.default_rng(1).integers(0, 256, (48, 48, 3), np.uint8)
    Image.fromarray(photo).save(tmp_path / "photo.png")
    to = tmp_path / "wide.png"
    how = ("--model", model, "--device", "cpu", "--steps", "2", "-o", to)
    answer = run("generate", "x", "--image", tmp_path / "photo.png", *typed, *how)
    assert answer.code == 0, answer.errors
    request = read_recipe(to).request
    assert request.mask is not None
    assert request.source is not None
    left, top, *_ = request.mask.margins.edges
    with Image.open(to) as opened:
        assert opened.size == size
        assert np.array_equal(np.asarray(opened)[top + 12 : top + 36, left + 12 : left + 36], photo[12:36, 12:36])
    assert (request.size.width, request.size.height) == worked
    assert request.source.strength == (0.5 if "0.5" in typed else 1.0)
    assert request.mask.softness == (0.0 if "--mask-softness" in typed else 4.0)
