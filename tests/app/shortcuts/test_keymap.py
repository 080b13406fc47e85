"""Keys can be changed, are never there twice, and come back with the next start."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.session.settings_store import SettingsStore
from app.shortcuts.keymap import Command, Keymap, native, unusable
from core.paths import Folders


@pytest.fixture
def settings_store(tmp_path: Path) -> SettingsStore:
    return SettingsStore(Folders(*(tmp_path / name for name in Folders.__dataclass_fields__)))


@pytest.fixture
def make_keymap(qtbot: QtBot, settings_store: SettingsStore) -> Iterator[Callable[[], Keymap]]:
    """Makes keymaps over the same settings, as one start after the other does."""

    windows: list[QWidget] = []

    def make() -> Keymap:
        window = QWidget()
        windows.append(window)
        qtbot.addWidget(window)
        names = ("generate", "stop", "export", "about")
        actions = {name: QAction(f"{name.capitalize()}…", window) for name in names}
        actions["generate"].setShortcuts([QKeySequence("Ctrl+Return"), QKeySequence("Ctrl+Enter")])
        actions["stop"].setShortcut(QKeySequence("Esc"))
        actions["export"].setShortcut(QKeySequence("Ctrl+E"))
        return Keymap([("Run", name, action) for name, action in actions.items()], settings_store, window)

    yield make


@pytest.fixture
def keymap(make_keymap: Callable[[], Keymap]) -> Keymap:
    return make_keymap()


def command(keymap: Keymap, name: str) -> Command:
    return next(command for command in keymap.commands if command.name == name)


def keys(keymap: Keymap, name: str) -> tuple[str, ...]:
    found = command(keymap, name)
    assert keymap.keys(found) == tuple(sequence.toString() for sequence in found.action.shortcuts())
    return keymap.keys(found)


def test_at_first_commands_have_the_programs_keys(keymap: Keymap) -> None:
    assert keys(keymap, "generate") == ("Ctrl+Return", "Ctrl+Enter")
    assert keys(keymap, "about") == ()
    assert all(keymap.is_own(each) for each in keymap.commands)
    assert command(keymap, "stop").title == "Stop"


def test_a_new_key_takes_the_place_of_the_old_ones_and_is_there_at_the_next_start(
    make_keymap: Callable[[], Keymap], qtbot: QtBot
) -> None:
    keymap = make_keymap()
    with qtbot.waitSignal(keymap.changed):
        keymap.give(command(keymap, "generate"), "Ctrl+G")
    assert keys(keymap, "generate") == ("Ctrl+G",)
    again = make_keymap()
    assert keys(again, "generate") == ("Ctrl+G",)
    assert not again.is_own(command(again, "generate"))


def test_a_key_is_taken_from_the_command_that_had_it(keymap: Keymap) -> None:
    assert keymap.owner("ctrl+e") is command(keymap, "export")
    keymap.give(command(keymap, "about"), "Ctrl+E")
    assert keys(keymap, "about") == ("Ctrl+E",)
    assert keys(keymap, "export") == ()
    keymap.give(command(keymap, "about"), "Ctrl+Enter")
    assert keys(keymap, "generate") == ("Ctrl+Return",)


def test_a_command_can_be_without_a_key(keymap: Keymap) -> None:
    keymap.give(command(keymap, "stop"), "")
    assert keys(keymap, "stop") == ()
    assert keymap.owner("Esc") is None


def test_one_command_is_reset_and_gets_its_key_back_from_the_other(
    keymap: Keymap, settings_store: SettingsStore
) -> None:
    keymap.give(command(keymap, "about"), "Ctrl+E")
    keymap.reset(command(keymap, "export"))
    assert keys(keymap, "export") == ("Ctrl+E",)
    assert keys(keymap, "about") == ()
    assert settings_store.settings.shortcuts == {}


def test_all_are_reset(keymap: Keymap, settings_store: SettingsStore) -> None:
    keymap.give(command(keymap, "about"), "Ctrl+E")
    keymap.give(command(keymap, "stop"), "")
    keymap.reset_all()
    assert all(keymap.is_own(each) for each in keymap.commands)
    assert settings_store.settings.shortcuts == {}


def test_settings_with_a_key_twice_nonsense_or_unknown_commands_do_no_harm(
    settings_store: SettingsStore, make_keymap: Callable[[], Keymap]
) -> None:
    chosen = {"about": ("Ctrl+E",), "stop": ("Ctrl+E", "no such key", ""), "of_tomorrow": ("F9",)}
    settings_store.change(shortcuts=chosen)
    keymap = make_keymap()
    assert [keys(keymap, name) for name in ("about", "stop", "export")] == [(), ("Ctrl+E",), ()]
    keymap.give(command(keymap, "generate"), "F5")
    assert settings_store.settings.shortcuts["of_tomorrow"] == ("F9",)


@pytest.mark.parametrize("key", ["Ctrl+G", "Ctrl+Shift+Return", "F9", "Shift+F9", "Esc", "Alt+X", "Meta+P"])
def test_keys_that_can_be_given(key: str) -> None:
    assert unusable(key) == ""


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("G", "add Ctrl or Alt"),
        ("Shift+G", "add Ctrl or Alt"),
        ("Space", "add Ctrl or Alt"),
        ("Left", "add Ctrl or Alt"),
        ("Ctrl+F", "search the gallery"),
        ("Ctrl+A", "select all"),
        ("F2", "rename"),
        ("Ctrl+K, Ctrl+G", "not one key"),
        ("", "not one key"),
    ],
)
def test_keys_that_would_be_missed_elsewhere(key: str, why: str) -> None:
    assert why in unusable(key)


def test_keys_are_shown_as_the_system_writes_them() -> None:
    assert native(("Ctrl+Return", "F9")).endswith("F9")
    assert native(()) == ""
