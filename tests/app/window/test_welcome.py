"""The first start says what to do; a folder that cannot be written is told at every start."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.session.device import ChosenDevice
from app.window.welcome import can_be_written
from tests.app.windows import Opened, Opener, open_window, opened, wait_until_idle

__all__ = ["open_window", "opened"]


def words(opened: Opened) -> str:
    bar = opened.child("messageBar")
    label = bar.findChild(QLabel, "messageText")
    assert label is not None
    return label.text()


def test_the_first_start_says_what_to_do_where_pictures_go_and_what_computes(opened: Opened) -> None:
    opened.window.contents.welcome.greet()
    assert opened.subjects == ("welcome",)
    assert str(opened.settings_store.settings.pictures) in words(opened)
    assert "Looking for a device" in words(opened)
    opened.window.session.device.choose(ChosenDevice("cpu", "Example 7", "float32", "cpu: first"))
    bars = [label.text() for label in opened.window.findChildren(QLabel, "messageText") if label.isVisible()]
    assert any("Running on the processor (Example 7)" in text for text in bars)


@pytest.mark.parametrize("starts", [1, 2])
def test_the_engine_is_made_before_the_first_picture_at_every_start(
    open_window: Opener, qtbot: QtBot, starts: int
) -> None:
    for _ in range(starts - 1):
        open_window().window.close()
    opened = open_window()
    opened.window.contents.welcome.greet()
    worker = opened.window.session.pool.runners[0].worker_thread.worker
    qtbot.waitUntil(lambda: worker._engine is opened.engine)  # pyright: ignore[reportPrivateUsage]


def test_asking_for_the_first_picture_ends_the_welcome(opened: Opened, qtbot: QtBot) -> None:
    opened.window.contents.welcome.greet()
    opened.window.session.generate()
    assert opened.subjects == ()
    opened.window.session.device.choose(ChosenDevice("cpu", "Example 7", "float32", "cpu: first"))
    assert opened.subjects == ()
    wait_until_idle(opened, qtbot)


def test_later_starts_are_not_welcomed(open_window: Opener) -> None:
    first = open_window()
    first.window.close()
    second = open_window()
    second.window.contents.welcome.greet()
    assert second.subjects == ()


def test_a_folder_for_pictures_that_cannot_be_written_is_told(opened: Opened, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    opened.settings_store.change(pictures=tmp_path / "file" / "pictures")
    opened.window.contents.welcome.greet()
    assert "read only" in opened.subjects
    assert "cannot be written" in words(opened)


def test_settings_that_cannot_be_kept_are_told(opened: Opened, expected_warnings: list[str]) -> None:
    opened.settings_store.folders.config.write_text("")
    opened.window.contents.welcome.greet()
    assert "read only" in opened.subjects
    assert "Pictures are saved all the same" in words(opened)
    expected_warnings.append("the settings could not be saved")


def test_what_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert can_be_written(tmp_path / "a" / "b")
    assert not can_be_written(tmp_path / "file" / "b")
