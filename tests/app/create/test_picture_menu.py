from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QPoint, Qt, QUrl, Slot
from PySide6.QtGui import QAction, QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QListView, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.canvas.current import CurrentPicture
from app.create.picture_menu import PictureMenu
from app.create.picture_tools import PictureTools
from app.recent.model import RecentPictures
from app.session.background import BackgroundTasks
from app.session.picture_loader import PictureLoader
from app.session.session import Session
from app.session.settings_store import SettingsStore
from app.widgets.pixels import to_image
from core.film.reader import film_path
from core.gallery.deleting import Deleted
from core.gallery.marks import MarkChange, Marks, MarkStore
from core.paths import Folders
from core.pictures.metadata import read_recipe
from core.pictures.saving import save
from core.request.request import GenerationRequest
from tests import fakes
from tests.app.conftest import MakeSession
from tests.app.windows import Opener, open_window
from tests.core.gallery.failing import FolderTrash

__all__ = ["open_window"]

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


class FakeLibrary:
    """Remembers what it was asked to do."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    def mark_files(self, paths: tuple[Path, ...], change: MarkChange) -> None:
        self.asked.append((paths, change))

    def delete_files(self, paths: tuple[Path, ...]) -> None:
        self.asked.append(("delete", paths))

    def restore(self, deleted: tuple[Deleted, ...]) -> None:
        self.asked.append(("restore", deleted))


@pytest.fixture
def session(make_session: MakeSession) -> Session:
    return make_session()


@pytest.fixture
def library() -> FakeLibrary:
    return FakeLibrary()


@pytest.fixture
def menu(
    window: QWidget, loader: PictureLoader, session: Session, library: FakeLibrary, tmp_path: Path
) -> PictureMenu:
    folders = Folders(*(tmp_path / name for name in Folders.__dataclass_fields__))
    menu = PictureMenu(window, loader, PictureTools(window, loader, session, SettingsStore(folders)), folders)
    menu.library = lambda: library
    return menu


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """Returns a picture with its recipe."""
    return save(IMAGE, tmp_path / "saved")


def finished(path: Path | None = None) -> CurrentPicture:
    return CurrentPicture(to_image(IMAGE.pixels), IMAGE.request, IMAGE, path)


def preview() -> CurrentPicture:
    return CurrentPicture(to_image(IMAGE.pixels), IMAGE.request)


def actions(window: QWidget) -> dict[str, QAction]:
    (opened,) = window.findChildren(QMenu, options=Qt.FindChildOption.FindDirectChildrenOnly)
    found = {action.text(): action for action in opened.actions() if not action.isSeparator()}
    opened.hide()
    return found


def test_a_preview_can_be_copied_but_not_saved_as_a_finished_picture(menu: PictureMenu, window: QWidget) -> None:
    menu.open_for_picture(preview(), QPoint())
    assert list(actions(window)) == ["Use all settings", "Copy picture"]


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
    actions(window)["Save picture as…"].trigger()
    (dialog,) = window.findChildren(QFileDialog)
    dialog.filesSelected.emit([str(tmp_path / "copy.jpg")])
    dialog.close()
    background.close()
    assert read_recipe(tmp_path / "copy.jpg").request.seed == 7


def test_the_settings_of_the_shown_picture_are_asked_for(menu: PictureMenu, window: QWidget, qtbot: QtBot) -> None:
    menu.open_for_picture(finished(), QPoint())
    with qtbot.waitSignal(menu.settings_asked) as asked:
        actions(window)["Use all settings"].trigger()
    assert asked.args == [IMAGE.request, frozenset()]


def test_a_file_is_opened_and_shown_by_the_system(
    menu: PictureMenu, window: QWidget, system: SystemPrograms, tmp_path: Path
) -> None:
    menu.open_for_file(tmp_path / "a.png", QPoint())
    found = actions(window)
    found["Open in another program"].trigger()
    found["Show in folder"].trigger()
    assert system.opened == [tmp_path / "a.png", tmp_path]


def test_the_settings_of_a_file_are_read_from_it(
    menu: PictureMenu, window: QWidget, loader: PictureLoader, tmp_path: Path, qtbot: QtBot
) -> None:
    menu.open_for_file(tmp_path / "gone.png", QPoint())
    with qtbot.waitSignal(loader.failed):
        actions(window)["Use all settings"].trigger()


def test_the_seed_of_a_file_is_locked(
    menu: PictureMenu, window: QWidget, session: Session, saved: Path, qtbot: QtBot
) -> None:
    menu.open_for_file(saved, QPoint())
    actions(window)["Use its seed"].trigger()
    qtbot.waitUntil(lambda: session.draft.seed == 7)


def test_generate_again_makes_another_one_and_leaves_the_draft(
    menu: PictureMenu, window: QWidget, session: Session, saved: Path, qtbot: QtBot
) -> None:
    session.edit(prompt="something else")
    menu.open_for_file(saved, QPoint())
    with qtbot.waitSignal(session.image_ready) as ready:
        actions(window)["Generate again with a new seed"].trigger()
    assert ready.args[0].image.request.prompt == "a red house"  # pyright: ignore[reportOptionalSubscript]
    assert session.draft.prompt == "something else"


def test_a_file_becomes_the_image_to_start_from(
    menu: PictureMenu, window: QWidget, session: Session, saved: Path
) -> None:
    menu.open_for_file(saved, QPoint())
    actions(window)["Start from this image"].trigger()
    assert session.draft.source is not None
    assert session.draft.source.path == str(saved)


def test_rating_favourite_and_trash_are_the_gallerys(
    menu: PictureMenu, window: QWidget, library: FakeLibrary, saved: Path
) -> None:
    menu.open_for_file(saved, QPoint())
    found = actions(window)
    rating = found["Rating"].menu()
    assert isinstance(rating, QMenu)
    rating.actions()[4].trigger()
    found["Add to favourites"].trigger()
    found["Move to trash"].trigger()
    marks = MarkChange(rating=4), MarkChange(is_favourite=True)
    assert library.asked == [*(((saved,), change) for change in marks), ("delete", (saved,))]


def test_a_favourite_can_be_removed_from_them(menu: PictureMenu, window: QWidget, saved: Path) -> None:
    MarkStore(saved.parent / "mirror", lambda _: True).write(saved, Marks(is_favourite=True))
    menu.open_for_file(saved, QPoint())
    assert "Remove from favourites" in actions(window)


@pytest.mark.parametrize("has_film", [False, True])
def test_a_branch_is_offered_where_there_is_a_film(
    menu: PictureMenu, window: QWidget, saved: Path, has_film: bool
) -> None:
    if has_film:
        film_path(saved).touch()
    menu.open_for_file(saved, QPoint())
    assert ("Branch from here…" in actions(window)) == has_film


def test_a_recent_picture_goes_to_the_trash_and_comes_back(
    open_window: Opener, qtbot: QtBot, tmp_path: Path
) -> None:
    opened = open_window(saves=True)
    opened.window.contents.gallery.widget.service.trash = FolderTrash(tmp_path / "trash")
    opened.window.show()
    with qtbot.waitSignal(opened.window.session.picture_saved) as saving:
        opened.window.session.generate()
    path: Path = saving.args[0].path  # pyright: ignore[reportOptionalSubscript]
    recent = opened.window.contents.create_page.strip.findChildren(QListView)[0].model()
    assert isinstance(recent, RecentPictures)
    menu = opened.window.findChild(PictureMenu)
    assert isinstance(menu, PictureMenu)
    menu.delete(path)
    qtbot.waitUntil(lambda: recent.row(path) is None)
    assert not path.exists()
    undo = opened.child("undoDeleteButton")
    assert isinstance(undo, QPushButton)
    undo.click()
    qtbot.waitUntil(lambda: recent.row(path) == 0)
    assert path.exists()
