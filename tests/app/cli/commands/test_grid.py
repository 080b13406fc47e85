"""``emulsion grid``: told before, made, stopped, killed and resumed."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core.grid.folder import SHEET, made, making, read_grid
from core.pictures.metadata import read_recipe
from tests.app.cli.commands.conftest import Answer
from tests.patience import LONGEST_S

Run = Callable[..., Answer]
FAST = ("--device", "cpu", "--dtype", "float32", "--size", "32x24", "--seed", "7")
AXES = ("--x", "steps=2-3", "--y", "search-replace=red,blue", "--z", "guidance=1,4")


def test_a_grid_has_a_picture_for_each_combination_and_a_sheet(run: Run, model: Path, tmp_path: Path) -> None:
    answer = run("grid", "a red house", "--model", model, *FAST, *AXES, "-o", tmp_path / "grid", "--film")
    assert answer.code == 0, answer.errors
    *pictures, sheet = answer.lines
    assert sheet == str(tmp_path / "grid" / SHEET)
    assert "grid of 2 × 2 × 2: 8 pictures, 20 steps, time not known yet" in answer.errors
    grid, folder = read_grid(Path(sheet))
    assert {str(path) for path in made(grid, folder).values()} == set(pictures)
    requests = [read_recipe(Path(path)).request for path in pictures]
    assert [(one.prompt, one.guidance_scale, one.steps) for one in requests] == [
        (f"a {colour} house", scale, steps) for colour in ("red", "blue") for scale in (1, 4) for steps in (2, 3)
    ]
    assert len(list((tmp_path / "grid").glob("*.film.safetensors"))) == 8


def test_json_tells_places_and_the_sheet_and_a_plan_makes_nothing(run: Run, model: Path, tmp_path: Path) -> None:
    asked = ("grid", "a house", "--model", model, *FAST, "--x", "steps=1-2", "--json")
    plan = run(*asked, "--plan")
    assert json.loads(plan.output) == {"size": [2, 1, 1], "pictures": 2, "steps": 3, "seconds": None}
    lines = [json.loads(line) for line in run(*asked).lines]
    assert [line["place"] for line in lines[:2]] == [[0, 0, 0], [1, 0, 0]]
    folder = Path(lines[2]["sheet"]).parent
    assert {Path(line["path"]).parent for line in lines[:2]} == {folder}
    assert json.loads(run(*asked, "--plan").output)["seconds"] > 0  # known from the pictures of before


def test_what_is_missing_is_made_again_and_nothing_twice(run: Run, model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "grid"
    first = run("grid", "a house", "--model", model, *FAST, "--x", "steps=1-3", "-o", folder).lines
    Path(first[1]).unlink()
    again = run("grid", "--resume", folder, "--device", "cpu", "--dtype", "float32")
    assert len(again.lines) == 2
    assert "1 picture, 2 steps" in again.errors
    grid, _ = read_grid(folder)
    assert len(made(grid, folder)) == 3
    assert run("grid", "--resume", folder / SHEET).lines == [str(folder / SHEET)]
    assert run("grid", "a house", "--x", "steps=1", "--model", model, "-o", folder).code == 2
    with making(grid, folder):
        refused = run("grid", "--resume", folder)
    assert "Another running Emulsion makes pictures of the grid" in refused.errors


def test_variants_can_be_switched_off(run: Run, model: Path, tmp_path: Path) -> None:
    prompt, folder = "a {red|blue} house", tmp_path / "grid"
    axes = "--x", "steps=1", "--variants", "off"
    (line, _) = run("grid", prompt, "--model", model, *FAST, *axes, "-o", folder).lines[-2:]
    assert read_recipe(Path(line)).request.prompt == prompt


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("a house", "--x", "steps=1,two"), "“two” is not a possible number of steps"),
        (("a house", "--x", "steps=1", "--y", "guidance=40"), "40.0 is not a possible guidance scale"),
        (("a house", "--x", "steps"), "it must be KIND=VALUES"),
        (("a house",), "A grid needs an axis, on X, Y or Z"),
        (("a house", "--plan"), "--x"),
        (("--x", "steps=1"), "--resume with the sheet of a grid"),
        (("--resume", "gone.png"), "gone.png"),
        (("--resume", "gone.png", "--steps", "5"), "left out with --resume"),
    ],
)
def test_bad_input_is_refused_in_one_line(run: Run, model: Path, arguments: tuple[str, ...], words: str) -> None:
    answer = run("grid", *arguments, *(("--model", model) if "--resume" not in arguments else ()))
    assert (answer.code, answer.output) == (2, "")
    assert words in answer.errors
    assert len(answer.errors.splitlines()) == 1


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_or_killed_grid_is_resumed_where_it_was(
    run: Run, home: Path, model: Path, tmp_path: Path, kind: signal.Signals
) -> None:
    folder = tmp_path / "my grid"
    arguments = ("grid", "a house", "--model", model, *FAST, "--x", "steps=30-34", "-o", folder, "--film")
    process = subprocess.Popen(
        [sys.executable, "-m", "app", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[4])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + LONGEST_S
    while not list(folder.glob("*-7-*.png")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.001)
    process.send_signal(kind)
    _, errors = process.communicate(timeout=LONGEST_S)
    if kind == signal.SIGINT:
        assert process.returncode == 130
        assert f"emulsion grid --resume {shlex.quote(str(folder / SHEET))}" in errors
    grid, _ = read_grid(folder / SHEET)
    before = made(grid, folder)
    assert 1 <= len(before) < 5
    answer = run("grid", "--resume", folder / SHEET, "--device", "cpu", "--dtype", "float32", "--film")
    assert answer.code == 0, answer.errors
    assert len(answer.lines) == 5 - len(before) + 1
    assert sorted(made(grid, folder)) == [0, 1, 2, 3, 4]
    pictures = [path for path in folder.glob("*.png") if path.name != SHEET]
    assert len({read_recipe(path).run for path in pictures}) == len(pictures) == 5  # none was made twice
    assert len(list(folder.glob("*.film.safetensors"))) == 5
