"""Ctrl+Z on Create takes back settings and what was done to pictures there, in their order."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QUndoCommand, QUndoStack
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.create.page_undo import PageUndo
from app.session.session import Session
from tests.app.conftest import MakeSession


class Change(QUndoCommand):
    """A change of pictures that notes what becomes of it."""

    def __init__(self, name: str, log: list[str]) -> None:
        super().__init__(name)
        self._log = log

    def undo(self) -> None:
        self._log.append(f"-{self.text()}")

    def redo(self) -> None:
        self._log.append(f"+{self.text()}")


@pytest.fixture
def page(qtbot: QtBot) -> QWidget:
    page = QWidget()
    qtbot.addWidget(page)
    page.show()
    return page


@pytest.fixture
def session(make_session: MakeSession) -> Session:
    return make_session()


@pytest.fixture
def undo(session: Session, page: QWidget) -> PageUndo:
    return PageUndo(session.draft_editor, page)


def test_settings_and_pictures_are_taken_back_in_their_order(session: Session, undo: PageUndo) -> None:
    log: list[str] = []
    stack = QUndoStack(undo)
    session.edit(steps=7)
    undo.follow(stack)
    stack.push(Change("deleting", log))
    session.edit(steps=9)
    assert (undo.can_undo, undo.undo_text) == (True, "")
    undo.undo()
    assert (session.draft.steps, undo.undo_text) == (7, "deleting")
    undo.undo()
    assert log == ["+deleting", "-deleting"]
    assert (session.draft.steps, undo.redo_text) == (7, "deleting")
    undo.undo()
    assert session.draft.steps != 7
    assert not undo.can_undo
    for _ in range(3):
        undo.redo()
    assert session.draft.steps == 9
    assert log[-1] == "+deleting"
    assert not undo.can_redo


def test_what_was_done_in_the_gallery_stays_there(session: Session, undo: PageUndo, page: QWidget) -> None:
    log: list[str] = []
    stack = QUndoStack(undo)
    undo.follow(stack)
    session.edit(steps=7)
    stack.push(Change("rating", log))
    page.hide()
    stack.push(Change("moving", log))
    page.show()
    undo.undo()  # the rating is below the move now: taking it back would take back the move
    assert log == ["+rating", "+moving"]
    assert session.draft.steps != 7


def test_settings_taken_back_by_a_button_are_not_taken_back_twice(session: Session, undo: PageUndo) -> None:
    session.edit(steps=7)
    session.draft_editor.end_step()
    session.edit(steps=9)
    session.draft_editor.undo()
    undo.undo()
    assert session.draft.steps != 7
    assert not undo.can_undo
