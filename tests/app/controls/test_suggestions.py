"""Suggestions, the dice, unknown words and completion: only with a model that says what it was taught."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QLabel, QMainWindow, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from app.controls.completion import PAUSE_MS
from app.controls.prompt import PromptControl
from app.controls.suggestions import Suggestions
from app.controls.token_counting import TokenCounting
from app.session.session import Session
from core.models.catalogue import Model
from tests.app.conftest import MakeSession
from tests.core.prompt.test_tokens import write_tokenizer
from tests.fakes import FakeModels, model

WORDS = {
    "words": {
        "object": ["house", "lighthouse"],
        "place": ["by the sea", "in the mountains"],
        "time": ["at sunset", "at night"],
        "colour": ["red"],
    },
    "prompts": ["a red house by the sea at sunset", "a lighthouse at night"],
}


@pytest.fixture
def taught(tmp_path: Path) -> Model:
    folder = tmp_path / "taught"
    folder.mkdir()
    write_tokenizer(folder)
    (folder / "words.json").write_text(json.dumps(WORDS), "utf-8")
    return replace(model(), folder=folder, max_tokens=16)


@pytest.fixture
def session(make_session: MakeSession, taught: Model) -> Session:
    return make_session(models=FakeModels(taught, model("widely-read")))


@pytest.fixture
def prompt(session: Session, qtbot: QtBot) -> PromptControl:
    window = QMainWindow()
    control = PromptControl(session, "prompt", TokenCounting())
    window.setCentralWidget(control)
    window.resize(400, 300)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    control.edit.setFocus()
    qtbot.waitUntil(control.edit.hasFocus)
    control.window_kept = window  # type: ignore[attr-defined]
    return control


def chips(prompt: PromptControl) -> list[QPushButton]:
    return [chip for chip in prompt.findChildren(QPushButton) if chip.isVisible()]


def underlined(prompt: PromptControl) -> list[str]:
    marks = prompt.edit.extraSelections()
    return [mark.cursor.selectedText() for mark in marks]  # pyright: ignore[reportAttributeAccessIssue]


def unknown_words(prompt: PromptControl) -> QLabel:
    label = prompt.findChild(QLabel, "unknownWords")
    assert label is not None
    return label


def write(prompt: PromptControl, text: str) -> None:
    prompt.edit.setPlainText(text)
    prompt.edit.moveCursor(QTextCursor.MoveOperation.End)


def test_a_chip_adds_what_is_not_said_yet_as_one_undo_step(
    prompt: PromptControl, session: Session, qtbot: QtBot
) -> None:
    session.edit(prompt="a red house")
    assert [chip.text() for chip in chips(prompt)] == ["by the sea", "at sunset", "in the mountains", "at night"]
    qtbot.mouseClick(chips(prompt)[1], Qt.MouseButton.LeftButton)
    assert prompt.edit.toPlainText() == "a red house at sunset"
    assert [chip.text() for chip in chips(prompt)] == ["by the sea", "in the mountains"]
    session.draft_editor.undo()
    assert prompt.edit.toPlainText() == "a red house"


def test_chips_that_do_not_fit_are_left_out(prompt: PromptControl, session: Session, qtbot: QtBot) -> None:
    session.edit(prompt="a red house")
    prompt.window().resize(200, 300)
    qtbot.waitUntil(lambda: len(chips(prompt)) == 2)
    assert all(chip.geometry().right() < 200 for chip in chips(prompt))
    prompt.window().resize(500, 300)
    qtbot.waitUntil(lambda: len(chips(prompt)) == 4)


def test_the_dice_throws_another_prompt_that_the_model_understands(
    prompt: PromptControl, session: Session, qtbot: QtBot
) -> None:
    dice = prompt.findChild(QToolButton, "promptDiceButton")
    assert dice is not None
    session.edit(prompt="a lighthouse at night")
    qtbot.mouseClick(dice, Qt.MouseButton.LeftButton)
    assert prompt.edit.toPlainText() == "a red house by the sea at sunset"
    qtbot.mouseClick(dice, Qt.MouseButton.LeftButton)
    assert prompt.edit.toPlainText() == "a lighthouse at night"


def test_words_that_the_model_never_saw_are_marked_and_named(prompt: PromptControl, qtbot: QtBot) -> None:
    write(prompt, "red 🚀 Astronaut")
    assert unknown_words(prompt).text() == "This model doesn’t know “Astronaut”."
    qtbot.waitUntil(lambda: underlined(prompt) == ["Astronaut"])
    write(prompt, "a red house by the sea")
    assert not unknown_words(prompt).isVisible()
    qtbot.waitUntil(lambda: underlined(prompt) == [])


def test_many_unknown_words_are_counted(prompt: PromptControl) -> None:
    write(prompt, "one two three four five one")
    assert unknown_words(prompt).text() == "This model doesn’t know “one”, “two”, “three” and 2 more."


def test_another_model_shows_none_of_this(prompt: PromptControl, session: Session, qtbot: QtBot) -> None:
    session.edit(model="widely-read", prompt="an astronaut")
    suggestions = prompt.findChild(Suggestions)
    assert suggestions is not None
    assert not suggestions.isVisible()
    qtbot.waitUntil(lambda: underlined(prompt) == [])
    qtbot.keyClicks(prompt.edit, " by the se")
    assert prompt.edit.completion.offers == []


def test_a_damaged_list_of_words_is_as_good_as_none(
    prompt: PromptControl, session: Session, taught: Model, make_session: MakeSession, qtbot: QtBot
) -> None:
    (taught.folder / "words.json").write_text("{", "utf-8")
    other = PromptControl(make_session(models=FakeModels(taught)), "prompt", TokenCounting())
    qtbot.addWidget(other)
    other.show()
    assert not any(suggestions.isVisible() for suggestions in other.findChildren(Suggestions))


def test_tab_completes_the_word_and_does_not_repeat_what_stands_before_it(
    prompt: PromptControl, session: Session, qtbot: QtBot
) -> None:
    write(prompt, "🚀 ")
    qtbot.keyClicks(prompt.edit, "a house By the se")
    assert prompt.edit.completion.offers == []
    qtbot.waitUntil(lambda: prompt.edit.completion.offers == ["by the sea"])
    qtbot.keyClick(prompt.edit, Qt.Key.Key_Tab)
    assert session.draft.prompt == "🚀 a house by the sea"
    assert prompt.edit.hasFocus()
    assert prompt.edit.completion.offers == []


def test_the_arrow_keys_choose_and_enter_takes(prompt: PromptControl, session: Session, qtbot: QtBot) -> None:
    write(prompt, "a ")
    qtbot.keyClicks(prompt.edit, "hous")
    qtbot.waitUntil(lambda: prompt.edit.completion.offers == ["house"])
    popup = prompt.edit.completion.popup
    qtbot.keyClick(popup, Qt.Key.Key_Down)
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert session.draft.prompt == "a house"


def test_enter_without_a_choice_is_a_new_line(prompt: PromptControl, session: Session, qtbot: QtBot) -> None:
    write(prompt, "a ")
    qtbot.keyClicks(prompt.edit, "hous")
    qtbot.waitUntil(lambda: bool(prompt.edit.completion.offers))
    qtbot.keyClick(prompt.edit, Qt.Key.Key_Return)
    assert session.draft.prompt == "a hous\n"
    assert prompt.edit.completion.offers == []


def test_nothing_is_offered_inside_a_word_or_for_a_whole_one(prompt: PromptControl, qtbot: QtBot) -> None:
    write(prompt, "")
    qtbot.keyClicks(prompt.edit, "red")
    qtbot.wait(PAUSE_MS + 100)
    assert prompt.edit.completion.offers == []
    write(prompt, "use")
    prompt.edit.moveCursor(QTextCursor.MoveOperation.Start)
    qtbot.keyClicks(prompt.edit, "ho")
    qtbot.wait(PAUSE_MS + 100)
    assert prompt.edit.completion.offers == []


def test_words_that_run_right_to_left_do_not_reorder_the_sentence(prompt: PromptControl) -> None:
    write(prompt, "بيت red zebra")
    assert unknown_words(prompt).text() == "This model doesn’t know “\u2068بيت\u2069”, “zebra”."
