from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QPoint, QUrl, Slot
from PySide6.QtGui import QAction, QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget
from pytestqt.qtbot import QtBot

from app.canvas.current import CurrentPicture
from app.canvas.picture_menu import PictureMenu
from app.session.background import BackgroundTasks
from app.session.picture_loader import PictureLoader
from app.widgets.pixels import to_image
from core.pictures.metadata import read_recipe
from core.request.request import GenerationRequest
from tests import fakes

FILM = fakes.film(GenerationRequest("a red house", seed=7))
IMAGE = fakes.image(FILM, "final", 20)


class SystemPrograms(QObject):
    """Stands for the system's viewer: remembers what it was asked to open."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[Path] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.opened.append(Path(url.toLocalFile()))


@pytest.fixture
def system() -> Iterator[SystemPrograms]:
    system = SystemPrograms()
    QDesktopServices.setUrlHandler("file", system, "open")  # pyright: ignore[reportArgumentType, reportCallIssue]
    yield system
    QDesktopServices.unsetUrlHandler("file")


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    return window


@pytest.fixture
def menu(window: QWidget, loader: PictureLoader) -> PictureMenu:
    return PictureMenu(window, loader)


def finished(path: Path | None = None) -> CurrentPicture:
    return CurrentPicture(to_image(IMAGE.pixels), IMAGE.request, IMAGE, path)


def preview() -> CurrentPicture:
    return CurrentPicture(to_image(IMAGE.pixels), IMAGE.request)


def actions(window: QWidget) -> dict[str, QAction]:
    (opened,) = window.findChildren(QMenu)
    found = {action.text(): action for action in opened.actions() if not action.isSeparator()}
    opened.hide()
    return found


def test_a_preview_can_be_copied_but_not_saved_as_a_finished_picture(menu: PictureMenu, window: QWidget) -> None:
    menu.open_for_picture(preview(), QPoint())
    enabled = {text: action.isEnabled() for text, action in actions(window).items()}
    assert enabled == {
        "Copy picture": True,
        "Save as…": False,
        "Show in folder": False,
        "Use these settings": True,
        "Add noise to this picture…": False,
    }


def test_copying_puts_pixels_and_file_into_the_clipboard(
    menu: PictureMenu, window: QWidget, tmp_path: Path
) -> None:
    menu.open_for_picture(finished(tmp_path / "a.png"), QPoint())
    actions(window)["Copy picture"].trigger()
    data = QGuiApplication.clipboard().mimeData()
    assert data.hasImage()
    assert data.urls() == [QUrl.fromLocalFile(str(tmp_path / "a.png"))]


def test_save_as_writes_the_recipe_too(
    menu: PictureMenu, window: QWidget, background: BackgroundTasks, tmp_path: Path
) -> None:
    menu.open_for_picture(finished(), QPoint())
    actions(window)["Save as…"].trigger()
    (dialog,) = window.findChildren(QFileDialog)
    dialog.filesSelected.emit([str(tmp_path / "copy.jpg")])
    dialog.close()
    background.close()
    assert read_recipe(tmp_path / "copy.jpg").request.seed == 7


def test_the_settings_of_the_shown_picture_are_asked_for(menu: PictureMenu, window: QWidget, qtbot: QtBot) -> None:
    menu.open_for_picture(finished(), QPoint())
    with qtbot.waitSignal(menu.settings_asked) as asked:
        actions(window)["Use these settings"].trigger()
    assert asked.args == [IMAGE.request, frozenset()]


def test_a_file_of_the_strip_is_opened_and_shown_by_the_system(
    menu: PictureMenu, window: QWidget, system: SystemPrograms, tmp_path: Path
) -> None:
    menu.open_for_file(tmp_path / "a.png", QPoint())
    found = actions(window)
    found["Open in the system's viewer"].trigger()
    found["Show in folder"].trigger()
    assert system.opened == [tmp_path / "a.png", tmp_path]


def test_the_settings_of_a_file_are_read_from_it(
    menu: PictureMenu, window: QWidget, loader: PictureLoader, tmp_path: Path, qtbot: QtBot
) -> None:
    menu.open_for_file(tmp_path / "gone.png", QPoint())
    with qtbot.waitSignal(loader.failed):
        actions(window)["Use these settings"].trigger()
