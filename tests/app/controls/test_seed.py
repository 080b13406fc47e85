"""The seed: random or kept, seen, copied."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QValidator
from PySide6.QtWidgets import QLabel, QToolButton
from pytestqt.qtbot import QtBot

from app.controls.seed import SeedControl, SeedValidator
from app.session.run import RunState
from app.session.session import Session
from core.request.request import LARGEST_SEED


@pytest.fixture
def control(session: Session, qtbot: QtBot) -> SeedControl:
    control = SeedControl(session)
    qtbot.addWidget(control)
    return control


def note(control: SeedControl) -> str:
    return control.findChildren(QLabel)[1].text()


def click(button: QToolButton, qtbot: QtBot) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def run_once(session: Session, qtbot: QtBot) -> None:
    session.generate()
    qtbot.waitUntil(lambda: session.state is RunState.idle)


def test_it_is_random_each_time_at_first(control: SeedControl, edits: Callable[[], int]):
    assert control.edit.text() == ""
    assert control.edit.placeholderText() == "random"
    assert note(control) == "random each time"
    assert not control.keep_button.isChecked()
    assert not control.copy_button.isEnabled()
    assert edits() == 0


def test_a_typed_seed_is_kept_and_an_emptied_line_is_random_again(
    control: SeedControl, session: Session, qtbot: QtBot
):
    qtbot.keyClicks(control.edit, "42")
    assert session.draft.seed == 42
    assert control.keep_button.isChecked()
    assert note(control) == "locked"
    control.edit.selectAll()
    qtbot.keyClick(control.edit, Qt.Key.Key_Delete)
    assert session.draft.seed is None


def test_the_full_range_of_64_bits_can_be_typed_and_no_more(control: SeedControl, session: Session, qtbot: QtBot):
    qtbot.keyClicks(control.edit, str(LARGEST_SEED) + "0")
    assert session.draft.seed == LARGEST_SEED
    control.edit.clear()
    qtbot.keyClicks(control.edit, str(LARGEST_SEED + 1))
    assert session.draft.seed == (LARGEST_SEED + 1) // 10


@pytest.mark.parametrize("text", ["-1", "1.5", "abc", "1 2", "٣", "²", "0x10", "9" * 5000])
def test_what_is_no_seed_cannot_be_typed(qtbot: QtBot, text: str):
    assert SeedValidator().validate(text, 0)[0] is QValidator.State.Invalid


def test_spaces_around_a_pasted_seed_are_dropped(control: SeedControl, session: Session):
    QGuiApplication.clipboard().setText(" 123 \n")
    control.edit.paste()
    assert session.draft.seed == 123


def test_the_used_seed_is_shown_and_can_be_kept_and_let_go(control: SeedControl, session: Session, qtbot: QtBot):
    run_once(session, qtbot)
    assert control.edit.placeholderText() == "random (last: 42)"
    click(control.keep_button, qtbot)
    assert session.draft.seed == 42
    assert control.edit.text() == "42"
    click(control.keep_button, qtbot)
    assert session.draft.seed is None
    assert control.edit.text() == ""


def test_keeping_before_any_run_throws_the_dice(control: SeedControl, session: Session, qtbot: QtBot):
    click(control.keep_button, qtbot)
    assert session.draft.seed is not None
    assert control.keep_button.isChecked()


def test_the_dice_give_another_seed_each_time(control: SeedControl, session: Session, qtbot: QtBot):
    seeds: set[int | None] = set()
    for _ in range(5):
        click(control.dice_button, qtbot)
        seeds.add(session.draft.seed)
    assert len(seeds) == 5
    assert control.edit.text() == str(session.draft.seed)


def test_copy_takes_the_seed_of_the_draft_or_the_used_one(control: SeedControl, session: Session, qtbot: QtBot):
    run_once(session, qtbot)
    click(control.copy_button, qtbot)
    assert QGuiApplication.clipboard().text() == "42"
    session.edit(seed=LARGEST_SEED)
    click(control.copy_button, qtbot)
    assert QGuiApplication.clipboard().text() == str(LARGEST_SEED)


def test_it_follows_undo(control: SeedControl, session: Session):
    session.edit(seed=7)
    assert control.edit.text() == "7"
    session.draft_editor.undo()
    assert control.edit.text() == ""
