"""The window is closed at any moment: it ends in seconds, leaves no process, and loses no finished picture.

``EMULSION_QUITS=50`` closes it as often, at moments that ``EMULSION_QUIT_SEED`` chooses.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from PIL import Image

from tests.app.programs import ROOT, environment_of, log_text
from tests.patience import LONGEST_S

QUITS = int(os.environ.get("EMULSION_QUITS", "2"))
CHOICE = random.Random(int(os.environ.get("EMULSION_QUIT_SEED", "7")))
LATEST_S = 14.0
"""Importing the engine takes a good part of it, and some pictures are finished before the end."""

ENDS_WITHIN_S = 40.0
"""Five on a quiet machine; to wait for all runs would take longer than this."""
MOMENTS = [CHOICE.uniform(0.0, LATEST_S) for _ in range(QUITS)]


@pytest.mark.parametrize("moment", MOMENTS)
def test_closed_at_any_moment_it_ends_soon_and_loses_nothing(moment: float, tmp_path: Path) -> None:
    home, notes = tmp_path / "home", tmp_path / "notes"
    home.mkdir()
    notes.write_text("")
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.app.driving", str(moment), "100"],
        cwd=ROOT,
        env={**environment_of(home), "EMULSION_NOTES": str(notes)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    output = program.communicate(timeout=LONGEST_S)
    ended = time.time()
    said = notes.read_text("utf-8").splitlines()
    assert program.returncode == 0, output
    assert ended - closed_at(said) < ENDS_WITHIN_S, log_text(home)
    assert not left_in_session(program.pid)
    pictures = sorted((home / "Pictures").rglob("*.png"))
    assert [path for path in saved(said) if path not in pictures] == []
    for picture in pictures:
        with Image.open(picture) as opened:
            opened.load()
    assert not list((home / "Pictures").rglob("*.tmp"))
    settings = json.loads((home / ".config" / "Emulsion" / "settings.json").read_text("utf-8"))
    assert settings["draft"]["prompt"]
    assert "Traceback" not in log_text(home)


def closed_at(said: list[str]) -> float:
    return next(float(line.removeprefix("closed ")) for line in said if line.startswith("closed "))


def saved(said: list[str]) -> list[Path]:
    return [Path(line.removeprefix("saved ")) for line in said if line.startswith("saved ")]


def left_in_session(session: int) -> list[int]:
    """Processes that the program has started and left behind."""
    left: list[int] = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                left.append(process.pid)
        except (psutil.NoSuchProcess, ProcessLookupError, PermissionError):
            continue
    return left
