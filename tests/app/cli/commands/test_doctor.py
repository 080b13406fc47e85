from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from core.engine import measuring
from core.version import VERSION
from tests.app.cli.commands.conftest import Answer

Run = Callable[..., Answer]


def test_versions_device_folders_and_models_are_told(run: Run) -> None:
    answer = run("doctor", "--device", "cpu", "--dtype", "float32")
    assert answer.code == 0
    assert f"Emulsion             {VERSION}" in answer.output
    assert "in float32: device: as asked" in answer.output
    assert "cuda: " in answer.output
    assert "starter-model" in answer.output


def test_json_says_the_same(run: Run, home: Path) -> None:
    report = json.loads(run("doctor", "--json", "--device", "cpu").output)
    assert report["versions"]["torch"].startswith("2.")
    assert report["device"]["device"] == "cpu"
    assert Path(report["folders"]["settings"]["path"]).is_relative_to(home)
    assert report["folders"]["pictures"]["state"] == "not there yet"


@pytest.mark.parametrize("is_json", [False, True])
def test_it_measures_without_naming_a_folder(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch, is_json: bool
) -> None:
    monkeypatch.setattr(measuring, "STEPS", 2)
    monkeypatch.setattr(measuring, "ROUNDS", 1)
    answer = run("doctor", "--measure", "--device", "cpu", *(["--json"] if is_json else []))
    assert answer.code == 0
    assert str(home) not in answer.output
    if is_json:
        lines = [json.loads(line) for line in answer.output.splitlines()]
        assert {"name": "made again", "value": "equal bits", "unit": "", "ok": True} in lines
    else:
        assert f"Emulsion                           {VERSION}" in answer.output
        assert "made again                         equal bits ok" in answer.output
    monkeypatch.setattr(measuring, "failure_of", lambda _device: "it is broken")  # pyright: ignore
    assert run("doctor", "--measure", "--device", "cpu").code == 1


def test_a_device_that_is_not_there_is_one_line_and_code_2(run: Run) -> None:
    answer = run("doctor", "--device", "nope")
    assert (answer.code, answer.output, len(answer.errors.splitlines())) == (2, "", 1)


def test_every_part_can_be_loaded_on_request(run: Run) -> None:
    answer = run("doctor", "--parts", "--device", "cpu")
    assert answer.code == 0
    assert answer.output.endswith("Broken parts\n  none\n")
