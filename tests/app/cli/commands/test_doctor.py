from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

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


def test_a_device_that_is_not_there_is_one_line_and_code_2(run: Run) -> None:
    answer = run("doctor", "--device", "nope")
    assert (answer.code, answer.output, len(answer.errors.splitlines())) == (2, "", 1)


def test_every_part_can_be_loaded_on_request(run: Run) -> None:
    answer = run("doctor", "--parts", "--device", "cpu")
    assert answer.code == 0
    assert answer.output.endswith("Broken parts\n  none\n")
