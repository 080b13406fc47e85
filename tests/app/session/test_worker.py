"""The worker's thread: that it sleeps, survives, ends in time and leaves nothing behind."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot

from app.session.run import Ending, RunState
from app.session.session import Studio
from core.film.film import Frame
from tests.app.conftest import Heard, MakeStudio
from tests.fakes import FakeEngine

Settle = Callable[[Studio], None]
Listen = Callable[[Studio], Heard]


def live_frames() -> int:
    gc.collect()
    return sum(type(thing) is Frame for thing in gc.get_objects())


def threads_of_process() -> int:
    return len(list(Path("/proc/self/task").iterdir())) if Path("/proc/self/task").is_dir() else 0


def test_200_rounds_of_generate_and_stop_leave_nothing_behind(make_studio: MakeStudio, qtbot: QtBot):
    engine = FakeEngine()
    engine.call_seconds = 0.0005
    studio = make_studio(engine)
    studio.edit(steps=60)
    endings: list[Ending] = []
    studio.run_ended.connect(endings.append)

    def one_round(index: int) -> None:
        studio.generate()
        steps = index % 12 * 5 - 5  # from before the first event to near the last
        if steps >= 0:
            seen = engine.calls
            qtbot.waitUntil(lambda: engine.calls >= seen + steps)
        studio.stop()
        qtbot.waitUntil(lambda: studio.state is RunState.idle)

    for index in range(20):
        one_round(index)
    frames, threads = live_frames(), threads_of_process()
    for index in range(200):
        one_round(index)
    assert len(endings) == 220
    assert Ending.failed not in endings
    assert endings.count(Ending.cancelled) > 100
    assert live_frames() <= frames + 120  # two films: the last one, and what was stopped
    assert threads_of_process() <= threads


def test_the_worker_sleeps_while_paused(make_studio: MakeStudio, settle: Settle, qtbot: QtBot):
    hold = threading.Event()
    engine = FakeEngine(holds={3: hold})
    studio = make_studio(engine)
    studio.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    studio.pause()
    hold.set()
    qtbot.wait(50)
    before = time.process_time()
    qtbot.wait(300)
    assert time.process_time() - before < 0.15
    studio.stop()
    settle(studio)


def test_shutdown_while_a_step_runs_ends_after_the_step(make_studio: MakeStudio, qtbot: QtBot):
    hold = threading.Event()
    engine = FakeEngine(holds={3: hold})
    studio = make_studio(engine)
    studio.generate()
    studio.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    threading.Timer(0.05, hold.set).start()
    began = time.monotonic()
    assert studio.shutdown()
    assert time.monotonic() - began < 5
    assert engine.closed_runs == 1
    assert engine.is_closed
    assert engine.calls == 4
    qtbot.wait(20)
    assert len(engine.requests) == 1


def test_shutdown_while_paused_is_quick(make_studio: MakeStudio, qtbot: QtBot, listen: Listen):
    engine = FakeEngine()
    studio = make_studio(engine)
    heard = listen(studio)
    studio.single_step()
    qtbot.waitUntil(lambda: len(heard.all("stepped")) == 1)
    began = time.monotonic()
    assert studio.shutdown()
    assert time.monotonic() - began < 1
    assert engine.is_closed


def test_shutdown_without_a_run_never_makes_an_engine(make_studio: MakeStudio):
    made: list[FakeEngine] = []

    def make() -> FakeEngine:
        made.append(FakeEngine())
        return made[0]

    assert make_studio(make_engine=make).shutdown()
    assert made == []


def test_shutdown_twice_is_harmless(make_studio: MakeStudio):
    studio = make_studio()
    assert studio.shutdown()
    assert studio.shutdown()


def test_the_gui_thread_is_free_while_the_engine_computes(make_studio: MakeStudio, qtbot: QtBot, settle: Settle):
    hold = threading.Event()
    engine = FakeEngine(holds={0: hold})
    studio = make_studio(engine)
    studio.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    assert QThread.currentThread().isMainThread()
    began = time.monotonic()
    studio.edit(prompt="typing goes on")
    studio.generate()
    studio.pause()
    studio.resume()
    studio.stop()
    assert time.monotonic() - began < 0.5
    hold.set()
    settle(studio)
