"""Folders of the library: added by a question, watched, taken out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from app.gallery.folder_watch import MOST_FOLDERS, watched_folders
from core.gallery.library import LibraryFolder
from core.pictures.saving import save_as
from tests.app.gallery.conftest import OpenGallery
from tests.pictures import generated_image

AddPicture = Callable[..., Path]


def test_a_dropped_folder_is_added_after_a_question(
    gallery: OpenGallery, add_picture: AddPicture, tmp_path: Path
) -> None:
    add_picture("a.png")
    other = tmp_path / "elsewhere"
    other.mkdir()
    save_as(generated_image("a tower"), other / "t.png", datetime(2026, 11, 1, tzinfo=UTC))
    gallery.open()
    gallery.wait_for_rows(1)
    gallery.page.folders_dropped.emit((other,))
    assert gallery.page.pictures.rowCount() == 1
    gallery.click("addDroppedButton")
    gallery.wait_for_rows(2)
    assert sorted(gallery.prompts()) == ["a red house", "a tower"]
    gallery.page.filters.menus.remove_folder_asked.emit(other)
    gallery.wait_for_rows(1)
    assert (other / "t.png").exists()


def test_a_picture_that_another_program_puts_there_is_noticed(
    gallery: OpenGallery, add_picture: AddPicture
) -> None:
    add_picture("2026-11-21/a.png")
    gallery.open()
    gallery.wait_for_rows(1)
    add_picture("2026-11-21/b.png", day=1)
    gallery.wait_for_rows(2)


def test_the_newest_folders_are_watched(tmp_path: Path) -> None:
    for number in range(MOST_FOLDERS + 10):
        (tmp_path / f"{number:04}").mkdir()
    (tmp_path / ".hidden").mkdir()
    found = watched_folders([LibraryFolder(tmp_path), LibraryFolder(tmp_path / "gone")])
    assert len(found) == MOST_FOLDERS
    assert found[0] == tmp_path
    assert found[1].name == f"{MOST_FOLDERS + 9:04}"
