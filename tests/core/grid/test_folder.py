"""A grid's folder: which pictures are there, and the sheet that can be opened again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import SaveFailed, UnreadablePicture
from core.grid.folder import PLACES, SHEET, made, new_folder, read_grid
from core.grid.grid import Grid
from core.grid.planning import plan
from core.grid.sheet import MOST_PIXELS, Sheet, SheetLayout
from core.pictures.metadata import read_recipe
from core.pictures.saving import save_in
from core.recipes.recipe import Origin, Stage
from core.request.request import GenerationRequest, Size
from tests.pictures import generated_image

REQUEST = GenerationRequest("a red house", model="/home/me/tiny", size=Size(64, 48), steps=4, seed=7)


def grid(*typed: tuple[str, str]) -> Grid:
    return plan(REQUEST, typed)


def save(made_grid: Grid, number: int, folder: Path, colour: int = 255, stage: Stage = "final") -> Path:
    request = made_grid.request_of(number)
    image = replace(image := generated_image(), recipe=replace(image.recipe, request=request))
    pixels = np.full((request.size.height, request.size.width, 3), colour, np.uint8)
    recipe = replace(image.recipe, run=made_grid.run_of(number), stage=stage)
    return save_in(replace(image, pixels=pixels, recipe=recipe), folder)


def test_the_pictures_of_a_grid_are_known_by_their_runs_whatever_their_names(tmp_path: Path) -> None:
    one, other = grid(("steps", "1-3")), grid(("steps", "1-3"))
    folder = new_folder(one, tmp_path)
    first = save(one, 2, folder)
    renamed = save(one, 0, folder).rename(folder / "mine.png")
    save(other, 1, folder)
    save(one, 1, folder, stage="denoised")
    enlarged = replace(generated_image().recipe, run=one.run_of(2), enlarged_from=Origin(first.name, "0" * 64))
    large = save_in(replace(generated_image(), recipe=enlarged), folder)
    assert sorted((first, large)) == [large, first]
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    assert made(one, folder) == {0: renamed, 2: first}
    renamed.unlink()
    assert made(one, folder) == {2: first}
    assert made(one, tmp_path / "gone") == {}


def test_a_folder_is_new_and_can_be_opened_by_itself_or_its_sheet(tmp_path: Path) -> None:
    one = grid(("steps", "1-3"))
    folder = new_folder(one, tmp_path)
    assert new_folder(one, tmp_path) != folder
    assert folder.parent.parent == tmp_path
    Sheet(one, folder).write()
    assert read_grid(folder) == read_grid(folder / SHEET) == (one, folder)
    alone = (folder / SHEET).rename(tmp_path / "elsewhere.png")
    assert read_grid(alone) == (replace(one, request=replace(REQUEST, model="tiny")), tmp_path)
    with pytest.raises(UnreadablePicture, match="not a folder of a grid"):
        read_grid(tmp_path)
    assert read_grid(save(one, 0, folder)) == (one, folder)
    with pytest.raises(UnreadablePicture, match="neither the sheet of a grid nor a picture in its folder"):
        read_grid(save(one, 0, tmp_path))
    (folder / PLACES).write_text("{")
    with pytest.raises(UnreadablePicture, match="damaged"):
        read_grid(folder)
    (tmp_path / "file").touch()
    with pytest.raises(SaveFailed):
        new_folder(one, tmp_path / "file")


def test_the_sheet_has_the_pictures_in_their_places_and_tells_the_grid_as_others_do(tmp_path: Path) -> None:
    one = grid(("steps", "1-3"), ("search-replace", "red, blue"), ("guidance", "1, 2"))
    folder, layout = new_folder(one, tmp_path), SheetLayout.of(one)
    sheet = Sheet(one, folder)
    for number in range(one.count):
        sheet.add(number, save(one, number, folder, colour=10 * number + 100))
    sheet.write()
    with Image.open(folder / SHEET) as opened:
        drawn = np.asarray(opened)
    assert drawn.shape == (layout.height, layout.width, 3)
    places = [layout.corner(number) for number in range(one.count)]
    assert len(set(places)) == one.count
    for number, (left, top) in enumerate(places):
        assert (drawn[top : top + 48, left : left + 64] == 10 * number + 100).all()
    labels = np.ones(drawn.shape[:2], bool)
    for left, top in places:
        labels[top : top + 48, left : left + 64] = False
    assert (drawn[labels] > 150).sum() > 100  # the labels
    recipe = read_recipe(folder / SHEET)
    assert recipe.request == replace(REQUEST, model="tiny")
    assert recipe.others["Script"] == "X/Y/Z plot"
    assert (recipe.others["X Type"], recipe.others["X Values"]) == ("Steps", "1-3")
    assert made(one, folder).keys() == set(range(one.count))  # the sheet is none of them


def test_a_sheet_tells_drawn_seeds_and_no_places(tmp_path: Path) -> None:
    one = grid(("seed", "5, -1"), ("model", "/home/me/dreams.safetensors"))
    sheet = Sheet(one, new_folder(one, tmp_path))
    sheet.write()
    others = read_recipe(sheet.path).others
    assert (others["X Values"], others["Fixed X Values"]) == ("5, -1", ", ".join(one.axes[0].values))
    assert b"/home/me" not in sheet.path.read_bytes()


def test_a_sheet_shrinks_to_what_can_be_opened(tmp_path: Path) -> None:
    large = plan(replace(REQUEST, size=Size(2048, 1024)), [("steps", "1-20"), ("seed", "1-20")])
    layout = SheetLayout.of(large)
    assert layout.width * layout.height <= MOST_PIXELS
    assert abs(layout.cell.width / layout.cell.height - 2) < 0.05
    small = plan(REQUEST, [("size", "64x48, 32x24")])
    sheet = Sheet(small, folder := new_folder(small, tmp_path))
    sheet.add(1, save(small, 1, folder))
    sheet.write()
    with Image.open(sheet.path) as opened:
        left, top = SheetLayout.of(small).corner(1)
        part = np.asarray(opened)[top : top + 48, left : left + 64] == 255
    assert part.all(axis=2).sum() == 32 * 24  # not enlarged


@pytest.mark.parametrize("text", ["红色的房子", "x" * 5_000, "a " * 5_000, "🙂", "(שלום)", "\u0000"])
def test_labels_of_any_kind_have_room(text: str, tmp_path: Path) -> None:
    one = plan(REQUEST, [("prompt", f'"{text}"'), ("negative", f'"{text}", b')])
    layout = SheetLayout.of(one)
    assert layout.empty().size == (layout.width, layout.height)
    assert layout.width < 1_000


def test_writing_takes_a_small_part_of_the_time(tmp_path: Path) -> None:
    now = [0.0]
    one = grid(("steps", "1-3"))
    sheet = Sheet(one, new_folder(one, tmp_path), lambda: now.append(now[-1] + 1) or now[-1])
    sheet.write_if_due()  # from 2 to 3 by this clock: not again before 103
    sheet.path.unlink()
    for _ in range(50):
        sheet.write_if_due()
    assert not sheet.path.exists()
    now.append(200.0)
    sheet.write_if_due()
    assert sheet.path.exists()
