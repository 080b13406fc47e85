from __future__ import annotations

import argparse
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.command_line import COMMANDS, run_command
from app.cli.parser_words import WORDS
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
    assert "Usage: emulsion" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["paint"], ["--colour"], ["generate"], ["info"]])
def test_mistakes_are_answered_with_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(arguments, None) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert len(told.err.splitlines()) == 1
    assert "--help" in told.err


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(["generate", "x", "--source", "a.png"], "generate"), (["models", "list", "--loud"], "models list")],
)
def test_an_unknown_option_is_answered_with_its_commands_own_help(
    arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(arguments, None) == 2
    told = capsys.readouterr().err
    assert arguments[2] in told
    assert told.endswith(f"; emulsion {named} --help explains\n")


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


@pytest.mark.parametrize("english", WORDS)
def test_argparse_still_says_what_is_put_into_other_words(english: str) -> None:
    assert english in inspect.getsource(argparse).replace('" "', "").replace("' '", "")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["paint"], "COMMAND: “paint” is not one of "),
        (["generate"], "missing: PROMPT; "),
        (["info", "x.png", "--colour"], "not known here: --colour; "),
        (["gallery", "search", "x", "--sort", "up"], "--sort: “up” is not one of "),
        (["generate", "x", "--count"], "--count: needs a value; "),
    ],
)
def test_mistakes_are_told_in_plain_words(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(arguments, None) == 2
    assert told in capsys.readouterr().err
