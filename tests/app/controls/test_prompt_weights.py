"""Weights in the prompt's field: their tint, and the keys that change them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.controls.prompt import PromptControl
from app.session.session import Session
from tests.app.controls.test_prompt import prompt, window

__all__ = ["prompt", "window"]


def test_weights_are_tinted_and_an_open_bracket_is_told(prompt: PromptControl, session: Session, qtbot: QtBot):
    session.edit(prompt="🏠 a (red:1.5) house, (sea " + "the " * 14)
    qtbot.waitUntil(lambda: prompt.edit.marks.marked.weights != ())
    marked = prompt.edit.marks.marked
    assert marked.weights[0] == (5, 8, 1.5)
    assert (marked.unclosed, len(marked.borders)) == ((21,), 2)
    tinted, *_ = prompt.edit.extraSelections()
    assert tinted.cursor.selectedText() == "red"  # pyright: ignore[reportAttributeAccessIssue]
    line = prompt.findChild(QLabel, "plainWords")
    assert line is not None
    assert line.text().startswith("A bracket is never closed")
    prompt.edit.grab()


def test_ctrl_up_and_down_change_the_weight_of_the_word(prompt: PromptControl, session: Session, qtbot: QtBot):
    session.edit(prompt="🏠 red house")
    cursor = prompt.edit.textCursor()
    cursor.setPosition(5)
    prompt.edit.setTextCursor(cursor)
    control = Qt.KeyboardModifier.ControlModifier
    for key, text in (
        (Qt.Key.Key_Up, "🏠 (red:1.1) house"),
        (Qt.Key.Key_Up, "🏠 (red:1.2) house"),
        (Qt.Key.Key_Down, "🏠 (red:1.1) house"),
        (Qt.Key.Key_Down, "🏠 red house"),
        (Qt.Key.Key_Down, "🏠 (red:0.9) house"),
    ):
        qtbot.keyClick(prompt.edit, key, control)
        assert session.draft.prompt == prompt.edit.toPlainText() == text
        assert prompt.edit.textCursor().selectedText() == "red"
    session.draft_editor.undo()
    assert "0.9" not in session.draft.prompt
