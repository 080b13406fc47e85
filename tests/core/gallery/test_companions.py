from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import InvalidRequest, SaveFailed
from core.gallery.companions import checked_stem, companions, move_together
from tests.core.gallery.failing import FailingFileSystem, contents

BEFORE = {
    "a.png": b"picture",
    "a.film.safetensors": b"film",
    "a.words.safetensors": b"words",
    "a.png.emulsion.json": b"{}",
}
AFTER = {f"new/b{name.removeprefix('a')}": content for name, content in BEFORE.items()}


def fill(folder: Path) -> Path:
    for name, content in BEFORE.items():
        (folder / name).write_bytes(content)
    return folder / "a.png"


@pytest.mark.parametrize("has_links", [True, False])
def test_a_picture_its_film_and_its_marks_move_together(tmp_path: Path, has_links: bool) -> None:
    picture = fill(tmp_path)
    modified = picture.stat().st_mtime_ns
    move_together(picture, tmp_path / "new" / "b.png", FailingFileSystem(10_000, has_links))
    assert contents(tmp_path) == AFTER
    assert (tmp_path / "new" / "b.png").stat().st_mtime_ns == modified


@pytest.mark.parametrize("has_links", [True, False])
@pytest.mark.parametrize("failing_call", range(1, 31))
def test_whichever_write_fails_nothing_is_lost(
    tmp_path: Path, failing_call: int, has_links: bool, expected_warnings: list[str]
) -> None:
    disk = FailingFileSystem(failing_call, has_links)
    picture = fill(tmp_path)
    try:
        move_together(picture, tmp_path / "new" / "b.png", disk)
    except SaveFailed:
        assert contents(tmp_path) == BEFORE
    else:
        found = contents(tmp_path)
        assert {name: found[name] for name in AFTER} == AFTER
        assert "a.png" not in found
    if disk.failed == "sync_folder":
        expected_warnings.append("could not be synchronised")
    if disk.failed == "remove" and not (tmp_path / "a.png").exists():
        expected_warnings.append("cannot be removed after it was moved")


@pytest.mark.parametrize("taken", AFTER)
def test_no_file_is_replaced(tmp_path: Path, taken: str) -> None:
    picture = fill(tmp_path)
    (tmp_path / "new").mkdir()
    (tmp_path / taken).write_bytes(b"mine")
    with pytest.raises(SaveFailed):
        move_together(picture, tmp_path / "new" / "b.png")
    assert contents(tmp_path) == {**BEFORE, taken: b"mine"}


def test_a_film_that_two_pictures_share_belongs_to_neither_alone(tmp_path: Path) -> None:
    picture = fill(tmp_path)
    (tmp_path / "a.jpg").write_bytes(b"copy")
    assert [path.name for path in companions(picture)] == ["a.png.emulsion.json"]
    assert companions(tmp_path / "a.jpg") == ()


@pytest.mark.parametrize("name", ["a house", "家", "🦊", "a.b", "x" * 180, "console", "لصورة"])
def test_names_may_be_in_any_script(name: str) -> None:
    assert checked_stem(f" {name} ") == name


@pytest.mark.parametrize(
    "name",
    ["", " ", ".", "..", ".hidden", "dot.", "a/b", "a\\b", "../../x", "a:b", "a\0b", "CON", "nul.txt", "x" * 181,
     "家" * 61, "a\nb", "\ud800", "com1", "LPT9"],
)  # fmt: skip
def test_names_that_some_system_does_not_take_are_refused(name: str) -> None:
    with pytest.raises(InvalidRequest):
        checked_stem(name)
