"""Weights in the prompt's field: their tint, and the keys that change them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.controls.choice import ChoiceControl
from app.controls.prompt import PromptControl
from app.controls.table import ROWS
from app.session.lora_selection import AvailableLoras
from app.session.session import Session
from app.widgets.building import vbox
from core.embeddings.file import EmbeddingFile
from core.lora.file import LoraFile
from core.lora.library import FoundLora
from core.lora.usage import LoraUsage
from core.models.catalogue import Model
from tests.app.conftest import MakeSession
from tests.app.controls.test_prompt import prompt, wait_for_note, window
from tests.fakes import FakeModels

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


def test_names_of_embeddings_and_loras_are_offered_and_counted(
    prompt: PromptControl, session: Session, known: Model, qtbot: QtBot
):
    soft = EmbeddingFile(Path("soft.safetensors"), "Soft-Light", 5, ("a",), (768,))
    other = replace(soft, name="soften", widths=(1024,))
    file = LoraFile(Path("ink"), "ink", "", LoraUsage.of(1, ()), "a LoRA")
    ink = FoundLora(Path("ink.safetensors"), "ink", file)
    session.loras.at_hand = AvailableLoras((ink,), (soft, other), {known.key: soft.made_for})
    session.loras.changed.emit()
    assert prompt.edit.completion.names == ("Soft-Light", "<lora:ink:1>")
    session.edit(prompt="sea Soft-Light")
    wait_for_note(qtbot, prompt, "6 / 14 tokens")
    prompt.edit.setPlainText("")
    prompt.edit.show()
    prompt.edit.setFocus()
    for typed, offer in (("(so", "Soft-Light"), (" <lora", "<lora:ink:1>")):
        qtbot.keyClicks(prompt.edit, typed)
        assert prompt.edit.completion._fitting() == (offer,)  # pyright: ignore[reportPrivateUsage]
        prompt.edit.completion._take(offer)  # pyright: ignore[reportPrivateUsage]
    assert prompt.edit.toPlainText() == "(Soft-Light <lora:ink:1>"


def test_the_emphasis_is_asked_for_where_a_prompt_has_brackets(
    make_session: MakeSession, known: Model, qtbot: QtBot
):
    limits = replace(known.limits, optional_settings=("emphasis",))
    sentences = replace(known, key="sentences", family="z_image")
    session = make_session(models=FakeModels(replace(known, limits=limits), sentences))
    panel = QWidget()
    qtbot.addWidget(panel)
    make = next(row["emphasis"] for row in ROWS if "emphasis" in row)
    control = make(SimpleNamespace(session=session))  # pyright: ignore[reportArgumentType]
    assert isinstance(control, ChoiceControl)
    vbox(control, on=panel)
    panel.show()
    session.edit(prompt="a red house")
    assert not control.isVisible()
    session.edit(prompt="a (red:1.3) house")
    assert control.isVisible()
    control.combo.setCurrentIndex(1)
    control.combo.activated.emit(1)
    assert session.draft.emphasis == "no_norm"
    session.edit(model="sentences")
    assert not control.isVisible()
    assert session.draft.emphasis == "original"


def test_parts_are_counted_in_a_quiet_line(prompt: PromptControl, session: Session, qtbot: QtBot):
    line = prompt.findChild(QLabel, "plainWords")
    assert line is not None
    session.edit(prompt="rock AND roll")
    qtbot.waitUntil(lambda: line.text().startswith("2 parts with AND"))
    session.edit(prompt="rock and roll")
    qtbot.waitUntil(line.isHidden)


def test_without_emphasis_brackets_are_text(prompt: PromptControl, session: Session, qtbot: QtBot):
    session.edit(prompt="(sea:1.2) (")
    wait_for_note(qtbot, prompt, "1 / 14 tokens")
    assert prompt.edit.marks.marked.weights
    session.edit(emphasis="none")
    wait_for_note(qtbot, prompt, "8 / 14 tokens")
    assert (prompt.edit.marks.marked.weights, prompt.edit.marks.marked.unclosed) == ((), ())
