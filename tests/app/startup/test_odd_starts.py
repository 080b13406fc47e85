"""The window opens and closes also where the surroundings lack something; or a sentence says why not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.app.programs import ROOT, environment_of, start_program
from tests.patience import LONGEST_S

DRIVEN = [sys.executable, "-m", "tests.app.driving", "0.3", "100"]


def drive(home: Path, notes: Path, command: list[str]) -> subprocess.CompletedProcess[str]:
    runtime = notes.parent / "surroundings"
    environment = {**environment_of(runtime), "HOME": str(home), "EMULSION_NOTES": str(notes)}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=LONGEST_S
    )


def test_a_home_in_which_nothing_can_be_made(tmp_path: Path) -> None:
    home, notes = tmp_path / "home", tmp_path / "notes"
    home.write_text("")
    ended = drive(home, notes, DRIVEN)
    assert ended.returncode == 0, ended.stderr
    assert "closed" in notes.read_text("utf-8")


def test_a_home_that_is_not_there_is_made(tmp_path: Path) -> None:
    home, notes = tmp_path / "a" / "häuser mit leerzeichen", tmp_path / "notes"
    assert drive(home, notes, DRIVEN).returncode == 0
    assert (home / ".config" / "Emulsion" / "settings.json").is_file()


def test_streams_that_are_closed(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    ended = drive(tmp_path / "home", notes, ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *DRIVEN])
    assert ended.returncode == 0
    assert "closed" in notes.read_text("utf-8")


def test_without_a_display_a_sentence_says_so(tmp_path: Path) -> None:
    environment = environment_of(tmp_path)
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        environment.pop(name, None)
    program = start_program(tmp_path, environment=environment)
    output, errors = program.communicate(timeout=LONGEST_S)
    if sys.platform == "linux":
        assert (program.returncode, output) == (1, "")
        assert errors.startswith("emulsion: There is no display to open a window on.")
