"""A picture to begin with: chosen, dropped or pasted; its strength explains itself; what is wrong is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QGuiApplication, QImage, QKeySequence
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.controls.source import SourceControl
from app.session.mask_selection import MaskSelection
from app.session.session import Session
from core.request.request import Mask, Source
from core.request.settings.source import DEFAULT_STRENGTH


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    picture = QImage(60, 40, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.red)
    path = tmp_path / "photo.png"
    assert picture.save(str(path))
    return path


@pytest.fixture
def control(session: Session, qtbot: QtBot, tmp_path: Path) -> SourceControl:
    control = SourceControl(session, MaskSelection(session, tmp_path), tmp_path / "pasted")
    qtbot.addWidget(control)
    control.resize(300, 100)
    control.show()
    qtbot.waitExposed(control)
    assert not control.slider.isVisible()
    assert control.button.text() == "Start from an image…"
    return control


def test_unused_it_takes_one_line(control: SourceControl) -> None:
    assert control.sizeHint().height() <= control.button.sizeHint().height() + 4
    assert not control.thumbnail.isVisible()


def test_a_chosen_picture_shows_itself_and_its_strength(
    control: SourceControl, session: Session, photo: Path, qtbot: QtBot
) -> None:
    session.edit(steps=20)
    control.choose(photo)
    assert session.draft.source == Source(str(photo), 0.6)
    assert control.slider.value() == 60
    assert control.sentence.text() == "0.6: the last 12 of 20 steps are made."
    assert control.button.text() == "photo.png"
    qtbot.waitUntil(control.thumbnail.isVisible)
    assert control.slider.isVisible()


def test_of_two_chosen_one_after_the_other_the_second_is_shown(
    control: SourceControl, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    picture = QImage(60, 40, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.blue)
    assert picture.save(str(tmp_path / "other.png"))
    control.choose(photo)
    assert not control.thumbnail.isVisible()  # read in the background: a large one takes seconds
    control.choose(tmp_path / "other.png")
    qtbot.waitUntil(control.thumbnail.isVisible)
    assert control.thumbnail.pixmap().toImage().pixelColor(5, 5) == Qt.GlobalColor.blue
    control.remove_button.click()
    assert not control.thumbnail.isVisible()


def test_a_long_name_does_not_widen_the_column(control: SourceControl, photo: Path) -> None:
    long = photo.rename(photo.with_name("075237-3952274540-a-lighthouse-by-the-sea-at-sunset.png"))
    control.choose(long)
    assert control.minimumSizeHint().width() < 200
    assert control.button.text() == "075237-3…unset.png"


def test_the_slider_changes_the_strength_and_the_steps_are_counted_anew(
    control: SourceControl, session: Session, photo: Path
) -> None:
    control.choose(photo)
    control.slider.setValue(25)
    assert session.draft.source == Source(str(photo), 0.25)
    session.edit(steps=40)
    assert control.sentence.text() == "0.25: the last 10 of 40 steps are made."
    session.edit(steps=2)
    assert control.sentence.text() == "0.25 of 2 steps leaves none to make: choose more."
    assert control.sentence.property("tone") == "error"


def test_another_picture_keeps_the_strength_and_forgets_the_hash(
    control: SourceControl, session: Session, photo: Path
) -> None:
    session.edit(source=Source("elsewhere.png", 0.3, "0" * 64))
    control.choose(photo)
    assert session.draft.source == Source(str(photo), 0.3)


def test_the_strength_of_a_mask_is_not_that_of_the_next_whole_picture(
    control: SourceControl, session: Session, photo: Path
) -> None:
    """With 1, as painting a mask sets it, nothing of the picture would be left."""
    session.edit(source=Source("elsewhere.png", 1.0), mask=Mask("mask.png"))
    control.choose(photo)
    assert (session.draft.source, session.draft.mask) == (Source(str(photo), DEFAULT_STRENGTH), None)
    session.edit(source=Source("elsewhere.png", 0.3), mask=Mask("mask.png"))
    control.choose(photo)
    assert session.draft.source == Source(str(photo), 0.3)
    session.edit(source=Source("elsewhere.png", 1.0))
    control.choose(photo)
    assert session.draft.source == Source(str(photo), 1.0)


def test_removing_it_goes_back_to_one_line_and_can_be_undone(
    control: SourceControl, session: Session, photo: Path, qtbot: QtBot
) -> None:
    control.choose(photo)
    session.edit(prompt="a house")
    qtbot.mouseClick(control.remove_button, Qt.MouseButton.LeftButton)
    assert session.draft.source is None
    assert not control.slider.isVisible()
    session.draft_editor.undo()
    assert session.draft.source is not None
    assert control.slider.isVisible()


@pytest.mark.parametrize(
    ("path", "words"),
    [("gone.png", "was moved"), ("/gone/gone.png", "was moved"), ("", "do not name")],
)
def test_a_picture_that_is_not_there_is_said_and_never_dropped_silently(
    control: SourceControl, session: Session, path: str, words: str
) -> None:
    session.apply(replace(session.draft, source=Source(path, 0.5)))
    assert session.draft.source == Source(path, 0.5)
    assert words in control.sentence.text()
    assert not control.thumbnail.isVisible()
    assert control.sentence.property("tone") == "error"


def test_a_dropped_file_is_taken_and_other_things_are_not(
    control: SourceControl, session: Session, photo: Path
) -> None:
    for url, is_taken in ((QUrl.fromLocalFile("/x/notes.txt"), False), (QUrl.fromLocalFile(str(photo)), True)):
        data = QMimeData()
        data.setUrls([url])
        place, copy, left = QPoint(5, 5), Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
        enter = QDragEnterEvent(place, copy, data, left, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(control, enter)
        drop = QDropEvent(QPointF(place), copy, data, left, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(control, drop)
        assert (session.draft.source is not None) is is_taken


def test_a_picture_without_a_file_is_pasted_into_one(
    control: SourceControl, session: Session, qtbot: QtBot, photo: Path, tmp_path: Path
) -> None:
    QGuiApplication.clipboard().setImage(QImage(str(photo)))
    control.button.setFocus()
    qtbot.keyClick(control.button, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: session.draft.source is not None)
    source = session.draft.source
    assert source is not None
    assert Path(source.path).parent == tmp_path / "pasted"
    assert QImage(source.path).size() == QImage(str(photo)).size()


def test_pasting_on_the_button_goes_before_the_windows_own_paste(
    control: SourceControl, session: Session, qtbot: QtBot, photo: Path
) -> None:
    heard: list[bool] = []
    command = QAction(control)
    command.setShortcut(QKeySequence.StandardKey.Paste)
    command.triggered.connect(heard.append)
    control.addAction(command)
    QGuiApplication.clipboard().setImage(QImage(str(photo)))
    control.activateWindow()
    control.button.setFocus()
    qtbot.waitUntil(control.button.hasFocus)
    qtbot.keyClick(control.button, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert not heard
    qtbot.waitUntil(lambda: session.draft.source is not None)


def test_a_picture_that_cannot_be_kept_is_told(
    control: SourceControl, session: Session, qtbot: QtBot, photo: Path, tmp_path: Path
) -> None:
    (tmp_path / "pasted").write_bytes(b"a file in the place of the folder")
    QGuiApplication.clipboard().setImage(QImage(str(photo)))
    control.pasting.paste()
    qtbot.waitUntil(lambda: "could not be kept" in control.sentence.text())
    assert session.draft.source is None


def test_a_copied_file_is_pasted_as_it_is(control: SourceControl, session: Session, photo: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(photo))])
    QGuiApplication.clipboard().setMimeData(data)
    control.pasting.paste()
    assert session.draft.source == Source(str(photo), 0.6)
