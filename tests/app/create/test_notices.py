from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.create.notices import FAILED, SAVING, SETTINGS, STOPPED, Notices
from app.messages.errors import Message
from app.session.run import RunState
from app.session.session import Studio
from app.widgets.message_bar import MessageArea
from core.errors import ModelBroken, OutOfMemory
from core.runs.events import Phase
from tests.app.conftest import FakeSaves, MakeStudio
from tests.fakes import FakeEngine


@dataclass
class Desk:
    """A studio with its notices."""

    engine: FakeEngine
    studio: Studio
    window: QWidget
    area: MessageArea
    notices: Notices

    def text(self) -> str:
        return " | ".join(label.text() for label in self.area.findChildren(QLabel) if label.isVisible())

    def press(self, name: str) -> None:
        button = next(b for b in self.area.findChildren(QPushButton, name) if b.isVisible())
        button.click()


@pytest.fixture
def desk(make_studio: MakeStudio, qtbot: QtBot) -> Iterator[Desk]:
    engine = FakeEngine()
    studio = make_studio(engine)
    window = QWidget()
    qtbot.addWidget(window)
    area = MessageArea(window)
    window.show()
    yield Desk(engine, studio, window, area, Notices(area, studio, window))
    for dialog in window.findChildren(QFileDialog):
        dialog.close()


def run_to_end(desk: Desk, qtbot: QtBot) -> None:
    desk.studio.generate()
    qtbot.waitUntil(lambda: desk.studio.state is RunState.idle)


def stop_at_step_3(desk: Desk, qtbot: QtBot) -> None:
    desk.engine.call_seconds = 0.01
    desk.studio.generate()
    qtbot.waitUntil(lambda: desk.engine.calls >= 3)
    desk.studio.stop()
    qtbot.waitUntil(lambda: desk.studio.state is RunState.idle)


def test_a_failed_run_is_told_with_its_remedy(desk: Desk, qtbot: QtBot) -> None:
    desk.engine.errors[3] = ModelBroken(Path("unet.safetensors"), "it is truncated")
    run_to_end(desk, qtbot)
    assert desk.area.subjects() == (FAILED,)
    assert "truncated" in desk.text()
    assert "Traceback" not in desk.text()


def test_the_next_run_takes_old_messages_away(desk: Desk, qtbot: QtBot) -> None:
    desk.engine.errors[0] = OutOfMemory("cuda", 8 * 2**30, 2**30)
    run_to_end(desk, qtbot)
    assert desk.area.subjects() == (FAILED,)
    desk.engine.errors.clear()
    run_to_end(desk, qtbot)
    assert desk.area.subjects() == ()


def test_after_stop_the_picture_can_be_kept(desk: Desk, saves: FakeSaves, qtbot: QtBot) -> None:
    stop_at_step_3(desk, qtbot)
    assert desk.area.subjects() == (STOPPED,)
    assert desk.text().startswith("Stopped at step ")
    with qtbot.waitSignal(desk.studio.picture_saved):
        desk.press("keepButton")
    assert saves.saved[0][0].stage == "denoised"
    assert desk.area.subjects() == ()


def test_a_stop_before_the_first_step_has_nothing_to_keep(desk: Desk, qtbot: QtBot) -> None:
    hold = desk.engine.holds[Phase.reading_prompt] = threading.Event()
    desk.studio.generate()
    qtbot.waitUntil(desk.engine.arrived.is_set)
    desk.studio.stop()
    hold.set()
    qtbot.waitUntil(lambda: desk.studio.state is RunState.idle)
    assert desk.area.subjects() == ()


def test_a_picture_that_could_not_be_saved_can_be_saved_elsewhere(
    desk: Desk, saves: FakeSaves, tmp_path: Path, qtbot: QtBot
) -> None:
    saves.failures = 1
    run_to_end(desk, qtbot)
    assert desk.area.subjects() == (SAVING,)
    assert "No space left" in desk.text() or "no space left" in desk.text()
    desk.press("saveElsewhereButton")
    assert desk.area.subjects() == (SAVING,)
    (dialog,) = desk.window.findChildren(QFileDialog)
    with qtbot.waitSignal(desk.studio.picture_saved):
        dialog.fileSelected.emit(str(tmp_path))
    assert saves.saved[0][1] == tmp_path
    assert desk.area.subjects() == ()


def test_a_save_failure_outlives_the_next_run_of_the_queue(desk: Desk, saves: FakeSaves, qtbot: QtBot) -> None:
    saves.failures = 1
    run_to_end(desk, qtbot)
    run_to_end(desk, qtbot)
    assert desk.area.subjects() == (SAVING,)


def test_used_settings_are_told_and_can_be_undone(desk: Desk) -> None:
    before = desk.studio.draft
    desk.studio.edit(prompt="a balloon")
    desk.notices.show_settings_used(())
    assert desk.area.subjects() == (SETTINGS,)
    desk.press("undoSettingsButton")
    assert desk.studio.draft == before
    assert desk.area.subjects() == ()


def test_settings_that_could_not_be_taken_over_are_named(desk: Desk) -> None:
    desk.notices.show_settings_used(("model", "guidance_scale"))
    assert "model, guidance scale" in desk.text()


def test_closing_with_unsaved_pictures_asks_first(desk: Desk, saves: FakeSaves, qtbot: QtBot) -> None:
    saves.failures = 2
    run_to_end(desk, qtbot)
    run_to_end(desk, qtbot)
    desk.notices.warn_before_closing()
    assert "2 pictures are not saved yet" in desk.text()
    with qtbot.waitSignal(desk.notices.close_asked):
        desk.press("closeAnywayButton")


def test_loras_that_are_not_here_are_named_and_the_notice_stays(desk: Desk) -> None:
    desk.studio.loras._missing = ("ink", "snow")  # pyright: ignore[reportPrivateUsage]
    desk.notices.show_settings_used(())
    assert "The LoRAs “ink” and “snow” are not on this computer; everything else is in place." in desk.text()
    desk.notices.show_settings_used(())
    assert "Undo brings back" in desk.text()


def test_a_lora_that_is_another_file_is_told(desk: Desk) -> None:
    desk.studio.loras.noticed.emit(Message("“ink” is another file than in the recipe", "Its hash differs."))
    assert "another file" in desk.text()
