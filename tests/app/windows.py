"""A whole window over a fake engine, with its own folders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from app.session.settings_store import SettingsStore
from app.widgets.theme import Appearance
from app.window.main_window import MainWindow
from app.window.services import Services
from core.film.film import Film
from core.models.catalogue import Catalogue
from core.paths import Folders
from core.pictures.picture import GeneratedImage
from core.pictures.saving import save, save_in
from core.runs.recorder import FilmRecorder
from core.settings.look import Theme, read_look
from tests.app.conftest import MakeSession, wait_for_pictures
from tests.fakes import FakeEngine


@dataclass
class Opened:
    """A window with what it was made of."""

    window: MainWindow
    engine: FakeEngine
    settings_store: SettingsStore

    def action(self, text: str) -> QAction:
        return next(action for action in self.window.findChildren(QAction) if action.text() == text)

    def child(self, name: str) -> QWidget:
        child = self.window.findChild(QWidget, name)
        assert isinstance(child, QWidget), name
        return child

    @property
    def prompt(self) -> QPlainTextEdit:
        field = self.child("promptEdit")
        assert isinstance(field, QPlainTextEdit)
        return field

    @property
    def subjects(self) -> tuple[str, ...]:
        return self.window.contents.create_page.messages.subjects()


class Opener:
    """Opens windows that share their folders, as one start of the program after the other does."""

    def __init__(self, folders: Folders, make_session: MakeSession, application: QApplication) -> None:
        self.folders = folders
        self.opened: list[MainWindow] = []
        self._make_session = make_session
        self._appearance = Appearance(application, Theme.light)

    def __call__(self, *, saves: bool = False) -> Opened:
        """``saves``: pictures and films are really written, into the pictures folder."""
        engine = FakeEngine()
        settings_store = SettingsStore(self.folders)

        def save_picture(image: GeneratedImage, _film: Film, folder: Path | None) -> Path:
            return save(image, settings_store.settings.pictures) if folder is None else save_in(image, folder)

        session = self._make_session(
            engine,
            drafts=settings_store,
            recorder=FilmRecorder(settings_store.films_folder) if saves else None,
            save=save_picture if saves else None,
            places=lambda: settings_store.settings.places,
        )
        window = MainWindow(read_look(self.folders), self._appearance.colours)
        window.fill(Services.over(session, settings_store, self._appearance, Catalogue(())))
        self.opened.append(window)
        window.show()
        return Opened(window, engine, settings_store)

    def close(self) -> None:
        for window in self.opened:
            window.session.unsaved = ()
            window.close()
            window.deleteLater()
        self._appearance.deleteLater()


@pytest.fixture
def open_window(tmp_path: Path, make_session: MakeSession, qapp: QApplication) -> Iterator[Opener]:
    opener = Opener(Folders(*(tmp_path / name for name in Folders.__dataclass_fields__)), make_session, qapp)
    yield opener
    opener.close()


@pytest.fixture
def opened(open_window: Opener) -> Opened:
    return open_window()


def wait_until_idle(opened: Opened, qtbot: QtBot) -> None:
    """Also until its pictures are saved."""
    wait_for_pictures(opened.window.session, qtbot)


def build_all_pages(opened: Opened) -> None:
    """Also those that have not been shown yet."""
    for page in opened.window.contents.places.pages:
        assert page.widget
