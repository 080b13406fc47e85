"""The prompts: typing, history, keys, token count and what the model ignores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QAction, QKeySequence, QTextCursor
from PySide6.QtWidgets import QLabel, QMainWindow, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.controls.prompt import PromptControl
from app.controls.token_counting import TokenCounting
from app.session.run import RunState
from app.session.session import Session
from app.widgets.drag_handle import DragHandle
from core.models.catalogue import Model
from tests.app.conftest import MakeSession
from tests.fakes import FakeModels

Edits = Callable[[], int]


@pytest.fixture
def window(qtbot: QtBot) -> QMainWindow:
    window = QMainWindow()
    qtbot.addWidget(window)
    centre = QWidget()
    window.setCentralWidget(centre)
    QVBoxLayout(centre)
    return window


def add(control: QWidget, window: QMainWindow) -> None:
    layout = window.centralWidget().layout()  # pyright: ignore[reportOptionalMemberAccess]
    assert isinstance(layout, QVBoxLayout)
    layout.addWidget(control)


@pytest.fixture
def prompt(session: Session, window: QMainWindow) -> PromptControl:
    control = PromptControl(session, "prompt", TokenCounting())
    add(control, window)
    return control


@pytest.fixture
def negative(session: Session, window: QMainWindow) -> PromptControl:
    control = PromptControl(session, "negative_prompt", TokenCounting())
    add(control, window)
    return control


def note(control: PromptControl) -> str:
    return control.findChildren(QLabel)[1].text()


def wait_for_note(qtbot: QtBot, control: PromptControl, text: str) -> None:
    qtbot.waitUntil(lambda: note(control) == text)


def struck_out(control: PromptControl) -> str:
    marks = control.edit.extraSelections()
    selections = [mark for mark in marks if mark.format.fontStrikeOut()]  # pyright: ignore[reportAttributeAccessIssue]
    return selections[0].cursor.selectedText() if selections else ""  # pyright: ignore[reportAttributeAccessIssue]


def test_it_shows_the_draft_at_first(prompt: PromptControl, edits: Edits):
    assert prompt.edit.toPlainText() == "a red house"
    assert edits() == 0


def test_typing_edits_the_draft_and_is_one_undo_step(prompt: PromptControl, session: Session, qtbot: QtBot):
    prompt.edit.clear()
    qtbot.keyClicks(prompt.edit, "the sea")
    assert session.draft.prompt == "the sea"
    assert prompt.edit.toPlainText() == "the sea"
    session.draft_editor.undo()
    assert prompt.edit.toPlainText() == "a red house"
    assert not session.draft_editor.can_undo


def test_typing_in_the_middle_keeps_the_cursor_there(prompt: PromptControl, qtbot: QtBot):
    prompt.edit.moveCursor(QTextCursor.MoveOperation.Start)
    qtbot.keyClicks(prompt.edit, "x y ")
    assert prompt.edit.toPlainText() == "x y a red house"
    assert prompt.edit.textCursor().position() == 4


def test_undo_puts_the_cursor_where_the_text_changed(prompt: PromptControl, session: Session):
    session.edit(prompt="a big red house")
    assert prompt.edit.textCursor().position() == len("a big")
    session.draft_editor.undo()
    assert prompt.edit.toPlainText() == "a red house"


def test_the_two_prompts_do_not_mix(negative: PromptControl, session: Session, qtbot: QtBot):
    qtbot.keyClicks(negative.edit, "blurry")
    assert session.draft.negative_prompt == "blurry"
    assert session.draft.prompt == "a red house"


def test_control_enter_generates_from_inside(prompt: PromptControl, session: Session, qtbot: QtBot):
    qtbot.keyClick(prompt.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert session.state is RunState.running
    assert prompt.edit.toPlainText() == "a red house"
    qtbot.waitUntil(lambda: session.state is RunState.idle)


def test_enter_alone_is_a_new_line(prompt: PromptControl, session: Session, qtbot: QtBot):
    prompt.edit.moveCursor(QTextCursor.MoveOperation.End)
    qtbot.keyClick(prompt.edit, Qt.Key.Key_Return)
    assert session.draft.prompt == "a red house\n"


def test_tab_leaves_the_field(prompt: PromptControl, negative: PromptControl, window: QMainWindow, qtbot: QtBot):
    window.show()
    qtbot.waitExposed(window)
    prompt.edit.setFocus()
    qtbot.waitUntil(prompt.edit.hasFocus)
    qtbot.keyClick(prompt.edit, Qt.Key.Key_Tab)
    assert negative.edit.hasFocus()
    assert prompt.edit.toPlainText() == "a red house"


def test_undo_and_redo_keys_are_the_sessions(prompt: PromptControl, session: Session, qtbot: QtBot):
    session.edit(steps=5)
    qtbot.keyClick(prompt.edit, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert session.draft.steps == 20
    redo = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(prompt.edit, Qt.Key.Key_Z, redo)
    assert session.draft.steps == 5


def test_the_windows_actions_get_their_keys_once(
    prompt: PromptControl, window: QMainWindow, session: Session, qtbot: QtBot
):
    triggered: list[str] = []
    for name, keys in (("undo", "Ctrl+Z"), ("generate", "Ctrl+Return")):
        action = QAction(name, window)
        action.setShortcut(QKeySequence(keys))
        action.triggered.connect(partial(triggered.append, name))
        window.addAction(action)
    window.show()
    qtbot.waitExposed(window)
    prompt.edit.setFocus()
    qtbot.waitUntil(prompt.edit.hasFocus)
    session.edit(steps=5)
    for key in (Qt.Key.Key_Z, Qt.Key.Key_Return):
        qtbot.keyClick(window.windowHandle(), key, Qt.KeyboardModifier.ControlModifier)
    assert triggered == ["undo", "generate"]
    assert session.draft.steps == 5
    assert session.state is RunState.idle


def test_line_ends_of_other_systems_do_not_edit_the_draft(prompt: PromptControl, session: Session, edits: Edits):
    session.edit(prompt="one\r\ntwo\u2029three")
    assert edits() == 1
    assert session.draft.prompt == "one\r\ntwo\u2029three"


def test_markup_stays_plain_text(prompt: PromptControl, session: Session):
    session.edit(prompt="<b>bold</b> &amp; <img src=x>")
    assert prompt.edit.toPlainText() == "<b>bold</b> &amp; <img src=x>"


def test_files_are_left_to_the_window(prompt: PromptControl):
    files = QMimeData()
    files.setUrls([QUrl.fromLocalFile("picture.png")])
    text = QMimeData()
    text.setText("words")
    assert not prompt.edit.canInsertFromMimeData(files)
    assert prompt.edit.canInsertFromMimeData(text)


def test_tokens_are_counted_while_typing(prompt: PromptControl, qtbot: QtBot):
    prompt.edit.clear()
    wait_for_note(qtbot, prompt, "")
    qtbot.keyClicks(prompt.edit, "the red sea")
    wait_for_note(qtbot, prompt, "3 / 14 tokens")


@pytest.fixture
def unchunked(make_session: MakeSession, known: Model, window: QMainWindow) -> tuple[PromptControl, Session]:
    """Returns the prompt for a family that reads no chunks, and so no more than its encoder does at once."""
    session = make_session(models=FakeModels(replace(known, family="made_up")))
    control = PromptControl(session, "prompt", TokenCounting())
    add(control, window)
    return control, session


def test_a_long_prompt_is_counted_in_chunks(prompt: PromptControl, session: Session, qtbot: QtBot):
    session.edit(prompt="(sea:1.2) " * 14 + "the red house")
    wait_for_note(qtbot, prompt, "17 / 28 tokens")
    assert struck_out(prompt) == ""


def test_what_the_model_ignores_is_struck_out(unchunked: tuple[PromptControl, Session], qtbot: QtBot):
    prompt, session = unchunked
    session.edit(prompt="sea " * 14 + "the red house")
    wait_for_note(qtbot, prompt, "17 / 14 tokens: the struck-through part is ignored")
    assert struck_out(prompt) == " the red house"
    session.edit(prompt="the sea")
    wait_for_note(qtbot, prompt, "2 / 14 tokens")
    assert struck_out(prompt) == ""


def test_emoji_do_not_shift_what_is_struck_out(unchunked: tuple[PromptControl, Session], qtbot: QtBot):
    prompt, session = unchunked
    session.edit(prompt="🏠 " + "sea " * 10 + "the red house")
    wait_for_note(qtbot, prompt, "17 / 14 tokens: the struck-through part is ignored")
    assert struck_out(prompt) == " the red house"


def test_another_model_is_counted_by_its_own_tokenizer(prompt: PromptControl, session: Session, qtbot: QtBot):
    wait_for_note(qtbot, prompt, "3 / 14 tokens")
    session.edit(model="fast-model")
    wait_for_note(qtbot, prompt, "")
    session.edit(model="starter-model")
    wait_for_note(qtbot, prompt, "3 / 14 tokens")


def test_a_pasted_book_is_counted_in_a_moment(prompt: PromptControl, session: Session, qtbot: QtBot):
    session.edit(prompt="sea " * 100_000)
    wait_for_note(qtbot, prompt, "5000+ / 5012 tokens")
    assert prompt.edit.toPlainText() == session.draft.prompt


def test_the_negative_prompt_says_when_it_has_no_effect(negative: PromptControl, session: Session, qtbot: QtBot):
    session.edit(negative_prompt="sea", guidance_scale=1.0)
    wait_for_note(qtbot, negative, "no effect: guidance is off")
    session.edit(guidance_scale=4.0)
    wait_for_note(qtbot, negative, "1 / 14 tokens")


def test_each_line_has_the_direction_of_its_first_letter(prompt: PromptControl, session: Session):
    session.edit(prompt="a house\nبيت أحمر, red\n(بيت")
    lines = [prompt.edit.document().findBlockByNumber(number) for number in range(3)]
    right = Qt.LayoutDirection.RightToLeft
    assert [line.textDirection() is right for line in lines] == [False, True, True]


def test_the_field_is_as_high_as_its_text_up_to_a_limit(
    prompt: PromptControl, window: QMainWindow, session: Session, qtbot: QtBot
):
    window.show()
    qtbot.waitExposed(window)
    low = prompt.edit.height()
    session.edit(prompt="\n".join("abcdefgh"))
    higher = prompt.edit.height()
    assert higher > low
    assert not prompt.edit.verticalScrollBar().maximum()
    session.edit(prompt="house " * 2000)
    assert higher < prompt.edit.height() < 3 * higher
    session.edit(prompt="a red house")
    assert prompt.edit.height() == low


def test_a_height_that_was_dragged_stays_until_a_double_click(prompt: PromptControl, session: Session):
    handle = prompt.findChild(DragHandle)
    assert handle is not None
    low = prompt.edit.height()
    handle.dragged.emit(low + 100)
    session.edit(prompt="another house")
    assert prompt.edit.height() == low + 100
    handle.released.emit()
    assert prompt.edit.height() == low


def test_syntax_of_other_programs_is_named_in_a_quiet_line(prompt: PromptControl, session: Session, qtbot: QtBot):
    line = prompt.findChild(QLabel, "plainWords")
    assert line is not None
    assert line.isHidden()
    session.edit(prompt="a red++ house, {red} sea")
    qtbot.waitUntil(lambda: not line.isHidden())
    assert line.text() == "Read as plain words here: “red++” (weight)"
    session.edit(prompt="a red house")
    qtbot.waitUntil(line.isHidden)


@pytest.mark.parametrize(("text", "is_right"), [("قارب شراعي", True), ("a sailboat", False), ("", False)])
def test_a_text_begins_at_the_side_that_it_is_read_from(
    prompt: PromptControl, session: Session, window: QMainWindow, qtbot: QtBot, text: str, is_right: bool
) -> None:
    window.show()  # only then has a line its width
    qtbot.waitExposed(window)
    for one in ("a house" if is_right else "סירה", text):
        session.edit(prompt=one)
    line = prompt.edit.document().firstBlock().layout().lineAt(0)
    assert (line.naturalTextRect().left() > line.width() / 4) is is_right
