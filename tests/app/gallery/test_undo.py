"""Deletions, marks and moves are undone and done again, in their order, as long as the program runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from core.gallery.marks import MarkChange
from tests.app.gallery.conftest import OpenGallery, folders
from tests.app.windows import Opener, open_window

__all__ = ["folders", "open_window"]

AddPicture = Callable[..., Path]


def test_everything_goes_back_and_forth_through_deleting_and_renaming(
    gallery: OpenGallery, add_picture: AddPicture
) -> None:
    path = add_picture("a.png")
    gallery.open()
    gallery.wait_for_rows(1)
    stack = gallery.commands.undo.stack
    gallery.choose(0)
    gallery.press("4")
    gallery.wait_for(lambda: gallery.known(0).rating == 4)
    gallery.page.service.mark((gallery.known(0).id,), MarkChange(add_tags=("sea",), note="mine"))
    gallery.wait_for(lambda: gallery.known(0).note == "mine")
    gallery.page.service.rename(gallery.known(0).id, "b")
    gallery.wait_for(lambda: stack.count() == 3)
    gallery.page.service.delete((gallery.known(0).id,))
    gallery.wait_for_rows(0)
    assert [stack.text(place) for place in range(4)] == ["rating", "marking", "renaming", "deleting"]
    for _ in range(4):  # at once: they are carried out one after the other
        stack.undo()
    gallery.wait_for_rows(1)
    gallery.wait_for(lambda: (gallery.known(0).path, gallery.known(0).rating) == (path, 0))
    assert gallery.known(0).note == ""
    for _ in range(3):
        stack.redo()
    gallery.wait_for(lambda: gallery.known(0).path.name == "b.png")
    gallery.wait_for(lambda: (gallery.known(0).rating, gallery.known(0).note) == (4, "mine"))
    for _ in range(2):
        stack.redo()
        gallery.wait_for_rows(0)
        stack.undo()
        gallery.wait_for_rows(1)
    assert gallery.known(0).note == "mine"
    assert stack.count() == 4


def test_a_mark_that_changes_nothing_is_no_step(gallery: OpenGallery, add_picture: AddPicture) -> None:
    add_picture("a.png")
    gallery.open()
    gallery.wait_for_rows(1)
    gallery.choose(0)
    gallery.press("0")
    gallery.press("3")
    gallery.wait_for(lambda: gallery.known(0).rating == 3)
    assert gallery.commands.undo.stack.count() == 1


def test_a_bar_goes_with_the_next_change_since_its_button_undoes_the_newest(
    gallery: OpenGallery, add_picture: AddPicture
) -> None:
    for day in range(2):
        add_picture(f"{day}.png", day=day)
    gallery.open()
    gallery.wait_for_rows(2)
    gallery.choose(0)
    gallery.press("Del")
    gallery.wait_for_rows(1)
    gallery.wait_for(lambda: "deleted" in gallery.page.messages.subjects())
    gallery.choose(0)
    gallery.press("5")
    gallery.wait_for(lambda: "deleted" not in gallery.page.messages.subjects())


def test_a_picture_that_a_button_took_back_is_not_taken_back_twice(
    gallery: OpenGallery, add_picture: AddPicture, qtbot: QtBot
) -> None:
    add_picture("a.png")
    gallery.open()
    gallery.wait_for_rows(1)
    service = gallery.page.service
    service.deleted.connect(service.restore)  # as the bar on the page Create does
    gallery.choose(0)
    with qtbot.waitSignal(service.undone):
        gallery.press("Del")
    gallery.wait_for_rows(1)
    service.deleted.disconnect(service.restore)
    gallery.commands.undo.stack.undo()
    gallery.choose(0)
    gallery.press("2")
    gallery.wait_for(lambda: gallery.known(0).rating == 2)
    assert "failed" not in gallery.page.messages.subjects()


def test_the_keys_undo_what_the_shown_page_did_and_a_text_field_keeps_its_own(
    open_window: Opener, qtbot: QtBot
) -> None:
    opened = open_window(saves=True)
    window, session = opened.window, opened.window.session
    session.edit(steps=7)
    before = session.draft.steps
    session.generate()
    qtbot.waitSignal(session.picture_saved).wait()
    window.contents.places.show_page(window.contents.gallery)
    page = window.contents.gallery.widget
    qtbot.waitUntil(lambda: page.pictures.rowCount() == 1 and page.pictures.picture(0) is not None)
    page.grid.select_rows([0], 0)
    QTest.keyClick(page.grid, Qt.Key.Key_3)
    qtbot.waitUntil(lambda: any(action.text() == "Undo rating" for action in window.actions()))
    window.activateWindow()
    tags = page.inspector.marks.tag_edit
    tags.setFocus()
    QTest.keyClicks(tags, "sea")
    QTest.keySequence(tags, QKeySequence("Ctrl+Z"))
    assert tags.text() == ""
    assert opened.action("Undo rating").isEnabled()
    page.grid.setFocus()
    QTest.keySequence(page.grid, QKeySequence("Ctrl+Z"))
    qtbot.waitUntil(lambda: any(action.text() == "Redo rating" for action in window.actions()))
    assert session.draft.steps == before
