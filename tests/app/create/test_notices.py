from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.create.notices import (
    CLEARED,
    HELD,
    KEPT,
    RUN_FAILED,
    SAVING,
    STOPPED,
    TAKEN_OVER,
    Notices,
    settings_sentence,
)
from app.messages.errors import Message
from app.session.draft_editor import Applied
from app.session.run import RunState
from app.session.session import Session
from app.widgets.message_bar import MessageArea
from core.errors import ModelBroken, OutOfMemory
from core.runs.events import Phase
from tests.app.conftest import FakeSaves, MakeSession, wait_for_pictures
from tests.fakes import FakeEngine, Point


@dataclass
class Bench:
    """A session with its notices."""

    engine: FakeEngine
    session: Session
    window: QWidget
    area: MessageArea
    notices: Notices

    def text(self) -> str:
        return " | ".join(label.text() for label in self.area.findChildren(QLabel) if label.isVisible())

    def press(self, name: str) -> None:
        button = next(b for b in self.area.findChildren(QPushButton, name) if b.isVisible())
        button.click()


@pytest.fixture
def bench(make_session: MakeSession, qtbot: QtBot) -> Iterator[Bench]:
    engine = FakeEngine()
    session = make_session(engine)
    window = QWidget()
    qtbot.addWidget(window)
    area = MessageArea(window)
    window.show()
    yield Bench(engine, session, window, area, Notices(area, session, window))
    for dialog in window.findChildren(QFileDialog):
        dialog.close()


def run_to_end(bench: Bench, qtbot: QtBot) -> None:
    bench.session.generate()
    wait_for_pictures(bench.session, qtbot)


def stop_at_step_3(bench: Bench, qtbot: QtBot) -> None:
    hold = bench.engine.holds[2] = threading.Event()
    bench.engine.arrived.clear()
    bench.session.generate()
    qtbot.waitUntil(bench.engine.arrived.is_set)
    bench.session.stop()
    hold.set()
    qtbot.waitUntil(lambda: bench.session.state is RunState.idle)


def test_a_failed_run_is_told_with_its_remedy(bench: Bench, qtbot: QtBot) -> None:
    bench.engine.errors[3] = ModelBroken(Path("unet.safetensors"), "it is truncated")
    run_to_end(bench, qtbot)
    assert bench.area.subjects() == (RUN_FAILED,)
    assert "truncated" in bench.text()
    assert "Traceback" not in bench.text()


def test_an_error_stays_until_a_run_succeeds(bench: Bench, qtbot: QtBot) -> None:
    bench.engine.errors[0] = OutOfMemory("cuda", 8 * 2**30, 2**30)
    run_to_end(bench, qtbot)
    del bench.engine.errors[0]
    bench.engine.errors[5] = OutOfMemory("cuda", 8 * 2**30, 2**30)
    hold = bench.engine.holds[4] = threading.Event()
    bench.session.generate()
    qtbot.waitUntil(bench.engine.arrived.is_set)
    assert bench.area.subjects() == (RUN_FAILED,)
    hold.set()
    qtbot.waitUntil(lambda: bench.session.state is RunState.idle)
    bench.engine.errors.clear()
    run_to_end(bench, qtbot)
    assert bench.area.subjects() == ()


def test_a_failed_run_can_be_tried_again(bench: Bench, qtbot: QtBot) -> None:
    bench.engine.errors[3] = OutOfMemory("cuda", 8 * 2**30, 2**30)
    run_to_end(bench, qtbot)
    bench.engine.errors.clear()
    bench.press("tryAgainButton")
    qtbot.waitUntil(lambda: bench.session.state is RunState.idle)
    assert [branch.call for branch in bench.engine.branches] == [3]
    assert bench.area.subjects() == ()


@pytest.mark.parametrize(
    ("point", "words"),
    [
        (Phase.loading_model, "The model could not be loaded"),
        (Phase.reading_prompt, "The prompt could not be read"),
        (0, "The sampler stopped with an error | It happened in the first of 20 steps."),
        (19, "It happened after step 19 of 20. Your finished pictures are safe. Try another sampler"),
        (Phase.decoding, "The picture could not be decoded | All steps are done."),
    ],
)
def test_an_unknown_error_is_told_by_what_it_interrupted_with_a_report(
    bench: Bench, point: Point, words: str, qtbot: QtBot, expected_warnings: list[str]
) -> None:
    expected_warnings.append("unexpected")
    bench.engine.errors[point] = IndexError("index 121 is out of bounds")
    run_to_end(bench, qtbot)
    assert words in bench.text()
    assert "index" not in bench.text().lower()
    with qtbot.waitSignal(bench.notices.report_asked):
        bench.press("copyErrorReportButton")
    with qtbot.waitSignal(bench.notices.log_asked):
        bench.press("openLogButton")
    assert RUN_FAILED in bench.area.subjects()


def test_a_run_that_fails_near_its_end_keeps_its_picture(
    bench: Bench, saves: FakeSaves, qtbot: QtBot, expected_warnings: list[str]
) -> None:
    expected_warnings.append("unexpected")
    bench.engine.errors[19] = IndexError("index 121 is out of bounds")
    with qtbot.waitSignal(bench.session.picture_saved):
        run_to_end(bench, qtbot)
    ((image, _),) = saves.saved
    assert (image.recipe.stage, image.recipe.step) == ("denoised", 19)
    assert image.recipe.note == "Not finished: The sampler stopped with an error."
    assert bench.area.subjects() == (RUN_FAILED, KEPT)
    assert "Saved as it was after step 19 of 20" in bench.text()


def test_a_run_that_fails_early_keeps_no_picture(bench: Bench, saves: FakeSaves, qtbot: QtBot) -> None:
    bench.engine.errors[14] = OutOfMemory("cuda", None, None)
    run_to_end(bench, qtbot)
    qtbot.wait(30)
    assert saves.saved == []


def test_what_stop_left_waiting_goes_on_or_is_cleared(bench: Bench, qtbot: QtBot) -> None:
    bench.session.edit(count=4)
    stop_at_step_3(bench, qtbot)
    assert bench.area.subjects() == (STOPPED, HELD)
    assert "3 pictures are waiting" in bench.text()
    bench.press("goOnButton")
    qtbot.waitUntil(lambda: bench.session.state is RunState.idle)
    assert len(bench.engine.requests) == 4
    stop_at_step_3(bench, qtbot)
    bench.press("clearQueueButton")
    assert bench.session.queue.entries == ()
    assert bench.area.subjects() == (STOPPED, CLEARED)
    bench.press("undoClearButton")
    assert [run.left for run in bench.session.queue.held] == [3]
    assert bench.area.subjects() == (STOPPED, HELD)


def test_the_offer_to_go_on_stays_dismissed_until_something_ran(bench: Bench, qtbot: QtBot) -> None:
    bench.session.edit(count=4)
    stop_at_step_3(bench, qtbot)
    bench.notices._area.dismiss(HELD)  # pyright: ignore[reportPrivateUsage]
    bench.session.queue.duplicate(bench.session.queue.entries[0].id)
    assert "7 pictures are waiting" in bench.text()
    bench.notices._area.dismiss(HELD)  # pyright: ignore[reportPrivateUsage]
    bench.session.queue.move(bench.session.queue.entries[0].id, None)
    assert HELD not in bench.area.subjects()
    bench.session.edit(count=1)
    run_to_end(bench, qtbot)
    assert HELD in bench.area.subjects()


def test_after_stop_the_picture_can_be_kept(bench: Bench, saves: FakeSaves, qtbot: QtBot) -> None:
    stop_at_step_3(bench, qtbot)
    assert bench.area.subjects() == (STOPPED,)
    assert bench.text().startswith("Stopped at step ")
    with qtbot.waitSignal(bench.session.picture_saved):
        bench.press("keepButton")
    assert saves.saved[0][0].recipe.stage == "denoised"
    assert bench.area.subjects() == ()


def test_a_stop_before_the_first_step_has_nothing_to_keep(bench: Bench, qtbot: QtBot) -> None:
    hold = bench.engine.holds[Phase.reading_prompt] = threading.Event()
    bench.session.generate()
    qtbot.waitUntil(bench.engine.arrived.is_set)
    bench.session.stop()
    hold.set()
    qtbot.waitUntil(lambda: bench.session.state is RunState.idle)
    assert bench.area.subjects() == ()


def test_a_picture_that_could_not_be_saved_can_be_saved_elsewhere(
    bench: Bench, saves: FakeSaves, tmp_path: Path, qtbot: QtBot
) -> None:
    saves.failures = 1
    run_to_end(bench, qtbot)
    assert bench.area.subjects() == (SAVING,)
    assert "No space left" in bench.text() or "no space left" in bench.text()
    bench.press("saveElsewhereButton")
    assert bench.area.subjects() == (SAVING,)
    (dialog,) = bench.window.findChildren(QFileDialog)
    with qtbot.waitSignal(bench.session.picture_saved):
        dialog.filesSelected.emit([str(tmp_path)])
    assert saves.saved[0][1] == tmp_path
    assert bench.area.subjects() == ()


def test_a_save_failure_outlives_the_next_run_of_the_queue(bench: Bench, saves: FakeSaves, qtbot: QtBot) -> None:
    saves.failures = 1
    run_to_end(bench, qtbot)
    run_to_end(bench, qtbot)
    assert bench.area.subjects() == (SAVING,)


def test_used_settings_are_told_and_can_be_undone(bench: Bench) -> None:
    before = bench.session.draft
    bench.session.edit(prompt="a balloon")
    bench.notices.show_settings_used(Applied())
    assert bench.area.subjects() == (TAKEN_OVER,)
    bench.press("undoSettingsButton")
    assert bench.session.draft == before
    assert bench.area.subjects() == ()


def test_settings_that_could_not_be_taken_over_are_named(bench: Bench) -> None:
    bench.notices.show_settings_used(Applied(("model", "guidance_scale")))
    assert "model, guidance scale" in bench.text()


def test_closing_with_unsaved_pictures_asks_first(bench: Bench, saves: FakeSaves, qtbot: QtBot) -> None:
    saves.failures = 2
    run_to_end(bench, qtbot)
    run_to_end(bench, qtbot)
    bench.notices.warn_before_closing()
    assert "2 pictures are not saved yet" in bench.text()
    with qtbot.waitSignal(bench.notices.close_asked):
        bench.press("closeAnywayButton")


def test_loras_that_are_not_here_are_named_and_the_notice_stays(bench: Bench) -> None:
    bench.notices.show_settings_used(Applied(missing_loras=("ink", "snow")))
    assert "The LoRAs “ink” and “snow” are not on this computer; everything else is in place." in bench.text()
    bench.notices.show_settings_used(Applied())
    assert "Undo brings back" in bench.text()


def test_a_lora_that_is_another_file_is_told(bench: Bench) -> None:
    for name in ("ink", "snow"):
        bench.session.noticed.emit(Message(f"“{name}” is another file than in the recipe", "Its hash differs."))
    assert "“ink” is another file" in bench.text()
    assert "“snow” is another file" in bench.text()


def test_a_notice_that_was_dismissed_is_not_told_again(bench: Bench) -> None:
    message = Message("Some weights were not used", "2 of 4.")
    bench.session.noticed.emit(message)
    bench.notices._area.dismiss(message.title)  # pyright: ignore[reportPrivateUsage]
    bench.session.noticed.emit(message)
    assert "weights" not in bench.text()


def test_settings_that_the_picture_does_not_tell_are_named(bench: Bench) -> None:
    bench.notices.show_settings_used(Applied(untold=frozenset({"seed", "steps"})))
    assert "Not in the picture, or unknown here: steps, seed. Yours stay as they are." in bench.text()


def test_a_program_that_weighs_otherwise_is_named() -> None:
    assert settings_sentence(Applied(weighed_by="ComfyUI")).startswith("ComfyUI weights the words")
