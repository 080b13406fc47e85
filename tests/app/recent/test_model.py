from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.recent.model import THUMBNAIL_ROLE, RecentPictures
from app.session import picture_loader
from app.session.picture_loader import PictureLoader
from tests.app.saved_pictures import SavePicture
from tests.pictures import generated_image


@pytest.fixture
def model(loader: PictureLoader) -> RecentPictures:
    model = RecentPictures(loader)
    assert model.rowCount() == 0
    return model


def test_the_model_keeps_to_qts_rules(
    model: RecentPictures, qtmodeltester: ModelTester, save_picture: SavePicture, qtbot: QtBot
) -> None:
    model.add(save_picture("first"))
    model.add(save_picture("second"))
    qtmodeltester.check(model)


def test_a_saved_picture_comes_first_and_only_once(model: RecentPictures) -> None:
    model.add(Path("a.png"))
    model.add(Path("b.png"))
    model.add(Path("a.png"))
    assert [model.path(row) for row in range(model.rowCount())] == [Path("b.png"), Path("a.png")]


def test_pictures_of_one_request_stand_by_their_numbers(model: RecentPictures) -> None:
    for name, batch, seed in [("b", "one", 8), ("x", "", 1), ("a", "one", 7), ("d", "one", 10), ("c", "one", 9)]:
        model.add(Path(name), replace(generated_image(seed=seed).recipe, batch=batch, parent=None))
    assert [str(model.path(row)) for row in range(model.rowCount())] == list("dcxba")


@pytest.mark.parametrize("deleted", ["bcd", "dcb", "cbd"])
@pytest.mark.parametrize("restored", ["bcd", "dcb", "cdb"])
def test_pictures_that_were_deleted_come_back_in_their_places(
    model: RecentPictures, deleted: str, restored: str
) -> None:
    for name in "edcba":
        model.add(Path(name))
    for name in deleted:
        model.remove(Path(name))
    for name in restored:
        model.take_back(Path(name))
    assert [str(model.path(row)) for row in range(model.rowCount())] == list("abcde")


def test_a_new_picture_with_the_name_of_a_deleted_one_comes_first(model: RecentPictures) -> None:
    for name in "ba":
        model.add(Path(name))
    model.remove(Path("b"))
    model.add(Path("b"))
    assert [str(model.path(row)) for row in range(model.rowCount())] == ["b", "a"]


def test_what_was_found_in_the_folder_goes_behind_what_has_been_made_since(
    model: RecentPictures, loader: PictureLoader, save_picture: SavePicture, tmp_path: Path, qtbot: QtBot
) -> None:
    old = save_picture("old", age=100)
    new = save_picture("new")
    model.add(new)
    with qtbot.waitSignal(loader.found):
        loader.find(tmp_path)
    assert [model.path(row) for row in range(model.rowCount())] == [new, old]


def test_a_thumbnail_is_loaded_when_a_view_asks_for_it(
    model: RecentPictures, save_picture: SavePicture, qtbot: QtBot
) -> None:
    model.add(save_picture())
    index = model.index(0)
    with qtbot.waitSignal(model.dataChanged):
        assert index.data(THUMBNAIL_ROLE) is None
    loaded = index.data(THUMBNAIL_ROLE)
    assert isinstance(loaded, QImage)
    assert not loaded.isNull()


def test_a_thumbnail_that_cannot_be_read_is_null_and_not_asked_for_again(
    model: RecentPictures, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "broken.png").write_bytes(b"broken")
    model.add(tmp_path / "broken.png")
    with qtbot.waitSignal(model.dataChanged):
        model.index(0).data(THUMBNAIL_ROLE)
    assert model.index(0).data(THUMBNAIL_ROLE).isNull()


def test_only_so_many_thumbnails_are_kept_and_older_ones_are_loaded_again(
    loader: PictureLoader, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_loader, "MOST_THUMBNAILS", 3)
    first, *others = (tmp_path / f"{number}.png" for number in range(4))
    for path in (first, *others):
        with qtbot.waitSignal(loader.thumbnail_loaded):
            assert loader.thumbnail(path) is None
    assert loader.thumbnail(others[0]) is not None
    with qtbot.waitSignal(loader.thumbnail_loaded):
        assert loader.thumbnail(first) is None


def test_pictures_are_dragged_out_as_files(model: RecentPictures, tmp_path: Path) -> None:
    model.add(tmp_path / "a.png")
    index = model.index(0)
    assert index.flags() & Qt.ItemFlag.ItemIsDragEnabled
    urls = model.mimeData([index]).urls()
    assert [Path(url.toLocalFile()) for url in urls] == [tmp_path / "a.png"]
    assert model.supportedDragActions() == Qt.DropAction.CopyAction


def test_screen_readers_hear_the_words_of_the_name(model: RecentPictures) -> None:
    model.add(Path("120000-7-a-red-house.png"))
    assert model.index(0).data(Qt.ItemDataRole.AccessibleTextRole) == "120000 7 a red house"
    assert model.path(0) == Path("120000-7-a-red-house.png")
