from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.startup.logs import take_last_crash
from tests.app.programs import environment_of
from tests.patience import LONGEST_S


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs code in a new process that has started its logs in the folder."""
    head = "import logging, sys, threading; from pathlib import Path; from app.startup.logs import start_logs\n"
    start = f"logs = start_logs(Path({str(folder)!r}))\n"
    marker = "#start\n"
    code = code if marker in code else marker + code
    return subprocess.run(
        [sys.executable, "-c", head + code.replace(marker, start)], capture_output=True, text=True, check=False
    )


def test_records_go_to_the_log_file_and_not_to_the_terminal(tmp_path: Path) -> None:
    ended = run("logging.getLogger('app').warning('hello 海')", tmp_path / "new")
    assert "WARNING app" in (tmp_path / "new" / "emulsion.log").read_text("utf-8")
    assert "hello 海" in (tmp_path / "new" / "emulsion.log").read_text("utf-8")
    assert (ended.stdout, ended.stderr, ended.returncode) == ("", "", 0)


def test_debug_records_such_as_prompts_are_not_written(tmp_path: Path) -> None:
    run("logging.getLogger('app').debug('a secret prompt')", tmp_path)
    assert (tmp_path / "emulsion.log").read_text() == ""


def test_pythons_warnings_go_to_the_log_file(tmp_path: Path) -> None:
    ended = run("import warnings; warnings.warn('old thing')", tmp_path)
    assert "old thing" in (tmp_path / "emulsion.log").read_text()
    assert ended.stderr == ""


def test_a_windowed_program_without_streams_can_print(tmp_path: Path) -> None:
    code = (
        "sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = None\n#start\n"
        "print('to nobody'); sys.stderr.write('error\\n'); sys.__stderr__.write('error\\n')"
    )
    ended = run(code, tmp_path)
    assert ended.returncode == 0
    assert (tmp_path / "output.log").read_text() == "to nobody\nerror\nerror\n"
    assert take_last_crash(tmp_path) is None


def test_uncaught_errors_are_logged_and_kept_as_a_crash(tmp_path: Path) -> None:
    ended = run("def fail(): raise ZeroDivisionError('in a slot')\nfail()", tmp_path)
    assert ended.returncode == 1
    assert "in a slot" in (tmp_path / "emulsion.log").read_text()
    assert "in a slot" in (tmp_path / "crash.log").read_text()


def test_uncaught_errors_in_threads_are_kept_too(tmp_path: Path) -> None:
    run("t = threading.Thread(target=lambda: 1 / 0); t.start(); t.join()", tmp_path)
    assert "ZeroDivisionError" in (tmp_path / "crash.log").read_text()


def test_a_killed_process_leaves_its_trace(tmp_path: Path) -> None:
    ended = run("import os\nos.abort()", tmp_path)
    assert ended.returncode != 0
    assert "Fatal Python error" in (tmp_path / "crash.log").read_text()


@pytest.mark.parametrize("crash", ["1 / 0", "threading.Thread(target=lambda: 1 / 0).start()", "os.abort()"])
def test_a_command_that_crashes_leaves_nothing_that_the_window_blames(tmp_path: Path, crash: str) -> None:
    code = f"import os\nstart_logs(Path({str(tmp_path)!r}), is_window=False)\n{crash}"
    start = "import sys, threading\nfrom pathlib import Path\nfrom app.startup.logs import start_logs\n"
    ended = subprocess.run([sys.executable, "-c", start + code], capture_output=True, text=True, check=False)
    assert take_last_crash(tmp_path) is None
    if "abort" in crash:
        assert "Fatal Python error" in ended.stderr
    else:
        assert "ZeroDivisionError" in (tmp_path / "emulsion.log").read_text()
        assert ended.stderr.startswith("emulsion: ")
        assert len(ended.stderr.splitlines()) == 1


def test_the_last_crash_is_told_once(tmp_path: Path) -> None:
    run("1 / 0", tmp_path)
    crash = take_last_crash(tmp_path)
    assert crash is not None
    assert "ZeroDivisionError" in crash.read_text()
    run("", tmp_path)
    assert take_last_crash(tmp_path) is None


CLOSED_AFTER_AN_ERROR = """
from PySide6.QtCore import QTimer
from app.startup import application
from app.startup.logs import start_logs
from app.startup.single_instance import claim
folders = application.Folders.default()
folders.data.mkdir(parents=True)
start_logs(folders.logs)
show = application.show_until_closed
def show_and_close(qt, window):
    QTimer.singleShot(0, lambda: 1 / 0)
    QTimer.singleShot(100, window.close)
    return show(qt, window)
application.show_until_closed = show_and_close
application.run(claim(folders.data, None))
"""


def test_an_error_on_the_way_is_no_crash_when_the_window_was_closed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CLOSED_AFTER_AN_ERROR]
    subprocess.run(command, env=environment_of(tmp_path), check=True, timeout=LONGEST_S)
    (log_file,) = tmp_path.rglob("emulsion.log")
    assert "ZeroDivisionError" in log_file.read_text("utf-8")
    assert take_last_crash(log_file.parent) is None


def test_a_folder_that_cannot_be_written_is_no_reason_to_stop(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = run("print(logs.log_file)", tmp_path / "file")
    assert (ended.stdout.strip(), ended.returncode) == ("None", 0)


def test_log_files_rotate(tmp_path: Path) -> None:
    run("for _ in range(40): logging.getLogger('app').info('x' * 100_000)", tmp_path)
    sizes = [path.stat().st_size for path in tmp_path.glob("emulsion.log*")]
    assert len(sizes) == 4
    assert max(sizes) <= 1_000_000
    assert (tmp_path / "emulsion.log").stat().st_size > 0


def test_what_libraries_print_to_closed_streams_ends_in_no_file(tmp_path: Path) -> None:
    file = tmp_path / "crash.log"
    code = (
        "import os, sys; from app.startup.logs import fill_missing_descriptors\n"
        "os.closerange(0, 3); fill_missing_descriptors()\n"
        "open(sys.argv[1], 'w'); os.write(1, b'remark'); os.write(2, b'remark')"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(file)], check=False)
    assert ended.returncode == 0
    assert file.read_bytes() == b""
