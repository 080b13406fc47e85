"""Other computers are added by name, tested with one button, offered as places, and removed."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.preferences.controller import PreferencesDialog
from app.preferences.sending import SendingLine
from app.session import own_program
from core.settings.computers import Computer
from core.settings.engine_place import EnginePlace, PlaceKind
from tests.app.preferences.windows import part, preferences
from tests.app.windows import Opened, open_window, opened
from tests.core.remote.far import command_of, local_ssh
from tests.fakes import model

__all__ = ["open_window", "opened"]

FAKE = "tests.core.remote.fake_process"
WAITS_MS = 60_000


@pytest.fixture(autouse=True)
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "there").mkdir()
    monkeypatch.setenv("PATH", f"{local_ssh(tmp_path / 'bin')}:{os.environ['PATH']}")


def add(dialog: PreferencesDialog, address: str, command: str) -> None:
    part(dialog, QLineEdit, "computerNameEdit").setText(address)
    part(dialog, QLineEdit, "computerCommandEdit").setText(command)
    part(dialog, QPushButton, "addComputerButton").click()


def state(dialog: PreferencesDialog, address: str) -> str:
    return part(dialog, QLabel, f"state-{address}").text()


def test_a_computer_is_added_tested_offered_and_removed(opened: Opened, qtbot: QtBot, tmp_path: Path) -> None:
    dialog, store = preferences(opened), opened.settings_store
    new_engines: list[None] = []
    opened.window.session.pool.runners[0].worker_thread.restart_engine.connect(partial(new_engines.append, None))
    add(dialog, "me@studio-pc", command := command_of(tmp_path / "there", FAKE, "--devices", "0=Fake GPU"))
    qtbot.waitUntil(lambda: "Ready" in state(dialog, "me@studio-pc"), timeout=WAITS_MS)
    assert "Fake GPU" in state(dialog, "me@studio-pc")
    assert store.settings.computers == (Computer("me@studio-pc", command, (("0", "Fake GPU"),)),)
    qtbot.waitUntil(lambda: dialog.findChild(QCheckBox, "place-me@studio-pcNone") is None)  # of before the test
    box = part(dialog, QCheckBox, "place-me@studio-pc0")
    assert box.text() == "Fake GPU, me@studio-pc"
    assert not new_engines  # which would load the model again
    box.click()
    place = EnginePlace(PlaceKind.ssh, "0", "me@studio-pc", "Fake GPU, me@studio-pc")
    assert store.settings.more_places == (place,)
    part(dialog, QPushButton, "remove-me@studio-pc").click()
    assert (store.settings.computers, store.settings.more_places) == ((), ())
    assert not new_engines


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("nothing-of-this-name", "not found"),
        ("echo Hello; true", "could not be started"),
        ("echo 'emulsion: error: unrecognized arguments' >&2; false", "older version"),
    ],
)
def test_a_computer_that_cannot_be_used_says_why(opened: Opened, qtbot: QtBot, command: str, words: str) -> None:
    dialog = preferences(opened)
    add(dialog, "studio-pc", command)
    qtbot.waitUntil(lambda: words in state(dialog, "studio-pc"), timeout=WAITS_MS)


def test_another_version_says_so(opened: Opened, qtbot: QtBot, tmp_path: Path) -> None:
    dialog = preferences(opened)
    add(dialog, "studio-pc", command_of(tmp_path / "there", FAKE, "--table", "another"))
    qtbot.waitUntil(lambda: "both must be the same" in state(dialog, "studio-pc"), timeout=WAITS_MS)


@pytest.mark.parametrize(("address", "command"), [("-oProxyCommand=x", "emulsion"), ("", "emulsion"), ("a", " ")])
def test_what_is_no_computer_is_refused_beside_the_field(opened: Opened, address: str, command: str) -> None:
    dialog = preferences(opened)
    add(dialog, address, command)
    assert opened.settings_store.settings.computers == ()
    assert any("Expected" in label.text() and not label.isHidden() for label in dialog.findChildren(QLabel))


def test_return_in_a_field_adds_the_computer_and_leaves_the_preferences_open(opened: Opened) -> None:
    dialog = preferences(opened)
    dialog.show_page("computersPage")
    field = part(dialog, QLineEdit, "computerNameEdit")
    field.setText("studio-pc")
    part(dialog, QLineEdit, "computerCommandEdit").setText("nothing-of-this-name")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert [computer.address for computer in opened.settings_store.settings.computers] == ["studio-pc"]
    assert dialog.isVisible()


@pytest.mark.parametrize(
    ("ray", "words"),
    [
        ("None", 'pip install "emulsion[cluster]"'),
        ("__import__('tests.fake_ray').fake_ray.of_gpus(2)", "a GPU each"),
    ],
)
def test_a_cluster_is_tested_in_a_process_of_its_own(
    opened: Opened, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, ray: str, words: str
) -> None:
    def command(*arguments: str) -> tuple[str, ...]:
        assert arguments == ("engine", "--stdio", "--cluster", "auto")
        program = f"import sys; sys.modules['ray'] = {ray}; from app.__main__ import main; sys.exit(main())"
        return sys.executable, "-c", program, *arguments

    monkeypatch.setattr(own_program, "own_command", command)
    dialog, settings_store = preferences(opened), opened.settings_store
    add(dialog, "ray:auto", "emulsion")
    qtbot.waitUntil(lambda: words in state(dialog, "ray:auto"), timeout=WAITS_MS)
    if settings_store.settings.computers[0].devices:
        assert "node1 (2)" in state(dialog, "ray:auto")
        part(dialog, QCheckBox, "place-ray:auto2").click()
        place = EnginePlace(PlaceKind.cluster, "2", "ray:auto", "GPU 2, ray:auto")
        assert settings_store.settings.more_places == (place,)
        assert not settings_store.told_models.told  # its nodes tell none: it is asked for all


def test_the_processor_stands_before_other_computers(opened: Opened) -> None:
    opened.settings_store.change(computers=(Computer("old-pc", "emulsion"),))
    dialog = preferences(opened)
    add(dialog, "new-pc", "nothing-of-this-name")
    boxes = [box.objectName() for box in dialog.findChildren(QCheckBox) if box.objectName().startswith("place-")]
    assert boxes == ["place-cpu", "place-old-pcNone", "place-new-pcNone"]


def test_a_model_that_is_missing_there_is_sent(opened: Opened, qtbot: QtBot, tmp_path: Path) -> None:
    opened.settings_store.told_models.take("studio-pc", ())
    (place := tmp_path / "own.safetensors").write_bytes(b"weights" * 1000)
    opened.settings_store.change(computers=(Computer("studio-pc", command_of(tmp_path / "there", FAKE)),))
    dialog = preferences(opened)
    line = dialog.findChild(SendingLine)
    assert line is not None
    line.offer(opened.settings_store.settings.computers[0], [replace(model(), name="Own", folder=place)])
    button = part(dialog, QPushButton, "send-studio-pc")
    assert [action.text() for action in button.menu().actions()] == ["Own (7 kB)"]
    with qtbot.waitSignal(line.sent, timeout=WAITS_MS):
        button.menu().actions()[0].trigger()
    sent = tmp_path / "there" / "Emulsion" / "models" / "own.safetensors"
    assert sent.read_bytes() == place.read_bytes()
    qtbot.waitUntil(lambda: "Ready" in state(dialog, "studio-pc"), timeout=WAITS_MS)


def test_a_computer_that_went_away_while_a_model_was_to_be_sent_says_so(opened: Opened, qtbot: QtBot) -> None:
    opened.settings_store.change(computers=(Computer("studio-pc", "nothing-of-this-name"),))
    dialog = preferences(opened)
    line = dialog.findChild(SendingLine)
    assert line is not None
    line.offer(opened.settings_store.settings.computers[0], [model()])
    line.send(Path(__file__))
    words = part(dialog, QLabel, "sending-studio-pc")
    qtbot.waitUntil(lambda: "not found" in words.text(), timeout=WAITS_MS)
