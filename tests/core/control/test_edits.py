"""Strokes that are painted over a map: laid over it at any size, kept and found by their content."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.control.edits import UNTOUCHED, cut_to, edited, edits_path, read_edits, save_edits, whole_of
from core.control.maps import map_key
from core.control.picture import read_map
from core.errors import UnreadablePicture
from core.pictures.source import keep_sources, with_found
from core.recipes.parameters import from_parameters, to_parameters
from core.request.control import Control, MapEdits
from core.request.local_json import request_from_settings, request_to_settings
from core.request.request import GenerationRequest, Size
from tests import tiny_controls
from tests.core.request.test_settings import recipe_of


def painted(size: Size) -> np.ndarray:
    edits = np.full((size.height, size.width), UNTOUCHED, np.uint8)
    edits[: size.height // 2, : size.width // 2] = 255
    edits[size.height // 2 :, size.width // 2 :] = 0
    return edits


def test_white_and_black_cover_the_map_and_the_rest_stays_as_it_is() -> None:
    made = np.random.default_rng(1).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    shown = edited(made, painted(Size(8, 6)))
    assert (shown[:3, :4] == 255).all()
    assert (shown[3:, 4:] == 0).all()
    assert np.array_equal(shown[:3, 4:], made[:3, 4:])
    half = edited(np.full((1, 2, 3), 100, np.uint8), np.array([[192, 64]], np.uint8))
    assert half[0, :, 0].tolist() == [178, 50]


@pytest.mark.parametrize("picture", [Size(64, 48), Size(50, 41), Size(100, 20), Size(7, 300), Size(1, 1)])
@pytest.mark.parametrize("size", [Size(32, 24), Size(24, 32), Size(33, 25)])
def test_what_is_painted_in_a_size_is_there_again_in_that_size(picture: Size, size: Size) -> None:
    edits = np.random.default_rng(2).integers(0, 256, (size.height, size.width), dtype=np.uint8)
    whole = whole_of(edits, picture)
    assert np.array_equal(cut_to(whole, size), edits)
    assert abs(whole.shape[1] / whole.shape[0] - picture.width / picture.height) < 2 / min(whole.shape)


def control_of(tmp_path: Path) -> Control:
    drawing = tiny_controls.picture(tmp_path, Size(64, 48))
    file = save_edits(painted(Size(32, 24)), tmp_path)
    return Control("net", str(drawing), preprocessor="canny", edits=MapEdits(str(file)))


def test_a_map_is_made_anew_at_every_size_and_painted_over(tmp_path: Path) -> None:
    control = control_of(tmp_path)
    for size in (Size(32, 24), Size(64, 48), Size(40, 40)):
        plain, bare = read_map(replace(control, edits=None), size)
        pixels, told = read_map(control, size)
        assert (pixels[1 : size.height // 2 - 3, size.width // 4] == 255).all()
        assert (pixels[-4:, -4:] == 0).all()
        assert np.array_equal(pixels[:3, -3:], plain[:3, -3:])
        assert told.edits is not None and len(told.edits.sha256) == 64
        assert map_key(told) != map_key(bare)


def test_it_is_found_by_its_hash_and_told_where_it_is_not(tmp_path: Path) -> None:
    control = control_of(tmp_path)
    _, told = read_map(control, Size(32, 24))
    request = GenerationRequest("a", controls=(told,))
    keep_sources(request, tmp_path / "sources")
    (read,) = from_parameters(to_parameters(recipe_of(request))).request.controls
    assert read.edits is not None and told.edits is not None
    assert told.edits.sha256.startswith(read.edits.sha256)
    assert read.edits.path == Path(told.edits.path).name
    (found,) = with_found(replace(request, controls=(read,)), (tmp_path,)).controls
    assert found.edits is not None and Path(found.edits.path).is_file()
    again = request_from_settings(request_to_settings(request))
    assert again == request
    Path(told.edits.path).unlink()
    pixels, _ = read_map(told, Size(32, 24), folders=(tmp_path / "sources",))
    assert (pixels[1:8, 8] == 255).all()
    with pytest.raises(UnreadablePicture, match="reset the map"):
        read_map(told, Size(32, 24))


@pytest.mark.parametrize("kind", ["text", "changed", "moving", "cut"])
def test_files_that_are_no_edits_end_in_a_sentence(kind: str, tmp_path: Path) -> None:
    path = save_edits(painted(Size(32, 24)), tmp_path)
    assert path == edits_path(painted(Size(32, 24)), tmp_path)
    edits = MapEdits(str(path))
    match kind:
        case "text":
            path.write_text("nothing")
        case "changed":
            edits = replace(edits, sha256="0" * 64)
        case "moving":
            frames = [Image.new("L", (4, 4), shade) for shade in (0, 255)]
            frames[0].save(path, "GIF", save_all=True, append_images=frames[1:])
        case _:
            path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(UnreadablePicture):
        read_edits(edits)
