"""An engine on another computer by ssh: its line may be cut at any time, and each trouble is told by its name."""

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

import pytest

from core.errors import EngineEnded, InvalidRequest, WireBroken
from core.film.stored import unfinished
from core.remote.away import ComputerAway, Trouble
from core.remote.client import RemoteEngine
from core.remote.ssh import SshSessions
from core.request.request import GenerationRequest, Size
from core.runs.events import Event, ImageReady, LineLost, Stepped
from core.runs.operations import Generate, Resume
from core.runs.recorder import FilmRecorder
from core.settings.computers import Computer
from tests.core.remote.far import FarEngines, Sshd, away_while
from tests.core.remote.processes import ROOT, environment
from tests.core.remote.values import difference
from tests.patience import LONGEST_S

FAKE = "tests.core.remote.fake_process"
REQUEST = GenerationRequest("a", size=Size(64, 64), steps=30, seed=3)
CUTS = int(os.environ.get("EMULSION_CUTS", "4"))


@pytest.fixture
def far(sshd: Sshd, tmp_path: Path) -> FarEngines:
    return FarEngines(tmp_path / "home", (str(away_while(tmp_path)), *sshd.ssh[1:]), FAKE)


@pytest.fixture
def remote(far: FarEngines) -> Iterator[RemoteEngine]:
    remote = far.engine("0.01")
    yield remote
    remote.close()
    assert far.waited_for_the_end()


def last_of(remote: RemoteEngine, request: GenerationRequest = REQUEST) -> Event:
    *_, last = remote.run(Generate(request, run="r"))
    return last


def test_a_cut_line_is_told_and_nothing_of_the_run_is_lost(far: FarEngines, remote: RemoteEngine) -> None:
    whole = last_of(remote)
    assert isinstance(whole, ImageReady)
    dice = random.Random(time.time_ns())
    for _ in range(CUTS):
        timer = threading.Timer(dice.random() * 0.6, far.cut)
        timer.start()
        events = [event for event in remote.run(Generate(REQUEST, run="r")) if not isinstance(event, LineLost)]
        timer.join()
        assert [event.frame.call for event in events if isinstance(event, Stepped)] == list(range(REQUEST.steps))
        assert isinstance(events[-1], ImageReady)
        assert not difference(events[-1].film, whole.film)
    assert len(far.processes()) == 2  # the engine, and the relay to it


def test_a_line_that_is_lost_is_told_once(far: FarEngines, remote: RemoteEngine) -> None:
    lost = list[LineLost]()
    for event in remote.run(Generate(REQUEST)):
        if isinstance(event, Stepped) and event.frame.call == 2:
            far.cut()
        if isinstance(event, LineLost):
            lost.append(event)
    assert [event.name for event in lost] in ([], ["studio-pc"])  # back before anybody has looked


def test_a_run_can_be_stopped_and_another_one_made_after_a_cut(far: FarEngines, remote: RemoteEngine) -> None:
    for at in range(3):
        run = remote.run(Generate(REQUEST))
        for event in run:
            if isinstance(event, Stepped) and event.frame.call == at:
                far.cut()
                run.close()
        assert isinstance(last_of(remote), ImageReady)


def test_the_run_goes_on_while_the_line_is_away(far: FarEngines, remote: RemoteEngine, tmp_path: Path) -> None:
    steps = list[Stepped]()
    for event in remote.run(Generate(REQUEST)):
        if isinstance(event, Stepped):
            steps.append(event)
            if event.frame.call == 2:
                (tmp_path / "away").touch()
                far.cut()
        if isinstance(event, LineLost):
            assert far.waited_for_events(REQUEST.steps)
            (tmp_path / "away").unlink()
    assert [step.frame.call for step in steps] == list(range(REQUEST.steps))


def test_a_line_that_does_not_come_back_keeps_the_film_and_the_run_can_be_resumed(
    far: FarEngines, remote: RemoteEngine, tmp_path: Path
) -> None:
    whole = last_of(remote)
    assert isinstance(whole, ImageReady)
    far.sessions.gives_up_s = 0.5
    recorder, folder = FilmRecorder(lambda: tmp_path / "films"), tmp_path / "films"
    with pytest.raises(ComputerAway) as away:
        for event in recorder.record(remote.run(Generate(REQUEST, run="r"))):
            if isinstance(event, Stepped) and event.frame.call == 10:
                (tmp_path / "away").touch()
                far.cut()
    assert (away.value.trouble, "unreachable" in away.value.detail) == (Trouble.lost, True)
    (part,) = unfinished(folder)
    assert part.step >= 11
    (tmp_path / "away").unlink()
    *_, last = recorder.record(remote.run(Resume(part.path, part.request)))  # the session of before ends for it
    assert isinstance(last, ImageReady)
    assert not difference(last.film, whole.film)


def test_stopping_does_not_wait_for_a_line_that_is_away(far: FarEngines, tmp_path: Path) -> None:
    remote = far.engine("0.01", stops_within_s=LONGEST_S)
    operation = Generate(REQUEST)
    with pytest.raises(EngineEnded):
        for event in remote.run(operation):
            if isinstance(event, Stepped) and event.frame.call == 3:
                (tmp_path / "away").touch()
                far.cut()
            if isinstance(event, LineLost):
                remote.hurry(operation)
    (tmp_path / "away").unlink()
    assert isinstance(last_of(remote), ImageReady)
    remote.close()
    assert far.waited_for_the_end()


def test_an_engine_that_breaks_down_there_is_told_and_its_trace_is_in_the_log(
    far: FarEngines, remote: RemoteEngine, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO), pytest.raises(EngineEnded, match="studio-pc"):
        last_of(remote, GenerationRequest("abort", size=Size(64, 64), steps=6, seed=3))
    assert "Fatal Python error: Aborted" in "\n".join(record.getMessage() for record in caplog.records)
    assert isinstance(last_of(remote), ImageReady)


WINDOW = """
import sys
from pathlib import Path
from core.runs.operations import Generate
from tests.core.remote.far import FarEngines
from tests.core.remote.test_ssh import FAKE, REQUEST
remote = FarEngines(Path(sys.argv[1]), tuple(sys.argv[2:]), FAKE).engine("0.05")
for event in remote.run(Generate(REQUEST)):
    print("going", flush=True)
"""


def test_no_process_stays_there_when_the_window_is_killed(sshd: Sshd, tmp_path: Path) -> None:
    far = FarEngines(tmp_path / "home", sshd.ssh, FAKE)
    command = (sys.executable, "-c", WINDOW, str(tmp_path / "home"), *sshd.ssh)
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment(tmp_path), cwd=ROOT) as window:
        assert window.stdout is not None
        for _ in range(3):
            assert window.stdout.readline()
        assert far.processes()
        window.kill()
    assert far.waited_for_the_end()


def test_no_process_stays_there_when_the_line_was_cut_just_before_the_end(far: FarEngines) -> None:
    remote = far.engine("0.01", stops_within_s=LONGEST_S)
    assert isinstance(last_of(remote), ImageReady)
    far.cut()
    remote.close()
    assert far.waited_for_the_end()


def test_the_folder_of_sessions_is_the_users_alone(far: FarEngines, remote: RemoteEngine) -> None:
    assert isinstance(last_of(remote), ImageReady)
    ((folder, socket),) = [(path.parent, path) for path in far.home.rglob("*.sock")]
    assert (folder.stat().st_mode & 0o777, socket.stat().st_mode & 0o777) == (0o700, 0o600)


TOLD = {
    "ssh: Could not resolve hostname studio-pc: Name or service not known": (255, Trouble.unknown_host),
    "ssh: connect to host studio-pc port 22: Connection refused": (255, Trouble.refused),
    "ssh: connect to host studio-pc port 22: Connection timed out": (255, Trouble.no_answer),
    "ssh: connect to host 10.0.0.9 port 22: No route to host": (255, Trouble.no_answer),
    "No ED25519 host key is known for studio-pc and you have requested strict checking.\n"
    "Host key verification failed.": (255, Trouble.unknown_key),
    "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.": (
        255,
        Trouble.changed_key,
    ),
    "me@studio-pc: Permission denied (publickey,password).": (255, Trouble.no_login),
    "bash: line 1: emulsion: command not found": (127, Trouble.no_emulsion),
    "sh: 1: emulsion: not found": (127, Trouble.no_emulsion),
    "emulsion: error: unrecognized arguments: --session 00": (2, Trouble.other_version),
    "'emulsion' is not recognized as an internal or external command,": (1, Trouble.no_emulsion),
    "Traceback (most recent call last):\nModuleNotFoundError: No module named 'app'": (1, Trouble.something_else),
    "": (0, Trouble.something_else),
}


def fake_ssh(folder: Path, *lines: str) -> tuple[str]:
    script = folder / "fake-ssh"
    script.write_text("\n".join(("#!/bin/sh", *lines)) + "\n")
    script.chmod(0o755)
    return (str(script),)


@pytest.mark.parametrize(("words", "expected"), TOLD.items(), ids=lambda value: str(value)[-30:])
def test_each_trouble_is_told_by_its_name(words: str, expected: tuple[int, Trouble], tmp_path: Path) -> None:
    code, trouble = expected
    ssh = fake_ssh(tmp_path, "echo 'Welcome to this computer.'", f"cat >&2 <<'END'\n{words}\nEND", f"exit {code}")
    with pytest.raises(ComputerAway) as away:
        SshSessions(Computer("me@studio-pc"), ssh)()
    assert (away.value.name, away.value.trouble) == ("me@studio-pc", trouble)


def test_ssh_may_close_its_output_before_it_tells_why_it_ends(tmp_path: Path) -> None:
    ssh = fake_ssh(tmp_path, "exec >&-", "sleep 0.3", "echo 'sh: 1: emulsion: not found' >&2", "exit 127")
    with pytest.raises(ComputerAway) as away:
        SshSessions(Computer("studio-pc"), ssh)()
    assert away.value.trouble is Trouble.no_emulsion


@pytest.mark.parametrize("ssh", ["there is no such program", "/dev/null"])
def test_a_computer_without_ssh_is_told(ssh: str) -> None:
    with pytest.raises(ComputerAway) as away:
        SshSessions(Computer("studio-pc"), (ssh,))()
    assert away.value.trouble is Trouble.no_ssh


def test_what_the_shell_there_says_first_is_passed_over(far: FarEngines) -> None:
    noise = "echo 'Last login: today'; printf 'EMULSION LINE 1'; head -c 100000 /dev/urandom; "
    far.sessions.computer = Computer("studio-pc", noise + far.sessions.computer.command)
    remote = far.engine("0")
    assert isinstance(last_of(remote), ImageReady)
    remote.close()
    assert far.waited_for_the_end()


def test_an_endless_stream_before_the_first_word_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(ComputerAway):
        SshSessions(Computer("studio-pc"), fake_ssh(tmp_path, "exec yes"))()


@pytest.mark.parametrize("greeting", ["new", "old", "off", "not", "xyz"])
def test_another_program_that_says_the_right_word_is_told(greeting: str, tmp_path: Path) -> None:
    ssh = fake_ssh(tmp_path, rf"printf '\nEMULSION LINE 1 {greeting}\n'", "exec cat /dev/urandom")
    with pytest.raises((WireBroken, ComputerAway)):
        FarEngines(tmp_path, ssh, FAKE).engine()


def test_another_version_is_told(sshd: Sshd, tmp_path: Path) -> None:
    far = FarEngines(tmp_path / "home", sshd.ssh, FAKE, "--table", "another")
    with pytest.raises(WireBroken, match="both must be the same"):
        far.engine()
    assert far.waited_for_the_end()


@pytest.mark.parametrize("name", ["", "x", "../../etc/passwd", "0" * 31, "0" * 33, "g" * 32, "0" * 32 + "\n"])
def test_a_session_with_the_name_of_a_path_is_refused(name: str) -> None:
    from app.cli.commands.engine import serve_session
    from app.cli.engine_makers import make_engine

    with pytest.raises(InvalidRequest):
        serve_session(make_engine, name, is_again=False)
