"""A gallery page over a small library of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.create.picture_tools import PictureTools
from app.gallery.commands import GalleryCommands
from app.gallery.page import GalleryPage
from app.session.picture_loader import PictureLoader
from app.session.session import Session
from app.session.settings_store import SettingsStore
from app.widgets.theme import LIGHT
from core.gallery.query import LibraryPicture
from core.paths import Folders
from core.pictures.saving import save_as
from tests.app.conftest import MakeSession
from tests.core.gallery.failing import FolderTrash
from tests.pictures import generated_image

FIRST_MOMENT = 1_795_000_000
DAY_S = 86_400


class OpenGallery:
    """A page that is shown, with its commands."""

    def __init__(self, folders: Folders, session: Session, qtbot: QtBot) -> None:
        self.folders = folders
        self.session = session
        self.window = QWidget()
        self.settings_store = SettingsStore(folders)
        self.page = GalleryPage(session, self.settings_store, LIGHT, FolderTrash(folders.data / "trash"))
        self.page.setParent(self.window)
        tools = PictureTools(self.window, PictureLoader(session.background), session, self.settings_store)
        self.commands = GalleryCommands(self.page, session, LIGHT, self.window, tools)
        tools.create_asked.connect(self.commands.create_asked)
        self._qtbot = qtbot

    def open(self) -> None:
        """Shows it, and waits until the folders are read."""
        self.window.resize(1000, 700)
        self.page.resize(1000, 700)
        self.window.show()
        self.settle()

    def settle(self) -> None:
        view = self.page.view
        self._qtbot.waitUntil(lambda: view.is_open and view.scan_event is None)
        self._qtbot.waitUntil(lambda: bool(self.page.status.counts.text()))

    def wait_for(self, condition: Callable[[], bool]) -> None:
        self._qtbot.waitUntil(condition)

    def wait_for_rows(self, count: int) -> None:
        self.wait_for(lambda: self.page.pictures.rowCount() == count)
        self.wait_for(lambda: all(self.picture(row) is not None for row in range(count)))

    def picture(self, row: int) -> LibraryPicture | None:
        return self.page.pictures.picture(row)

    def known(self, row: int) -> LibraryPicture:
        picture = self.picture(row)
        assert picture is not None
        return picture

    def prompts(self) -> list[str]:
        return [self.known(row).prompt for row in range(self.page.pictures.rowCount())]

    def choose(self, *rows: int) -> None:
        self.page.grid.select_rows(list(rows), rows[-1] if rows else None)

    def press(self, keys: str) -> None:
        QTest.keySequence(self.page.grid, QKeySequence(keys))

    def click(self, name: str) -> None:
        button = self.window.findChild(QWidget, name)
        assert button is not None, name
        self._qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def close(self) -> None:
        self.session.background.close()
        self.window.close()
        self.window.deleteLater()


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(*(tmp_path / name for name in Folders.__dataclass_fields__))


@pytest.fixture
def add_picture(folders: Folders) -> Callable[..., Path]:
    """Saves a picture in the pictures folder; ``day`` orders them in time."""

    def add(name: str, prompt: str = "a red house", day: int = 0, **request: Any) -> Path:
        path = folders.pictures / name
        path.parent.mkdir(parents=True, exist_ok=True)
        moment = FIRST_MOMENT + DAY_S * day
        save_as(generated_image(prompt, **request), path, datetime.fromtimestamp(moment).astimezone())
        os.utime(path, (moment, moment))
        return path

    return add


@pytest.fixture
def gallery(folders: Folders, make_session: MakeSession, qtbot: QtBot) -> Iterator[OpenGallery]:
    """Not yet shown: `OpenGallery.open` does that."""
    opened = OpenGallery(folders, make_session(), qtbot)
    yield opened
    opened.close()
