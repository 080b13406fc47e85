"""The row of a prompt that is drawn: it shows draws, takes one, queues all, and gives a template back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.controls.prompt import PromptControl
from app.controls.token_counting import TokenCounting
from app.controls.variants import MOST_COMBINATIONS, SHOWN_DRAWS, VariantsRow
from app.session.session import Session
from core.models.catalogue import Model
from core.prompt.drawing import draw
from core.request.request import GenerationRequest
from core.runs.operations import Generate
from core.wildcards.library import WildcardLibrary
from tests.app.conftest import MakeSession
from tests.fakes import FakeModels

MakeLibrary = Callable[[], WildcardLibrary]


@pytest.fixture
def library(tmp_path: Path) -> MakeLibrary:
    folder = tmp_path / "wildcards"
    folder.mkdir()
    (folder / "colour.txt").write_text("red\nblue\n", "utf-8")
    return lambda: WildcardLibrary([], [folder])


@pytest.fixture
def session(make_session: MakeSession, known: Model, library: MakeLibrary, qtbot: QtBot) -> Session:
    session = make_session(models=FakeModels(known), wildcards=library)
    qtbot.waitUntil(lambda: session.wildcards.names == ("colour",))
    return session


@pytest.fixture
def control(session: Session, qtbot: QtBot) -> PromptControl:
    control = PromptControl(session, "prompt", TokenCounting())
    qtbot.addWidget(control)
    control.show()
    return control


@pytest.fixture
def row(control: PromptControl) -> VariantsRow:
    (row,) = control.findChildren(VariantsRow)
    assert not row.isVisible()
    return row


def test_the_row_is_there_when_something_is_drawn(row: VariantsRow, session: Session, qtbot: QtBot) -> None:
    session.edit(prompt="a {house}")
    assert not row.isVisible()
    session.edit(prompt="a {red|blue} house")
    assert row.dice.isVisible()
    assert row.switch.isChecked()
    qtbot.mouseClick(row.switch, Qt.MouseButton.LeftButton)
    assert not session.draft.variants
    assert row.switch.isVisible()
    assert not row.dice.isVisible()


def test_the_dice_shows_what_the_next_seeds_draw_and_takes_one(row: VariantsRow, session: Session) -> None:
    session.edit(prompt="a {red|blue} & __colour__", seed=2**64 - 1)
    actions = row.menu().actions()[:SHOWN_DRAWS]
    seeds = [2**64 - 1, *range(SHOWN_DRAWS - 1)]
    drawn = [draw(session.draft.prompt, seed, session.wildcards.values) for seed in seeds]
    assert [action.text() for action in actions] == [
        f"{seed}: {text}".replace("&", "&&") for seed, text in zip(seeds, drawn, strict=True)
    ]
    actions[3].trigger()
    assert session.draft.seed == seeds[3]
    session.edit(seed=None)
    assert len({action.text() for action in row.menu().actions()[:SHOWN_DRAWS]}) == SHOWN_DRAWS


def test_all_combinations_are_queued(row: VariantsRow, session: Session) -> None:
    session.edit(prompt="a {red|blue} __colour__", negative_prompt="{fog|}", seed=3)
    row.menu().actions()[-1].trigger()
    operations = [entry.operation for entry in session.queue.entries]
    requests = [operation.request for operation in operations if isinstance(operation, Generate)]
    assert [(request.prompt, request.negative_prompt) for request in requests] == [
        (f"a {first} {second}", negative) for first in ("red", "blue") for second in ("red", "blue")
        for negative in ("fog", "")
    ]  # fmt: skip
    assert {request.template for request in requests} == {session.draft.prompt}
    assert not any(request.variants for request in requests)


def test_too_many_combinations_are_told(row: VariantsRow, session: Session) -> None:
    session.edit(prompt="{a|b|c|d}" * 4)
    last = row.menu().actions()[-1]
    assert last.text() == f"More than {MOST_COMBINATIONS} combinations"
    assert not last.isEnabled()


def test_a_missing_wildcard_is_told_in_the_field_and_the_menu(
    row: VariantsRow, control: PromptControl, session: Session, qtbot: QtBot
) -> None:
    session.edit(prompt="a __color__")
    label = control.findChild(QLabel, "plainWords")
    assert label is not None
    qtbot.waitUntil(label.isVisible)
    assert "no wildcard called “color”" in label.text()
    (only,) = row.menu().actions()
    assert "no wildcard called “color”" in only.text()


def test_a_pictures_template_can_be_used(row: VariantsRow, session: Session, qtbot: QtBot) -> None:
    session.apply(GenerationRequest("a red house", "fog", template="a {red|blue} house", seed=1))
    assert row.restore.isVisible()
    qtbot.mouseClick(row.restore, Qt.MouseButton.LeftButton)
    assert (session.draft.prompt, session.draft.negative_prompt) == ("a {red|blue} house", "fog")
    assert (session.draft.variants, session.draft.template) == (True, "")
    session.draft_editor.undo()
    assert (session.draft.prompt, session.draft.template) == ("a red house", "a {red|blue} house")


@pytest.mark.usefixtures("row")
def test_tokens_are_counted_as_drawn(control: PromptControl, session: Session, qtbot: QtBot) -> None:
    session.edit(prompt="{aa|bb}", seed=0)
    labels = control.findChildren(QLabel)
    qtbot.waitUntil(lambda: "2 / 14 tokens" in [label.text() for label in labels])
