"""The real program in processes of its own, each with a home of the test's."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.patience import LONGEST_S

ROOT = Path(__file__).resolve().parents[2]


def environment_of(home: Path) -> dict[str, str]:
    """Returns an environment like a desktop's, on Qt's offscreen platform."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    runtime = home / "run"
    runtime.mkdir(parents=True, exist_ok=True, mode=0o700)
    return {**kept, "HOME": str(home), "XDG_RUNTIME_DIR": str(runtime), "QT_QPA_PLATFORM": "offscreen"}


def start_program(home: Path, *arguments: str, environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """Starts ``emulsion``, and does not wait."""
    return subprocess.Popen(
        [sys.executable, "-m", "app", *arguments],
        cwd=ROOT,
        env=environment or environment_of(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def data_folder(home: Path) -> Path:
    return home / ".local" / "share" / "Emulsion"


def log_text(home: Path) -> str:
    """Returns the program's log up to now."""
    file = home / ".local" / "state" / "Emulsion" / "log" / "emulsion.log"
    return file.read_text("utf-8", "replace") if file.exists() else ""


def wait_until_logged(home: Path, words: str, program: subprocess.Popen[str], times: int = 1) -> None:
    """Until the program has logged these words so many times."""
    end = time.monotonic() + LONGEST_S
    while log_text(home).count(words) < times:
        assert program.poll() is None, program.communicate()
        assert time.monotonic() < end, log_text(home)
        time.sleep(0.05)


def wait_until_open(home: Path, program: subprocess.Popen[str], times: int = 1) -> None:
    """Until the program has shown its window."""
    wait_until_logged(home, "the window is open", program, times)


def end_program(program: subprocess.Popen[str]) -> int:
    """Asks the program to end, as a session's end does, and returns its exit code."""
    if program.poll() is None:
        program.terminate()
    try:
        program.communicate(timeout=LONGEST_S)
    except subprocess.TimeoutExpired:
        program.kill()
        program.communicate()
        raise
    return program.returncode
