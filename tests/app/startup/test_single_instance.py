"""Of all starts for one data folder one opens the window; the others bring it to the front and end well."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLockFile
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.startup.instance_server import InstanceServer
from app.startup.single_instance import LOCK_NAME, InstanceMessage, address_of, claim
from tests.app.programs import (
    data_folder,
    end_program,
    environment_of,
    log_text,
    start_program,
    wait_until_logged,
    wait_until_open,
)
from tests.patience import LONGEST_S

STARTS = int(os.environ.get("EMULSION_STARTS", "6"))
RAISED = "brings this window to the front"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    return home


@pytest.fixture
def running(home: Path) -> Iterator[subprocess.Popen[str]]:
    program = start_program(home)
    wait_until_open(home, program)
    yield program
    end_program(program)


def test_of_many_starts_in_a_race_one_owns_the_index_and_the_others_end_with_0(home: Path) -> None:
    programs = [start_program(home) for _ in range(STARTS)]
    end = time.monotonic() + LONGEST_S * STARTS
    while sum(program.poll() is None for program in programs) > 1 and time.monotonic() < end:
        time.sleep(0.1)
    owners = [program for program in programs if program.poll() is None]
    errors = [program.communicate()[1] for program in programs if program not in owners]
    codes = [program.returncode for program in programs if program not in owners]
    assert [end_program(owner) for owner in owners] == [0], errors
    assert codes == [0] * (STARTS - 1), errors
    assert log_text(home).count(RAISED) == STARTS - 1
    assert "another Emulsion uses" not in log_text(home)
    assert not (data_folder(home) / LOCK_NAME).exists()


def test_a_picture_given_to_a_second_start_opens_in_the_first_window(
    home: Path, running: subprocess.Popen[str]
) -> None:
    second = start_program(home, str(home / "größe 海.png"))
    assert second.wait(LONGEST_S) == 0
    assert second.communicate() == ("", "")
    wait_until_logged(home, f"{RAISED}, with a picture", running)


def test_a_killed_program_keeps_nobody_from_starting(home: Path, running: subprocess.Popen[str]) -> None:
    running.send_signal(signal.SIGKILL)
    running.communicate()
    assert (data_folder(home) / LOCK_NAME).exists()
    again = start_program(home)
    wait_until_open(home, again, times=2)
    assert end_program(again) == 0


def test_a_start_while_the_first_one_ends_opens_a_window_of_its_own(
    home: Path, running: subprocess.Popen[str]
) -> None:
    running.terminate()
    second = start_program(home)
    running.communicate(timeout=LONGEST_S)
    if RAISED not in log_text(home):  # it came before the first one began to end
        wait_until_open(home, second, times=2)
    assert end_program(second) == 0


def test_commands_work_beside_the_window(home: Path, running: subprocess.Popen[str]) -> None:
    command = start_program(home, "--version")
    assert command.wait(LONGEST_S) == 0
    assert command.communicate()[0].startswith("Emulsion ")


def test_an_owner_that_does_not_answer_is_told_with_its_number(tmp_path: Path, qtbot: QtBot) -> None:
    code = (
        "import sys; from pathlib import Path; from app.startup.single_instance import claim\n"
        "try:\n    claim(Path(sys.argv[1]), patience_s=0.5)\n"
        "except Exception as error:\n    from app.messages.errors import message\n    print(message(error))"
    )
    first = claim(tmp_path)
    assert first is not None
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(first.address)
        deaf.listen()
        second = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)],
            env=environment_of(tmp_path / "home"),
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST_S,
        )
    assert f"already running (process {os.getpid()})" in second.stdout, second.stderr
    assert first.lock is not None
    first.lock.unlock()


def test_a_lock_file_that_was_left_half_written_keeps_nobody_from_starting(tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / LOCK_NAME).write_bytes(b"")
    code = (
        "import sys; from pathlib import Path; from app.startup.single_instance import claim\n"
        "print(claim(Path(sys.argv[1]), patience_s=0.5).lock.isLocked())"
    )
    start = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False, timeout=LONGEST_S
    )
    assert start.stdout == "True\n", start.stderr


def test_the_doorbell_shows_a_minimised_window_and_passes_the_picture_on(tmp_path: Path, qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.showMinimized()
    instance_server = InstanceServer(address_of(tmp_path), window)
    with qtbot.waitSignal(instance_server.picture_asked) as asked:
        knock_at(instance_server, tmp_path, InstanceMessage(tmp_path / "a.png").to_line())
    assert asked.args == [tmp_path / "a.png"]
    assert not window.isMinimized()
    instance_server.close()


@pytest.mark.parametrize(
    "line", [b"hello\n", b"[]\n", b'{"picture": 3, "activation": ""}\n', b"[" * 50_000 + b"\n"]
)
def test_nonsense_at_the_door_is_not_answered(tmp_path: Path, qtbot: QtBot, line: bytes) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    instance_server = InstanceServer(address_of(tmp_path), window)
    with socket.socket(socket.AF_UNIX) as visitor:
        visitor.connect(address_of(tmp_path))
        visitor.sendall(line)
        visitor.settimeout(0.01)
        qtbot.waitUntil(lambda: is_left(visitor))
    instance_server.close()


def test_a_closed_window_is_not_raised_again(tmp_path: Path, qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    instance_server = InstanceServer(address_of(tmp_path), window)
    with socket.socket(socket.AF_UNIX) as visitor:
        visitor.connect(address_of(tmp_path))
        visitor.sendall(InstanceMessage().to_line())
        visitor.settimeout(0.01)
        qtbot.waitUntil(lambda: is_left(visitor))
    assert not window.isVisible()
    instance_server.close()


@pytest.mark.parametrize(
    "instance_message", [InstanceMessage(), InstanceMessage(Path("/a/größe \udcff.png"), "token")]
)
def test_a_message_is_one_line_and_comes_back_as_it_was(instance_message: InstanceMessage) -> None:
    line = instance_message.to_line()
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert InstanceMessage.from_line(line) == instance_message


def test_a_folder_that_cannot_be_written_is_no_reason_not_to_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    claimed = claim(tmp_path / "file" / "data")
    assert claimed is not None
    assert claimed.lock is None


def test_the_address_of_a_deep_folder_is_short_enough_for_a_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("folder" * 30)
    assert len(address_of(deep)) < 100
    assert address_of(deep) != address_of(tmp_path / ("folder" * 31))


def test_the_lock_has_no_age_at_which_it_is_stale(tmp_path: Path) -> None:
    first = claim(tmp_path)
    assert first is not None
    assert first.lock is not None
    long_ago = time.time() - 400 * 86400
    os.utime(tmp_path / LOCK_NAME, (long_ago, long_ago))
    other = QLockFile(str(tmp_path / LOCK_NAME))
    other.setStaleLockTime(0)
    assert not other.tryLock(0)
    first.lock.unlock()


def knock_at(instance_server: InstanceServer, data: Path, line: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as visitor:
        visitor.connect(address_of(data))
        visitor.sendall(line)


def is_left(visitor: socket.socket) -> bool:
    try:
        return visitor.recv(10) == b""
    except TimeoutError:
        return False
    except ConnectionResetError:
        return True
