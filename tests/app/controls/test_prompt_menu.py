"""Earlier prompts and styles: kept, found, used and taken away, and there again at the next start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from app.controls.prompt import PromptControl
from app.controls.prompt_menu import PromptMenu
from app.controls.token_counting import TokenCounting
from app.session.prompt_memory import PromptMemory
from app.session.session import Session
from core.prompt.styles import FILE_NAME, Style, read_styles, write_styles
from core.settings.prompt_history import load_history


@pytest.fixture
def memory(session: Session, tmp_path: Path) -> PromptMemory:
    return PromptMemory(session, tmp_path)


@pytest.fixture
def menu(session: Session, memory: PromptMemory, qtbot: QtBot) -> PromptMenu:
    control = PromptControl(session, "prompt", TokenCounting())
    control.add_memory(memory)
    qtbot.addWidget(control)
    control.show()
    button = control.findChild(QToolButton, "promptMemoryButton")
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    (menu,) = control.findChildren(PromptMenu)
    return menu


def lines(menu: PromptMenu) -> list[str]:
    return [menu.list.item(row).text() for row in range(menu.list.count())]


def make(session: Session, settle: Callable[[Session], None], *prompts: str) -> None:
    for prompt in prompts:
        session.edit(prompt=prompt)
        session.generate()
        settle(session)


def test_prompts_of_pictures_are_remembered_searched_and_used(
    session: Session, menu: PromptMenu, settle: Callable[[Session], None], tmp_path: Path, qtbot: QtBot
) -> None:
    make(session, settle, "a {red|red} house", "a boat", "a {red|red} house")
    assert lines(menu) == ["a {red|red} house", "a boat"]
    menu.search.setText("BOAT a")
    assert lines(menu) == ["a boat"]
    qtbot.keyClick(menu.search, Qt.Key.Key_Return)
    assert session.draft.prompt == "a boat"
    session.draft_editor.undo()
    assert session.draft.prompt == "a {red|red} house"
    qtbot.waitUntil(lambda: load_history(tmp_path) == (("a {red|red} house", ""), ("a boat", "")))


def test_a_style_is_kept_by_name_and_used_around_the_prompt(
    session: Session, menu: PromptMenu, memory: PromptMemory, tmp_path: Path, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: bool(memory._can_write_styles))  # pyright: ignore[reportPrivateUsage]
    session.edit(prompt="ink of {prompt}", negative_prompt="blurry")
    assert not menu.keep.isEnabled()
    menu.search.setText("Ink")
    qtbot.mouseClick(menu.keep, Qt.MouseButton.LeftButton)
    assert lines(menu) == ["★ Ink: ink of {prompt}"]
    qtbot.waitUntil((tmp_path / FILE_NAME).exists)
    session.edit(prompt="a cat", negative_prompt="fog")
    first = menu.list.visualItemRect(menu.list.item(0)).center()
    qtbot.mouseClick(menu.list.viewport(), Qt.MouseButton.LeftButton, pos=first)
    assert (session.draft.prompt, session.draft.negative_prompt) == ("ink of a cat", "fog, blurry")
    menu.list.setCurrentRow(0)
    qtbot.keyClick(menu.list, Qt.Key.Key_Delete)
    assert lines(menu) == []
    qtbot.waitUntil(lambda: read_styles(tmp_path / FILE_NAME) == ())


def test_files_are_read_and_written(session: Session, memory: PromptMemory, tmp_path: Path, qtbot: QtBot) -> None:
    theirs, ours = tmp_path / "theirs.csv", tmp_path / "ours.csv"
    write_styles(theirs, [Style("a", "1"), Style("b", "2")])
    memory.read_file(theirs)
    qtbot.waitUntil(lambda: len(memory.styles) == 2)
    memory.write_file(ours)
    qtbot.waitUntil(ours.exists)
    assert read_styles(ours) == memory.styles
    failed: list[object] = []
    session.failed.connect(failed.append)
    memory.read_file(tmp_path / "nowhere.csv")
    qtbot.waitUntil(lambda: len(failed) == 1)


def test_a_damaged_file_is_told_and_stays(session: Session, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"\xff\xfe")
    failed: list[object] = []
    session.failed.connect(failed.append)
    memory = PromptMemory(session, tmp_path)
    qtbot.waitUntil(lambda: len(failed) == 1)
    memory.keep("x")
    session.background.close()
    assert (tmp_path / FILE_NAME).read_bytes() == b"\xff\xfe"
