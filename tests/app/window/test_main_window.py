from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, Qt, QUrl
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QListView, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.create.columns import LEFT_PX
from app.create.notices import FAILED
from app.widgets.theme import DARK
from core.settings.look import Theme
from tests.app.conftest import FakeSaves
from tests.app.dropping import drop, files
from tests.app.saved_pictures import SavePicture
from tests.app.windows import Opened, Opener, build_all_pages, open_window, opened, wait_until_idle

__all__ = ["open_window", "opened"]


def test_the_prompt_has_the_focus_and_ctrl_return_makes_a_picture(
    opened: Opened, saves: FakeSaves, qtbot: QtBot
) -> None:
    qtbot.waitUntil(opened.prompt.hasFocus)
    opened.prompt.setPlainText("a lighthouse at night")
    with qtbot.waitSignal(opened.window.session.picture_saved):
        qtbot.keyClick(opened.prompt, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert saves.saved[0][0].request.prompt == "a lighthouse at night"
    assert opened.window.contents.create_page.canvas.shown is not None
    view = opened.child("recentView")
    assert isinstance(view, QListView)
    assert view.model().rowCount() == 1


def test_an_unforeseen_failure_in_the_background_is_told_where_the_user_looks(
    opened: Opened, expected_warnings: list[str], qtbot: QtBot
) -> None:
    expected_warnings.append("a background task failed")
    window = opened.window
    window.contents.places.show_page(window.contents.models)
    window.session.background.queue(window, "tests").submit(lambda: 1 // 0)
    qtbot.waitUntil(lambda: FAILED in window.contents.models.widget.messages.subjects())
    assert FAILED not in window.contents.create_page.messages.subjects()


def test_the_actions_are_enabled_only_while_they_can_act(opened: Opened, qtbot: QtBot) -> None:
    stop, pause = opened.action("Stop"), opened.action("Pause")
    assert not stop.isEnabled()
    assert not pause.isEnabled()
    assert not opened.action("Undo").isEnabled()
    opened.window.session.edit(steps=5)
    assert opened.action("Undo").isEnabled()
    opened.window.session.generate()
    assert stop.isEnabled()
    opened.action("Pause").trigger()
    assert pause.text() == "Resume"
    stop.trigger()
    assert not stop.isEnabled()
    wait_until_idle(opened, qtbot)


def test_the_way_back_to_the_picture_in_progress_is_offered_while_there_is_one(
    opened: Opened, save_picture: SavePicture, qtbot: QtBot
) -> None:
    create = opened.window.contents.create_page
    back = opened.child("liveButton")
    assert isinstance(back, QPushButton)
    with qtbot.waitSignal(opened.window.session.rested):
        opened.window.session.single_step()
    create.strip.chosen.emit(save_picture())
    qtbot.waitUntil(lambda: not back.isHidden())
    back.click()
    assert back.isHidden()
    create.strip.chosen.emit(save_picture())
    qtbot.waitUntil(lambda: not back.isHidden())
    opened.window.session.stop()
    wait_until_idle(opened, qtbot)
    assert back.isHidden()


def test_panes_sizes_theme_and_background_are_remembered(open_window: Opener) -> None:
    first = open_window()
    first.window.contents.create_page.setSizes([400, 300, 260])
    first.action("Recent pictures").trigger()
    first.action("Checkerboard background").trigger()
    first.action("Dark").trigger()
    assert first.window.contents.create_page.right.isHidden()
    columns = first.window.contents.create_page.sizes()
    assert first.window.contents.create_page.canvas._colours is DARK  # pyright: ignore[reportPrivateUsage]
    first.window.close()
    second = open_window()
    assert second.window.contents.create_page.right.isHidden()
    assert not second.action("Recent pictures").isChecked()
    assert second.action("Checkerboard background").isChecked()
    assert second.action("Dark").isChecked()
    assert second.settings_store.settings.theme is Theme.dark
    assert second.window.contents.create_page.sizes()[0] == columns[0] == 400
    assert second.settings_store.settings.window_geometry


def test_no_part_is_a_window_of_its_own_while_the_window_is_made(
    open_window: Opener, qapp: QApplication, qtbot: QtBot
) -> None:
    shown = WindowsShown()
    qapp.installEventFilter(shown)
    window = open_window().window
    qtbot.waitExposed(window)
    qapp.removeEventFilter(shown)
    assert shown.found == {"MainWindow"}


class WindowsShown(QObject):
    """Notes the classes of all windows that are shown."""

    def __init__(self) -> None:
        super().__init__()
        self.found = set[str]()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() is QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.found.add(type(watched).__name__)
        return False


def test_the_window_is_usable_at_1024_by_700(opened: Opened, qtbot: QtBot) -> None:
    opened.window.resize(1024, 700)
    qtbot.waitUntil(lambda: opened.window.contents.create_page.width() == 1024)
    for name in ("promptEdit", "generateButton", "stopButton", "canvas", "progressLine", "rightPane"):
        child = opened.child(name)
        corner = child.mapTo(opened.window, QPoint(child.width(), child.height()))
        assert corner.x() <= 1024, name
        assert corner.y() <= 700, name
    assert opened.child("canvas").width() >= 400
    page = opened.window.contents.create_page
    film_px = page.middle.film.minimumSizeHint().width()
    for is_shown in (False, True):  # what is hidden needs no room, and what is shown takes none from the controls
        page.show_comparison(is_shown=is_shown)
        QApplication.processEvents()
        assert page.middle.minimumSizeHint().width() <= film_px
        assert page.left.width() == LEFT_PX


def test_a_dropped_picture_gives_its_settings_and_undo_takes_them_back(
    opened: Opened, save_picture: SavePicture, qtbot: QtBot
) -> None:
    path = save_picture("a red balloon", seed=99)
    before = opened.window.session.draft
    with qtbot.waitSignal(opened.window.session.draft_edited):
        assert drop(opened.prompt.viewport(), files(path))
    assert opened.window.session.draft.prompt == "a red balloon"
    assert opened.window.session.draft.seed == 99
    assert opened.prompt.toPlainText() == "a red balloon"
    opened.action("Undo").trigger()
    assert opened.window.session.draft == before


def test_a_picture_is_pasted_also_while_the_prompt_has_the_focus_and_text_goes_into_the_prompt(
    opened: Opened, save_picture: SavePicture, qtbot: QtBot
) -> None:
    qtbot.waitUntil(opened.prompt.hasFocus)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(save_picture("a red balloon")))])
    QGuiApplication.clipboard().setMimeData(data)
    with qtbot.waitSignal(opened.window.session.draft_edited):
        qtbot.keyClick(opened.prompt, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert opened.window.session.draft.prompt == "a red balloon"
    QGuiApplication.clipboard().setText("at night")
    opened.prompt.selectAll()
    qtbot.keyClick(opened.prompt, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert opened.window.session.draft.prompt == "at night"


def test_a_picture_without_recipe_changes_nothing_and_says_so(
    opened: Opened, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"\xff\xd8\xff\xd9")
    before = opened.window.session.draft
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "holiday.jpg"))])
    QGuiApplication.clipboard().setMimeData(data)
    opened.action("Paste settings or image").trigger()
    qtbot.waitUntil(lambda: bool(opened.subjects))
    assert opened.window.session.draft == before


def test_pasting_without_a_picture_file_says_what_to_do(opened: Opened) -> None:
    QGuiApplication.clipboard().setText("only words")
    opened.action("Paste settings or image").trigger()
    assert opened.subjects


def test_pictures_of_the_folder_are_there_at_the_start_and_a_click_shows_one_with_its_recipe(
    open_window: Opener, save_picture: SavePicture, qtbot: QtBot
) -> None:
    path = save_picture("a sailboat", open_window.folders.pictures / "2026-11-21", seed=5)
    os.utime(path)
    opened = open_window()
    view = opened.child("recentView")
    assert isinstance(view, QListView)
    qtbot.waitUntil(lambda: view.model().rowCount() == 1)
    before = opened.window.session.draft
    qtbot.mouseClick(
        view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(view.model().index(0, 0)).center()
    )
    qtbot.waitUntil(lambda: opened.window.contents.create_page.canvas.shown is not None)
    card = opened.child("recipeCard")
    assert card.isVisible()
    assert opened.window.session.draft == before
    use = opened.child("useSettingsButton")
    assert isinstance(use, QPushButton)
    use.click()
    assert opened.window.session.draft.prompt == "a sailboat"
    opened.action("Copy picture").trigger()
    assert QGuiApplication.clipboard().mimeData().urls() == [QUrl.fromLocalFile(str(path))]


def test_a_failed_run_leaves_a_bar_and_no_dialog(
    opened: Opened, qtbot: QtBot, expected_warnings: list[str]
) -> None:
    expected_warnings.append("unexpected")
    opened.engine.errors[2] = RuntimeError("something odd")
    opened.window.session.generate()
    wait_until_idle(opened, qtbot)
    assert opened.subjects == ("run failed",)
    assert QApplication.activeModalWidget() is None


def test_closing_while_a_picture_is_made_ends_the_worker(opened: Opened, qtbot: QtBot) -> None:
    hold = opened.engine.holds[5] = threading.Event()
    opened.window.session.background.closing_begun.connect(hold.set)
    with qtbot.waitSignal(opened.window.session.stepped):
        opened.window.session.generate()
    opened.window.close()
    assert opened.window.ended_in_time
    assert not opened.window.isVisible()
    assert opened.engine.is_closed
    assert opened.engine.closed_runs == 1


def test_closing_with_a_picture_that_is_not_saved_warns_first(
    opened: Opened, saves: FakeSaves, qtbot: QtBot
) -> None:
    saves.failures = 1
    opened.window.session.generate()
    wait_until_idle(opened, qtbot)
    opened.window.close()
    assert opened.window.isVisible()
    assert opened.subjects == ("saving",)
    leave = opened.child("closeAnywayButton")
    assert isinstance(leave, QPushButton)
    leave.click()
    qtbot.waitUntil(lambda: not opened.window.isVisible())


@pytest.mark.parametrize("text", ["Keyboard shortcuts", "About Emulsion", "Load settings from image…"])
def test_dialogs_do_not_block_the_window(opened: Opened, qtbot: QtBot, text: str) -> None:
    opened.action(text).trigger()
    dialogs = [dialog for dialog in opened.window.findChildren(QDialog) if dialog.isVisible()]
    assert len(dialogs) == 1
    if isinstance(dialogs[0], QFileDialog):
        assert dialogs[0].fileMode() is QFileDialog.FileMode.ExistingFile
    dialogs[0].close()


def test_no_two_actions_share_a_shortcut(opened: Opened) -> None:
    build_all_pages(opened)
    keys = [key.toString() for action in opened.window.findChildren(QAction) for key in action.shortcuts()]
    assert len(keys) == len(set(keys))
    assert {"Ctrl+Return", "Esc", "Ctrl+Z", "F8", "F10", "Ctrl+Q"} <= set(keys)


def test_every_button_can_be_named_by_a_screen_reader(opened: Opened) -> None:
    from PySide6.QtWidgets import QAbstractButton

    build_all_pages(opened)
    nameless = [
        button.objectName()
        for button in opened.window.findChildren(QAbstractButton)
        if not (button.accessibleName() or button.text()) and not button.objectName().startswith("qt_")
    ]
    assert nameless == []


def test_what_became_of_a_model_is_told_on_the_page_that_the_user_looks_at(
    opened: Opened, tmp_path: Path, qtbot: QtBot
) -> None:
    window = opened.window
    for page in (window.contents.models, window.contents.gallery, window.contents.create):
        window.contents.places.show_page(page)
        assert drop(window, files(tmp_path / "nowhere.ckpt"))
        qtbot.waitUntil(lambda page=page: "model-import" in page.widget.messages.subjects())
    window.contents.places.show_page(window.contents.models)
    assert drop(window, files(tmp_path / "nowhere.ckpt", tmp_path / "notes.txt"))
    assert "failed" in opened.subjects
