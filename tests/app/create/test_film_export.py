"""*Export film*: the dialog, the file, and every way an export can end."""

from __future__ import annotations

import threading
from pathlib import Path

import av
import pytest
from PIL import Image
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QComboBox, QDialogButtonBox, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.dialogs.export_film import ExportFilmDialog
from app.film.export_choices import ExportChoices
from app.film.export_preview import ExportPreview
from core.errors import ModelMissing
from core.film_export.formats import FORMATS
from tests.app.windows import Opened, open_window, opened, wait_until_idle

__all__ = ["open_window", "opened"]


@pytest.fixture
def dialog(opened: Opened, qtbot: QtBot) -> ExportFilmDialog:
    """For the film of a picture that was just made."""
    opened.window.session.edit(steps=6)
    opened.window.session.generate()
    wait_until_idle(opened, qtbot)
    button = opened.child("filmExportButton")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    dialog = opened.window.findChild(ExportFilmDialog)
    assert dialog is not None
    return dialog


def choose(dialog: ExportFilmDialog, path: Path, film_format: str, views: tuple[str, ...] = ("denoised",)) -> None:
    combo = dialog.findChild(QComboBox, "exportFormatCombo")
    edit = dialog.findChild(QLineEdit, "exportPathEdit")
    assert combo is not None
    assert edit is not None
    combo.setCurrentIndex(combo.findData(film_format))
    edit.setText(str(path))
    for box in dialog.findChildren(QCheckBox):
        if box.objectName().startswith("exportView-"):
            box.setChecked(box.objectName().removeprefix("exportView-") in views)


def path_edit(dialog: ExportFilmDialog) -> QLineEdit:
    edit = dialog.findChild(QLineEdit, "exportPathEdit")
    assert edit is not None
    return edit


def export_button(dialog: ExportFilmDialog) -> QPushButton:
    button = dialog.findChild(QPushButton, "exportButton")
    assert button is not None
    return button


def summary(dialog: ExportFilmDialog) -> str:
    label = dialog.findChild(QLabel, "exportSummary")
    assert label is not None
    return label.text()


def press_export(dialog: ExportFilmDialog, qtbot: QtBot) -> None:
    button = dialog.findChild(QPushButton, "exportButton")
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def pictures_in(path: Path) -> int:
    if path.suffix == ".mp4":
        with av.open(path) as video:
            return sum(1 for _ in video.decode(video=0))
    with Image.open(path) as picture:
        return getattr(picture, "n_frames", 1)


def test_a_film_that_nothing_guided_has_no_view_of_controls(dialog: ExportFilmDialog) -> None:
    names = {box.objectName() for box in dialog.findChildren(QCheckBox)}
    assert "exportView-denoised" in names and "exportView-control" not in names


@pytest.mark.parametrize("film_format", FORMATS)
def test_a_film_is_exported_in_every_format(
    dialog: ExportFilmDialog, opened: Opened, film_format: str, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / f"film{FORMATS[film_format].suffix}"
    choose(dialog, path, film_format, ("denoised", "noisy"))
    with qtbot.waitSignal(dialog.exported):
        press_export(dialog, qtbot)
    assert pictures_in(path) >= (1 if film_format == "sheet" else 6)
    assert len(opened.engine.decoded) == 12
    assert "exported" in opened.subjects
    assert ExportChoices.from_text(opened.settings_store.settings.film_export).views == ("denoised", "noisy")


def test_linear_previews_need_no_decode(
    dialog: ExportFilmDialog, opened: Opened, tmp_path: Path, qtbot: QtBot
) -> None:
    choose(dialog, tmp_path / "film.gif", "gif")
    decoded = dialog.findChild(QCheckBox, "exportDecodedCheck")
    assert decoded is not None
    decoded.setChecked(False)
    with qtbot.waitSignal(dialog.exported):
        press_export(dialog, qtbot)
    assert not opened.engine.decoded


def test_a_dialog_that_has_ended_draws_no_more(dialog: ExportFilmDialog, tmp_path: Path) -> None:
    choose(dialog, tmp_path / "film.gif", "gif")
    timers = dialog.findChildren(QTimer)
    assert any(timer.isActive() for timer in timers)
    dialog.reject()
    assert not any(timer.isActive() for timer in timers)


def test_cancelling_leaves_nothing_and_an_older_file_as_it_was(
    dialog: ExportFilmDialog, opened: Opened, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"older")
    choose(dialog, path, "mp4")
    opened.engine.decode_hold = threading.Event()
    press_export(dialog, qtbot)
    qtbot.waitUntil(lambda: bool(opened.engine.decoded))
    buttons = dialog.findChild(QDialogButtonBox)
    assert buttons is not None
    cancel = buttons.button(QDialogButtonBox.StandardButton.Cancel)
    assert cancel is not None
    qtbot.mouseClick(cancel, Qt.MouseButton.LeftButton)
    opened.engine.decode_hold.set()
    qtbot.waitUntil(export_button(dialog).isEnabled)
    assert dialog.isVisible()
    qtbot.waitUntil(
        lambda: [file.name for file in tmp_path.iterdir() if file.suffix in (".mp4", ".part")] == ["film.mp4"]
    )
    assert path.read_bytes() == b"older"
    assert "exported" not in opened.subjects


def bar_texts(opened: Opened) -> list[str]:
    return [label.text() for label in opened.window.contents.create_page.messages.findChildren(QLabel)]


def test_escape_in_the_middle_lets_the_export_go_on_and_the_file_can_be_copied(
    dialog: ExportFilmDialog, opened: Opened, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "film.gif"
    choose(dialog, path, "gif")
    opened.engine.decode_hold = threading.Event()
    press_export(dialog, qtbot)
    qtbot.waitUntil(lambda: bool(opened.engine.decoded))
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert "The film is being exported" in bar_texts(opened)
    opened.action("Export film…").trigger()
    assert not [found for found in opened.window.findChildren(ExportFilmDialog) if found.isVisible()]
    opened.engine.decode_hold.set()
    qtbot.waitUntil(lambda: "Film saved" in bar_texts(opened))
    assert pictures_in(path) == 6
    copy = opened.child("copyExportButton")
    qtbot.mouseClick(copy, Qt.MouseButton.LeftButton)
    data = QGuiApplication.clipboard().mimeData()
    assert [url.toLocalFile() for url in data.urls()] == [str(path)]
    assert bytes(data.data("image/gif").data()) == path.read_bytes()
    assert "exported" in opened.subjects


def test_an_export_without_its_dialog_is_cancelled_from_the_bar(
    dialog: ExportFilmDialog, opened: Opened, tmp_path: Path, qtbot: QtBot
) -> None:
    choose(dialog, tmp_path / "film.gif", "gif")
    opened.engine.decode_hold = threading.Event()
    press_export(dialog, qtbot)
    qtbot.waitUntil(lambda: bool(opened.engine.decoded))
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.mouseClick(opened.child("cancelExportButton"), Qt.MouseButton.LeftButton)
    opened.engine.decode_hold.set()
    qtbot.waitUntil(lambda: "Export cancelled" in bar_texts(opened))
    assert not list(tmp_path.glob("*.gif"))


def test_a_film_that_plays_there_and_back_tells_its_length_and_about_its_size(
    dialog: ExportFilmDialog, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "film.gif"
    choose(dialog, path, "gif")
    back = dialog.findChild(QCheckBox, "exportBackCheck")
    size = dialog.findChild(QLabel, "exportSize")
    assert back is not None
    assert size is not None
    back.setChecked(True)
    assert summary(dialog).startswith("10 pictures")
    qtbot.waitUntil(lambda: size.text().startswith("about "))
    with qtbot.waitSignal(dialog.exported):
        press_export(dialog, qtbot)
    assert pictures_in(path) == 10


def test_the_window_can_be_closed_in_the_middle(
    dialog: ExportFilmDialog, opened: Opened, tmp_path: Path, qtbot: QtBot
) -> None:
    choose(dialog, tmp_path / "film.mp4", "mp4")
    opened.engine.decode_hold = threading.Event()
    press_export(dialog, qtbot)
    qtbot.waitUntil(lambda: bool(opened.engine.decoded))
    opened.engine.decode_hold.set()
    opened.window.close()
    assert opened.window.ended_in_time
    assert not list(tmp_path.glob("*.mp4"))


def test_what_goes_wrong_is_told_in_the_dialog_and_can_be_tried_again(
    dialog: ExportFilmDialog, opened: Opened, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "file").write_text("in the way")
    choose(dialog, tmp_path / "file" / "film.mp4", "mp4")
    problem = dialog.findChild(QLabel, "exportProblem")
    assert problem is not None
    press_export(dialog, qtbot)
    qtbot.waitUntil(problem.isVisible)
    assert "film.mp4" in problem.text()
    opened.engine.decode_error = ModelMissing("starter")
    choose(dialog, tmp_path / "film.mp4", "mp4")
    press_export(dialog, qtbot)
    qtbot.waitUntil(lambda: problem.isVisible() and "film.mp4" not in problem.text())
    opened.engine.decode_error = None
    with qtbot.waitSignal(dialog.exported):
        press_export(dialog, qtbot)


def test_a_file_that_is_there_is_replaced_only_when_the_button_says_so(
    dialog: ExportFilmDialog, tmp_path: Path
) -> None:
    path_edit(dialog).setText("film.mp4")
    assert not export_button(dialog).isEnabled()
    assert "folder" in summary(dialog)
    (tmp_path / "film.mp4").write_bytes(b"older")
    path_edit(dialog).setText(str(tmp_path / "film"))
    assert export_button(dialog).text() == "Replace"


def test_the_preview_plays_what_will_be_exported(dialog: ExportFilmDialog, qtbot: QtBot, tmp_path: Path) -> None:
    preview = dialog.findChild(ExportPreview)
    assert preview is not None
    choose(dialog, tmp_path / "film.mp4", "mp4", ("denoised", "noisy"))
    qtbot.waitUntil(lambda: len(preview.images) == 6 and preview.images[0].width() > preview.images[0].height())
    choose(dialog, tmp_path / "film.png", "sheet")
    qtbot.waitUntil(lambda: len(preview.images) == 1)
    choose(dialog, tmp_path / "film.png", "sheet", ())
    qtbot.waitUntil(lambda: not preview.images)


def test_the_size_and_length_that_were_told_are_those_of_the_file(
    dialog: ExportFilmDialog, qtbot: QtBot, tmp_path: Path
) -> None:
    choose(dialog, tmp_path / "film.gif", "gif", ("denoised", "noisy", "guidance"))
    qtbot.waitUntil(lambda: "1536" in summary(dialog))
    told = summary(dialog)
    with qtbot.waitSignal(dialog.exported):
        press_export(dialog, qtbot)
    with Image.open(tmp_path / "film.gif") as gif:
        assert f"{gif.width} × {gif.height} pixels, {(6 * 120 + 1500) / 1000:.1f} seconds" in told


def test_the_window_is_free_while_it_exports_and_asking_again_shows_the_same_dialog(
    dialog: ExportFilmDialog, opened: Opened
) -> None:
    assert not dialog.isModal()
    opened.action("Export film…").trigger()
    assert len(opened.window.findChildren(ExportFilmDialog)) == 1


def test_without_a_film_it_is_said_what_to_do(opened: Opened) -> None:
    opened.action("Export film…").trigger()
    assert opened.window.findChild(ExportFilmDialog) is None
    assert "exported" in opened.subjects


def test_at_least_one_view_is_needed(dialog: ExportFilmDialog, tmp_path: Path, qtbot: QtBot) -> None:
    choose(dialog, tmp_path / "film.mp4", "mp4", ())
    button = dialog.findChild(QPushButton, "exportButton")
    assert button is not None
    qtbot.waitUntil(lambda: not button.isEnabled())


def test_the_default_place_is_beside_the_picture(dialog: ExportFilmDialog) -> None:
    edit = dialog.findChild(QLineEdit, "exportPathEdit")
    assert edit is not None
    assert Path(edit.text()).name == "1-film.mp4"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "exe", "views": ["denoised"]}', '{"views": []}'])
def test_unusable_choices_give_the_default(text: str) -> None:
    assert ExportChoices.from_text(text) == ExportChoices()
