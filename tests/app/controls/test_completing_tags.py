"""Wildcards and tags complete what is typed, a tag of several words as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from app.controls.prompt import PromptControl
from app.controls.token_counting import TokenCounting
from app.session.session import Session
from core.models.catalogue import Model
from core.wildcards.library import WildcardLibrary
from tests.app.conftest import MakeSession
from tests.fakes import FakeModels


@pytest.fixture
def session(make_session: MakeSession, known: Model, tmp_path: Path, qtbot: QtBot) -> Session:
    for name, text in (
        ("wildcards/nature/tree.txt", "oak\n"),
        ("tags/a.csv", 'long_hair,0,9,"lh"\n1girl,0,9,sole_female\n'),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    session = make_session(models=FakeModels(known), wildcards=lambda: WildcardLibrary([tmp_path]))
    qtbot.waitUntil(lambda: len(session.wildcards.tags) > 0)
    return session


@pytest.fixture
def prompt(session: Session, qtbot: QtBot) -> Iterator[PromptControl]:
    window = QMainWindow()
    control = PromptControl(session, "prompt", TokenCounting())
    window.setCentralWidget(control)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    control.edit.setFocus()
    qtbot.waitUntil(control.edit.hasFocus)
    yield control


@pytest.mark.parametrize(
    ("before", "typed", "found"),
    [
        ("a house, ", "__nat", "a house, __nature/tree__"),
        ("a house, ", "long h", "a house, long hair"),
        ("a girl with ", "long", "a girl with long hair"),
        ("a house, ", "lh", "a house, long hair"),
        ("(", "sole fem", "(1girl"),
    ],
)
def test_tab_takes_the_first_offer(
    prompt: PromptControl, session: Session, qtbot: QtBot, before: str, typed: str, found: str
) -> None:
    session.edit(prompt=before)
    qtbot.keyClicks(prompt.edit, typed)
    qtbot.waitUntil(lambda: bool(prompt.edit.completion.offers))
    qtbot.keyClick(prompt.edit, Qt.Key.Key_Tab)
    assert session.draft.prompt == found


def test_a_list_that_was_read_is_read_again_only_when_it_changed(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    before = session.wildcards.tags
    with qtbot.waitSignal(session.wildcards.changed):
        session.wildcards.refresh()
    assert session.wildcards.tags is before
    (tmp_path / "tags" / "a.csv").write_text("other,0,1,\n", "utf-8")
    with qtbot.waitSignal(session.wildcards.changed):
        session.wildcards.refresh()
    assert session.wildcards.tags.complete("ot", 3) == ("other",)
