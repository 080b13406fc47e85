"""A home of its own for every test of a command, and a tiny model."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from app.cli.command_line import run_command
from tests import tiny


@dataclass(frozen=True)
class Answer:
    """The output and the exit code of a command."""

    code: int
    output: str
    errors: str

    @property
    def lines(self) -> list[str]:
        return self.output.splitlines()


Run = Callable[..., Answer]


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:  # pyright: ignore[reportUnusedFunction]
    """Networks this small are slower with two threads, and collapse when anything else runs."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tiny.stable_diffusion(tmp_path_factory.mktemp("models") / "tiny")
    unet = json.loads((folder / "unet" / "config.json").read_text("utf-8"))
    assert unet["sample_size"] == 16  # so that pictures are 64x64 by default
    return folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(folder))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_PICTURES_DIR"):
        monkeypatch.setenv(name, str(folder / name.lower()))
    return folder


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Carries out a command line in this process."""

    def run_now(*arguments: object) -> Answer:
        capsys.readouterr()
        code = run_command([str(argument) for argument in arguments], home / "emulsion.log")
        told = capsys.readouterr()
        return Answer(code, told.out, told.err)

    return run_now
