from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QDialog, QFileDialog, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.canvas.picture_actions import PictureAction
from app.gallery.file_mover import PatternDialog
from tests.app.gallery.conftest import OpenGallery

AddPicture = Callable[..., Path]


def dialog_of(gallery: OpenGallery, qtbot: QtBot) -> QDialog:
    qtbot.waitUntil(lambda: gallery.window.findChild(QDialog) is not None)
    dialog = gallery.window.findChild(QDialog)
    assert dialog is not None
    return dialog


def typed_name(gallery: OpenGallery, qtbot: QtBot, name: str) -> tuple[QDialog, QPushButton]:
    gallery.press("F2")
    dialog = dialog_of(gallery, qtbot)
    edit, button = dialog.findChild(QLineEdit, "renameEdit"), dialog.findChild(QPushButton, "renameButton")
    assert edit is not None
    assert button is not None
    edit.setText(name)
    return dialog, button


def test_a_picture_is_renamed_with_its_marks_and_undo_takes_it_back(
    gallery: OpenGallery, add_picture: AddPicture, qtbot: QtBot
) -> None:
    path = add_picture("a.png")
    gallery.open()
    gallery.wait_for_rows(1)
    gallery.choose(0)
    gallery.press("4")
    gallery.wait_for(lambda: gallery.known(0).rating == 4)
    _, button = typed_name(gallery, qtbot, "lighthouse")
    button.click()
    gallery.wait_for(lambda: gallery.known(0).path.name == "lighthouse.png")
    assert gallery.known(0).rating == 4
    assert not path.exists()
    gallery.click("undoMoveButton")
    gallery.wait_for(lambda: gallery.known(0).path == path)
    assert path.exists()
    assert gallery.known(0).rating == 4


def test_a_name_that_no_system_takes_cannot_be_chosen(
    gallery: OpenGallery, add_picture: AddPicture, qtbot: QtBot
) -> None:
    add_picture("a.png")
    gallery.open()
    gallery.wait_for_rows(1)
    gallery.choose(0)
    dialog, button = typed_name(gallery, qtbot, "../CON")
    words = dialog.findChild(QLabel, "renameWords")
    assert words is not None
    assert "Windows keeps for itself" in words.text()
    assert not button.isEnabled()
    dialog.reject()


def test_chosen_pictures_are_moved_to_a_folder(
    gallery: OpenGallery, add_picture: AddPicture, qtbot: QtBot
) -> None:
    paths = [add_picture(f"{number}.png", day=-number) for number in range(3)]
    target = paths[0].parent / "best"
    target.mkdir()
    gallery.open()
    gallery.wait_for_rows(3)
    gallery.choose(0, 1)
    gallery.commands.do(PictureAction.move)
    dialog = dialog_of(gallery, qtbot)
    assert isinstance(dialog, QFileDialog)
    dialog.filesSelected.emit([str(target)])
    dialog.reject()
    gallery.wait_for(lambda: all((target / path.name).exists() for path in paths[:2]))
    gallery.settle()
    gallery.wait_for(lambda: {gallery.known(row).path.parent for row in (0, 1)} == {target})
    assert gallery.known(2).path == paths[2]


def test_a_folder_outside_the_library_is_refused(
    gallery: OpenGallery, add_picture: AddPicture, tmp_path: Path, qtbot: QtBot
) -> None:
    path = add_picture("a.png")
    gallery.open()
    gallery.wait_for_rows(1)
    with qtbot.waitSignal(gallery.page.service.failed):
        gallery.page.service.move((gallery.known(0).id,), tmp_path / "elsewhere")
    assert path.exists()


def test_several_pictures_are_renamed_by_a_pattern_and_undo_takes_all_back(
    gallery: OpenGallery, add_picture: AddPicture
) -> None:
    for number, name in enumerate(("a.png", "b.png")):
        add_picture(name, "a red house", day=number)
    gallery.open()
    gallery.wait_for_rows(2)
    gallery.choose(0, 1)
    gallery.press("F2")
    dialog = gallery.window.findChild(PatternDialog)
    assert dialog is not None
    dialog.pattern.setText("{colour}")
    assert not dialog.accept_button.isEnabled()
    dialog.pattern.setText("{number} {prompt}")
    dialog.accept_button.click()
    names = {"001 a-red-house.png", "002 a-red-house.png"}
    gallery.wait_for(lambda: {gallery.known(row).path.name for row in range(2)} == names)
    gallery.commands.undo.stack.undo()
    gallery.wait_for(lambda: {gallery.known(row).path.name for row in range(2)} == {"a.png", "b.png"})
