from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import SaveFailed
from core.files.atomic import FileSystem
from core.gallery.encoding import FORMATS, Encoding
from core.gallery.export import Export, export_files, export_sheet, export_zip
from core.pictures.metadata import read_recipe
from core.pictures.saving import save_as
from core.pictures.text_chunks import read_texts
from tests.core.gallery.failing import FailingFileSystem, contents
from tests.core.recipes.other_programs.pictures import novel_ai_texts, write_png
from tests.pictures import generated_image


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "library"
    for number in range(3):
        save_as(generated_image(f"house {number} 家", seed=number), folder / f"house-{number}.png")
    return sorted(folder.iterdir())


def written(export: Export) -> list[Path]:
    return [exported.target for exported in export if exported.target]


def test_unchanged_pictures_are_copied_as_they_are(pictures: list[Path], tmp_path: Path) -> None:
    paths = written(export_files(pictures, tmp_path / "out", Encoding()))
    assert [path.name for path in paths] == ["house-0.png", "house-1.png", "house-2.png"]
    assert [path.read_bytes() for path in paths] == [path.read_bytes() for path in pictures]


@pytest.mark.parametrize("key", FORMATS)
@pytest.mark.parametrize("longest_px", [None, 16])
def test_every_format_carries_the_recipe(
    pictures: list[Path], tmp_path: Path, key: str, longest_px: int | None
) -> None:
    (path, *_) = written(export_files(pictures, tmp_path / "out", Encoding(key, longest_px=longest_px)))
    assert path.suffix == FORMATS[key].suffix
    assert read_recipe(path).request == read_recipe(pictures[0]).request
    with Image.open(path) as picture:
        assert picture.size == ((32, 24) if longest_px is None else (16, 12))


@pytest.mark.parametrize("key", FORMATS)
def test_without_recipe_nothing_tells_the_prompt(pictures: list[Path], tmp_path: Path, key: str) -> None:
    paths = written(export_files(pictures, tmp_path / "out", Encoding(key, has_recipe=False)))
    assert [path.stem for path in paths] == ["picture-001", "picture-002", "picture-003"]
    assert [dict(read_texts(path)) for path in paths] == [{}] * 3
    assert b"house" not in b"".join(path.read_bytes() for path in paths)


def test_png_without_recipe_keeps_every_pixel(pictures: list[Path], tmp_path: Path) -> None:
    (path, *_) = written(export_files(pictures, tmp_path / "out", Encoding("png", has_recipe=False)))
    assert np.array_equal(np.asarray(Image.open(path)), generated_image().pixels)


def test_another_programs_recipe_is_carried_as_far_as_it_can_be_mapped(tmp_path: Path) -> None:
    foreign = write_png(tmp_path / "a.png", **novel_ai_texts())
    (path,) = written(export_files([foreign], tmp_path / "out", Encoding("jpeg")))
    assert read_recipe(path).request == read_recipe(foreign).request
    assert read_recipe(path).program == "NovelAI"


def test_no_file_is_replaced(pictures: list[Path], tmp_path: Path) -> None:
    written(export_files(pictures[:1], tmp_path / "out", Encoding()))
    paths = written(export_files(pictures[:1], tmp_path / "out", Encoding()))
    assert [path.name for path in paths] == ["house-0-2.png"]
    assert len(contents(tmp_path / "out")) == 2


def test_a_zip_file_holds_all_under_names_of_their_own(pictures: list[Path], tmp_path: Path) -> None:
    again = tmp_path / "more" / "HOUSE-0.png"
    save_as(generated_image(), again)
    path = tmp_path / "out" / "all.zip"
    events = list(export_zip([*pictures, again], path, Encoding("jpeg")))
    assert [(event.done, event.total) for event in events] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["house-0.jpg", "house-1.jpg", "house-2.jpg", "HOUSE-0-2.jpg"]


def test_a_sheet_shows_all(pictures: list[Path], tmp_path: Path) -> None:
    list(export_sheet(pictures, tmp_path / "sheet.png"))
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.info == {}
        assert sheet.width > sheet.height


def test_unreadable_pictures_are_told_and_left_out(pictures: list[Path], tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"nonsense")
    chosen = [tmp_path / "broken.png", *pictures, tmp_path / "missing.png"]
    for number, export in enumerate(
        (
            export_files(chosen, tmp_path / "out", Encoding("webp")),
            export_zip(chosen, tmp_path / "out.zip", Encoding("webp")),
            export_sheet(chosen, tmp_path / "sheet.png"),
        )
    ):
        assert [bool(exported.problem) for exported in export] == [True, False, False, False, True], number


@pytest.mark.parametrize("kind", ["zip", "sheet"])
def test_cancelling_leaves_nothing_behind(pictures: list[Path], tmp_path: Path, kind: str) -> None:
    out = tmp_path / "out"
    export = (
        export_zip(pictures, out / "a.zip", Encoding()) if kind == "zip" else export_sheet(pictures, out / "a.png")
    )
    next(export)
    export.close()
    assert contents(out) == {}


EXPORTS: dict[str, Callable[[list[Path], Path, FileSystem], Export]] = {
    "files": lambda pictures, out, disk: export_files(pictures, out, Encoding(), disk),
    "zip": lambda pictures, out, disk: export_zip(pictures, out / "a.zip", Encoding(), disk),
    "sheet": lambda pictures, out, disk: export_sheet(pictures, out / "a.png", disk),
}


@pytest.mark.parametrize("kind", EXPORTS)
@pytest.mark.parametrize("failing_call", range(1, 40))
def test_whichever_write_fails_only_complete_files_are_there(
    pictures: list[Path], tmp_path: Path, kind: str, failing_call: int, expected_warnings: list[str]
) -> None:
    out = tmp_path / "out"
    disk = FailingFileSystem(failing_call)
    try:
        list(EXPORTS[kind](pictures, out, disk))
    except SaveFailed as error:
        assert error.reason
    if disk.failed == "sync_folder":
        expected_warnings.append("could not be synchronised")
    for name in contents(out):
        if name == "a.zip":
            with zipfile.ZipFile(out / name) as archive:
                assert archive.testzip() is None
                assert len(archive.namelist()) == 3
        else:
            with Image.open(out / name) as picture:
                picture.load()
