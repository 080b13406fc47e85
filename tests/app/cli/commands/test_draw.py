"""``emulsion draw`` and ``--combinations``: what a prompt draws, and all that it can draw."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import pytest

from core.paths import Folders
from core.pictures.metadata import read_recipe
from core.prompt.drawing import draw
from tests.app.cli.commands.conftest import Answer
from tests.app.cli.commands.test_generate import FAST

Run = Callable[..., Answer]
TEMPLATE = "a {red|blue} {house|boat}"


def test_each_seed_draws_what_its_picture_would_have(run: Run) -> None:
    answer = run("draw", TEMPLATE, "--seed", 2**64 - 2, "--count", 4)
    seeds = [2**64 - 2, 2**64 - 1, 0, 1]
    assert answer.lines == [draw(TEMPLATE, seed, Mock()) for seed in seeds]
    answer = run("draw", TEMPLATE, "--negative", "{fog|rain}", "--seed", 3, "--json")
    told = json.loads(answer.lines[0])
    assert told == {
        "seed": 3,
        "prompt": draw(TEMPLATE, 3, Mock()),
        "negative_prompt": draw("{fog|rain}", 3, Mock(), "negative_prompt"),
    }


def test_all_combinations_are_told_in_their_order(run: Run, home: Path) -> None:
    folder = Folders.default().models / "wildcards"
    folder.mkdir(parents=True)
    (folder / "time.txt").write_text("at night\nat noon\n", "utf-8")
    answer = run("draw", "a {red|blue} house __time__", "--combinations")
    assert answer.lines == [f"a {c} house at {t}" for c in ("red", "blue") for t in ("night", "noon")]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("{a|b|c|d}" * 6, "--combinations"), "more than 1000 combinations"),
        (("__nothing__",), "no wildcard called"),
        (("a", "--count", "0"), "number of pictures"),
        (("a", "--seed", "-1"), "seed"),
    ],
)
def test_bad_input_is_one_line_and_code_2(run: Run, arguments: tuple[str, ...], words: str) -> None:
    answer = run("draw", *arguments)
    assert answer.code == 2
    assert words in answer.errors


def test_every_combination_becomes_a_picture(run: Run, model: Path, tmp_path: Path) -> None:
    answer = run(
        "generate", TEMPLATE, "--model", model, *FAST, "--seed", 5, "--combinations", "-o", tmp_path / "all"
    )
    requests = [read_recipe(Path(line)).request for line in answer.lines]
    assert [request.prompt for request in requests] == ["a red house", "a red boat", "a blue house", "a blue boat"]
    assert {(request.template, request.seed) for request in requests} == {(TEMPLATE, 5)}
    assert "4/4" in answer.errors or "4 of 4" in answer.errors
