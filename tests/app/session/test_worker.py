"""The worker's thread: that it sleeps, survives, ends in time and leaves nothing behind."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QDeadlineTimer, QThread
from pytestqt.qtbot import QtBot

from app.session.run import Ending, RunState
from app.session.session import Session
from core.errors import EngineEnded
from core.film.film import Film, Frame
from core.pictures.picture import GeneratedImage
from core.request.request import GenerationRequest
from tests.app.conftest import Heard, MakeSession
from tests.fakes import FakeEngine, film, frame_of
from tests.patience import LONGEST_S

Settle = Callable[[Session], None]
Listen = Callable[[Session], Heard]


def live_frames() -> int:
    gc.collect()
    return sum(type(thing) is Frame for thing in gc.get_objects())


def threads_of_process() -> int:
    return len(list(Path("/proc/self/task").iterdir())) if Path("/proc/self/task").is_dir() else 0


def test_200_rounds_of_generate_and_stop_leave_nothing_behind(make_session: MakeSession, qtbot: QtBot):
    engine = FakeEngine()
    engine.call_seconds = 0.0005
    session = make_session(engine)
    session.edit(steps=60)
    endings: list[Ending] = []
    session.run_ended.connect(endings.append)

    def one_round(index: int) -> None:
        hold = engine.holds[59] = threading.Event()  # however late it is stopped, it has not ended
        session.generate()
        steps = index % 12 * 5 - 5  # from before the first event to near the last
        if steps >= 0:
            seen = engine.calls
            qtbot.waitUntil(lambda: engine.calls >= seen + steps)
        session.stop()
        hold.set()
        qtbot.waitUntil(lambda: session.state is RunState.idle)

    session.generate()
    qtbot.waitUntil(lambda: session.state is RunState.idle)  # a picture is saved, which begins a thread
    for index in range(20):
        one_round(index)
    frames, threads = live_frames(), threads_of_process()
    for index in range(200):
        one_round(index)
    assert endings == [Ending.finished] + [Ending.cancelled] * 220
    assert live_frames() <= frames + 120  # two films: the last one, and what was stopped
    assert threads_of_process() <= threads


def test_the_worker_sleeps_while_paused(make_session: MakeSession, settle: Settle, qtbot: QtBot):
    hold = threading.Event()
    engine = FakeEngine(holds={3: hold})
    session = make_session(engine)
    session.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    with qtbot.waitSignal(session.rested):
        session.pause()
        hold.set()
    before = time.process_time()
    qtbot.wait(300)
    assert time.process_time() - before < 0.15
    session.stop()
    settle(session)


def test_an_engine_is_hurried_when_a_run_is_to_stop_and_its_end_is_that_of_the_run(
    make_session: MakeSession, settle: Settle, qtbot: QtBot
):
    hold = threading.Event()
    engine = FakeEngine(holds={3: hold}, errors={3: EngineEnded("it did not answer")})
    session = make_session(engine)
    endings: list[Ending] = []
    session.run_ended.connect(endings.append)
    session.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    assert not engine.hurried
    session.stop()
    assert [operation.made for operation in engine.hurried] == engine.requests  # while the worker still waits
    hold.set()
    settle(session)
    assert endings == [Ending.cancelled]
    del engine.holds[3]
    session.generate()
    settle(session)
    assert endings == [Ending.cancelled, Ending.failed]


def test_shutdown_while_a_step_runs_ends_after_the_step(make_session: MakeSession, qtbot: QtBot):
    hold = threading.Event()
    engine = FakeEngine(holds={3: hold})
    session = make_session(engine)
    session.generate()
    session.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    session.background.closing_begun.connect(hold.set)
    assert session.shutdown()
    assert engine.closed_runs == 1
    assert engine.is_closed
    assert engine.calls == 4
    qtbot.wait(20)
    assert len(engine.requests) == 1


def test_shutdown_while_paused_ends_the_run(make_session: MakeSession, qtbot: QtBot, listen: Listen):
    engine = FakeEngine()
    session = make_session(engine)
    heard = listen(session)
    session.single_step()
    qtbot.waitUntil(lambda: len(heard.all("stepped")) == 1)
    assert session.shutdown()
    assert engine.is_closed


def test_shutdown_without_a_run_never_makes_an_engine(make_session: MakeSession):
    made: list[FakeEngine] = []

    def make() -> FakeEngine:
        made.append(FakeEngine())
        return made[0]

    assert make_session(make_engine=make).shutdown()
    assert made == []


def test_the_worker_is_told_before_background_tasks_are_waited_for(make_session: MakeSession, qtbot: QtBot):
    engine = FakeEngine(holds={3: threading.Event()})
    session = make_session(engine)
    session.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    ended = threading.Event()
    engine.close = ended.set
    session.background.closing_begun.connect(engine.holds[3].set)
    session.background.queue(session, "tests").submit(lambda: ended.wait(LONGEST_S), is_kept=True)
    assert session.shutdown()
    assert ended.is_set()


def test_a_picture_that_is_still_being_written_at_the_end_is_waited_for(make_session: MakeSession, qtbot: QtBot):
    writing, go_on, written = threading.Event(), threading.Event(), threading.Event()

    def save(_image: GeneratedImage, _film: Film, _folder: Path | None) -> Path:
        writing.set()
        assert go_on.wait(LONGEST_S)
        written.set()
        return Path("a.png")

    session = make_session(save=save)
    session.generate()
    qtbot.waitUntil(writing.is_set)
    threading.Timer(0.1, go_on.set).start()
    thread = session.pool.runners[0].worker_thread
    thread.shut_down()
    assert thread.wait_for_end(QDeadlineTimer(0), is_saving=False)
    assert written.is_set()


def test_a_picture_that_waits_to_be_saved_at_the_end_is_waited_for(make_session: MakeSession, qtbot: QtBot):
    engine = FakeEngine(holds={0: threading.Event()})
    session = make_session(engine)
    session.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    made = film(GenerationRequest("a"))
    session.keep(made, frame_of(made, 0), "denoised")
    assert session.engine_tasks.close()
    assert not session.engine_tasks.close()
    engine.holds[0].set()


def test_shutdown_twice_is_harmless(make_session: MakeSession):
    session = make_session()
    assert session.shutdown()
    assert session.shutdown()


def test_the_gui_thread_is_free_while_the_engine_computes(make_session: MakeSession, qtbot: QtBot, settle: Settle):
    hold = threading.Event()
    engine = FakeEngine(holds={0: hold})
    session = make_session(engine)
    session.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    assert QThread.currentThread().isMainThread()
    began = time.monotonic()
    session.edit(prompt="typing goes on")
    session.generate()
    session.pause()
    session.resume()
    session.stop()
    assert time.monotonic() - began < LONGEST_S / 2  # else it would have waited for the engine
    hold.set()
    settle(session)
