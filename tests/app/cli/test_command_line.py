from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.command_line import COMMANDS, run_command
from core.version import VERSION


def test_the_version_is_the_one_of_the_project() -> None:
    project = Path(__file__).parents[3].joinpath("pyproject.toml").resolve().read_text("utf-8")
    assert f'version = "{VERSION}"' in project


def test_the_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["--help"], None) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert all(name in told and command.about in told for name, command in COMMANDS.items())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command([command, "--help"], None) == 0
    assert "usage: emulsion" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["paint"], ["--colour"], ["generate"], ["info"]])
def test_mistakes_are_answered_with_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(arguments, None) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert len(told.err.splitlines()) == 1
    assert "--help" in told.err


def test_results_into_a_closed_pipe_are_no_traceback() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()
    process.wait()
