"""The life of an engine's process: it starts anew after its end, ends with its parent, and hangs nobody."""

from __future__ import annotations

import logging
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from core.errors import DeviceLost, EngineEnded, WireBroken
from core.film.stored import unfinished
from core.remote.client import RemoteEngine
from core.request.request import GenerationRequest, Size
from core.runs.events import Event, ImageReady, Stepped
from core.runs.operations import Generate, ReportMemory, Resume, result_of
from core.runs.recorder import FilmRecorder
from tests.core.remote.fake_process import FAILING_CALL, NOISE
from tests.core.remote.processes import FAKE, ROOT, Processes, environment
from tests.core.remote.values import difference
from tests.patience import LONGEST_S

REQUEST = GenerationRequest("a", size=Size(64, 64), steps=30, seed=3)
KILLS = int(os.environ.get("EMULSION_KILLS", "4"))


@pytest.fixture
def processes(tmp_path: Path) -> Processes:
    return Processes(tmp_path / "home", FAKE)


@pytest.fixture
def remote(processes: Processes) -> Iterator[RemoteEngine]:
    engine = processes.engine(device="0", stops_within_s=0.5)
    yield engine
    engine.close()
    assert not [child for child in processes.started if psutil.pid_exists(child.number)]


def asked(prompt: str) -> Generate:
    return Generate(GenerationRequest(prompt, size=Size(64, 64), steps=6, seed=3))


def last_of(remote: RemoteEngine, operation: Generate | Resume) -> Event:
    *_, last = remote.run(operation)
    return last


def has_ended(process: int) -> bool:
    """Waits a while for the end of a process that is not ours, which nobody may have buried."""
    deadline = time.monotonic() + LONGEST_S
    while time.monotonic() < deadline:
        if not psutil.pid_exists(process) or psutil.Process(process).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def test_what_libraries_print_comes_into_the_log_and_not_between_the_messages(
    remote: RemoteEngine, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        assert isinstance(last_of(remote, asked("a")), ImageReady)
        remote.close()
    assert sum(NOISE in record.getMessage() for record in caplog.records) > 6


def test_a_closed_engine_is_started_again_when_it_is_needed(remote: RemoteEngine, processes: Processes) -> None:
    before = processes.newest
    remote.close()
    assert not psutil.pid_exists(before)
    assert isinstance(last_of(remote, asked("a")), ImageReady)
    assert remote.ready.process == processes.newest != before


@pytest.mark.parametrize(("prompt", "how"), [("abort", ""), ("exit", "3")])
def test_an_engine_that_breaks_down_is_told_and_replaced(remote: RemoteEngine, prompt: str, how: str) -> None:
    events = list[Event]()
    with pytest.raises(EngineEnded) as ended:
        events.extend(remote.run(asked(prompt)))
    assert how in ended.value.how != ""
    with pytest.raises(EngineEnded):
        list(remote.run(asked(prompt)))
    assert isinstance(last_of(remote, asked("a")), ImageReady)


def test_an_error_that_nobody_foresaw_is_told_with_its_trace_and_the_engine_stays(
    remote: RemoteEngine, processes: Processes
) -> None:
    with pytest.raises(RuntimeError, match="fail_by_division"):
        list(remote.run(asked("divide")))
    assert isinstance(last_of(remote, asked("a")), ImageReady)
    assert len(processes.started) == 1


def test_a_device_that_is_lost_is_used_again_by_another_process(
    remote: RemoteEngine, processes: Processes
) -> None:
    with pytest.raises(DeviceLost):
        list(remote.run(asked("lose")))
    assert isinstance(last_of(remote, asked("a")), ImageReady)
    assert len(processes.started) == 2


def test_the_trace_of_a_crash_comes_into_the_log(remote: RemoteEngine, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), pytest.raises(EngineEnded):
        list(remote.run(asked("abort")))
    told = "\n".join(record.getMessage() for record in caplog.records)
    assert "Fatal Python error: Aborted" in told
    assert "fake_process.py" in told


def test_an_engine_that_hangs_is_ended_soon_after_the_run_was_to_stop(
    remote: RemoteEngine, processes: Processes
) -> None:
    operation, done = asked("hang"), list[Event]()
    timer = threading.Timer(0.2, remote.hurry, (operation,))
    with pytest.raises(EngineEnded):
        for event in remote.run(operation):
            done.append(event)
            if isinstance(event, Stepped) and event.frame.call == FAILING_CALL - 1:
                timer.start()
    timer.join()
    assert not psutil.pid_exists(processes.newest)
    assert sum(isinstance(event, Stepped) for event in done) == FAILING_CALL


def test_a_hurried_run_hurries_no_task_beside_it(processes: Processes) -> None:
    remote = processes.engine(device="0.5", stops_within_s=0.05)
    run = asked("a")
    next(paused := remote.run(run))
    remote.hurry(run)
    assert isinstance(last_of(remote, Generate(GenerationRequest("b", steps=2))), ImageReady)
    paused.close()
    remote.close()
    assert len(processes.started) == 1


def test_a_stopped_engine_that_does_not_answer_is_ended(remote: RemoteEngine, processes: Processes) -> None:
    events = remote.run(asked("a"))
    next(events)
    psutil.Process(before := processes.newest).suspend()
    events.close()
    assert not psutil.pid_exists(before)
    assert isinstance(last_of(remote, asked("a")), ImageReady)


def test_a_run_goes_on_where_it_was_after_any_end_of_its_engine(processes: Processes, tmp_path: Path) -> None:
    remote = processes.engine(device="0.002")
    whole = last_of(remote, Generate(REQUEST, run="r"))
    assert isinstance(whole, ImageReady)
    dice = random.Random(time.time_ns())
    for number in range(KILLS):
        folder = tmp_path / str(number)
        recorder = FilmRecorder(lambda folder=folder: folder)
        result_of(remote, ReportMemory())
        process = psutil.Process(processes.newest)
        timer = threading.Timer(dice.random() * 0.1, dice.choice((process.kill, process.terminate)))
        timer.start()
        told = list[Event]()
        try:
            for event in recorder.record(remote.run(Generate(REQUEST, run="r"))):
                told.append(event)
        except EngineEnded:
            steps = [event for event in told if isinstance(event, Stepped)]
            parts, is_whole = unfinished(folder), any(isinstance(event, ImageReady) for event in told)
            assert [part.step for part in parts] == [len(steps)] * (bool(steps) and not is_whole)
            if parts:
                found = list(recorder.record(remote.run(Resume(parts[0].path, parts[0].request))))[-1]
                assert isinstance(found, ImageReady)
                assert not difference(found.film, whole.film)
        timer.join()
        process.wait(LONGEST_S)
    remote.close()
    assert not [child for child in processes.started if psutil.pid_exists(child.number)]


PARENT = """
import sys
from pathlib import Path
from core.runs.operations import Generate
from tests.core.remote.processes import FAKE, Processes
from tests.core.remote.test_child import REQUEST, asked
processes = Processes(Path(sys.argv[1]), FAKE)
remote = processes.engine(device="0.05")
for event in remote.run(asked(sys.argv[2])):
    print(processes.newest, flush=True)
"""


@pytest.mark.parametrize("prompt", ["a", "hang"])
def test_no_process_outlives_the_window(tmp_path: Path, prompt: str) -> None:
    command = (sys.executable, "-c", PARENT, str(tmp_path), prompt)
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, env=environment(tmp_path), cwd=ROOT) as parent:
        assert parent.stdout is not None
        for _ in range(5):
            child = int(parent.stdout.readline())
        parent.kill()
        assert has_ended(child)  # pyright: ignore[reportPossiblyUnboundVariable]


def test_another_program_is_refused_by_name(tmp_path: Path) -> None:
    for program in ("print('Welcome to this computer')", "import sys; sys.exit(7)", "print('x' * 10**6)"):
        processes = Processes(tmp_path, (sys.executable, "-c", program))
        with pytest.raises((WireBroken, EngineEnded)):
            processes.engine()
        assert not psutil.pid_exists(processes.newest)


def test_a_program_that_is_not_there_is_told_as_an_engine_that_has_ended(tmp_path: Path) -> None:
    with pytest.raises(EngineEnded, match="No such file"):
        Processes(tmp_path, (str(tmp_path / "emulsion"),)).engine()


def test_the_command_is_for_programs_only(tmp_path: Path) -> None:
    command = (sys.executable, "-m", "app", "engine")
    ended = subprocess.run(command, capture_output=True, env=environment(tmp_path), cwd=ROOT, check=False)
    assert ended.returncode == 2
    assert b"--stdio" in ended.stderr
