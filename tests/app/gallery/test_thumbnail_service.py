from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from app.gallery.thumbnail_service import ThumbnailService
from app.session.background import BackgroundTasks
from core.gallery.finder import Finder
from core.gallery.gallery import Gallery
from core.gallery.query import LibraryPicture, Query
from core.gallery.thumbnails import Thumbnails
from core.paths import Folders

SIZE_PX = 128


@pytest.fixture
def red(tmp_path: Path) -> LibraryPicture:
    folders = Folders(*(tmp_path / name for name in Folders.__dataclass_fields__))
    folders.pictures.mkdir()
    Image.new("RGB", (600, 300), "red").save(folders.pictures / "a.png")
    with Gallery(folders, folders.pictures) as gallery:
        list(gallery.scan())
        finder = Finder(gallery.folder)
        (found,) = finder.pictures(finder.find(Query()).ids)
        finder.close()
    return found


@pytest.fixture
def service(tmp_path: Path, background: BackgroundTasks) -> ThumbnailService:
    return ThumbnailService(Thumbnails(tmp_path / "kept"), background)


def shown(service: ThumbnailService, picture: LibraryPicture, qtbot: QtBot) -> QImage:
    with qtbot.waitSignal(service.loaded):
        service.want([picture], SIZE_PX)
    image = service.find(picture, SIZE_PX)
    assert image is not None
    return image


def is_red(image: QImage) -> bool:
    colour = QColor(image.pixel(60, 30))
    return (image.width(), image.height()) == (128, 64) and colour.red() > 250 and colour.green() < 5


def test_a_picture_is_shown_small(service: ThumbnailService, red: LibraryPicture, qtbot: QtBot) -> None:
    assert is_red(shown(service, red, qtbot))


def test_a_kept_one_is_shown_of_a_picture_that_is_away(
    service: ThumbnailService, red: LibraryPicture, tmp_path: Path, qtbot: QtBot
) -> None:
    Thumbnails(tmp_path / "kept").make(red.path, red.stamp, SIZE_PX)
    red.path.unlink()
    assert is_red(shown(service, replace(red, is_away=True), qtbot))


def test_what_is_away_and_was_never_seen_is_null(
    service: ThumbnailService, red: LibraryPicture, qtbot: QtBot
) -> None:
    assert shown(service, replace(red, is_away=True), qtbot).isNull()


@pytest.mark.parametrize("content", [b"", bytes(300), b"<html>"])
def test_a_damaged_one_is_made_again(
    content: bytes, service: ThumbnailService, red: LibraryPicture, tmp_path: Path, qtbot: QtBot
) -> None:
    thumbnails = Thumbnails(tmp_path / "kept")
    thumbnails.make(red.path, red.stamp, SIZE_PX)
    Path(thumbnails.kept(red.path, red.stamp, SIZE_PX) or "").write_bytes(content)
    assert is_red(shown(service, red, qtbot))
    assert Path(thumbnails.kept(red.path, red.stamp, SIZE_PX) or "").stat().st_size > 100


def test_a_picture_that_cannot_be_read_is_null(
    service: ThumbnailService, red: LibraryPicture, qtbot: QtBot
) -> None:
    red.path.write_bytes(b"no picture")
    assert shown(service, red, qtbot).isNull()


def test_a_picture_is_shown_also_when_nothing_can_be_kept(
    service: ThumbnailService, red: LibraryPicture, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "kept").write_text("no folder")
    assert is_red(shown(service, red, qtbot))
