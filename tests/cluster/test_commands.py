"""Commands on a cluster whose nodes are killed; they run as users start them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from itertools import groupby
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from core.film.reader import film_path, read_recording
from core.pictures.metadata import read_recipe
from tests.cluster.conftest import ThreeNodes, engines
from tests.core.remote.values import difference
from tests.patience import LONGEST_S

PICTURES = int(os.environ.get("EMULSION_CLUSTER_PICTURES", "20"))
FAST = ("--size", "32x24", "--steps", "3", "--dtype", "float32", "--film")


def start(environment: dict[str, str], *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "app", *map(str, arguments)]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def pictures(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.png") if path.name != "sheet.png")


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as opened:
        return np.asarray(opened)


@pytest.mark.parametrize("model", ["starter", "tiny"])
def test_nodes_that_are_killed_cost_no_picture_and_double_none(
    model: str, nodes: ThreeNodes, environment: dict[str, str], models: Path, tmp_path: Path
) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    asked: tuple[object, ...] = ("generate", "a {red|blue} house", "--count", PICTURES, "--seed", 1, "--film")
    asked += ("--model", models / "tiny", *FAST) if model == "tiny" else ("--steps", 3)
    command = start(environment, *asked, "-o", there, "--cluster", nodes.address)
    assert command.stdout is not None
    told: list[str] = []
    for line in command.stdout:
        told.append(line.rstrip())
        if len(told) in (PICTURES // 4, PICTURES // 2):
            nodes.kill_one()
            nodes.add_one()
    _, errors = command.communicate(timeout=LONGEST_S)
    assert command.returncode == 0, errors
    assert "is gone" in errors
    found = {read_recipe(path).request.seed: path for path in pictures(there)}
    assert len(told) == len(pictures(there)) == len(found) == PICTURES
    assert {*found} == {*range(1, PICTURES + 1)}
    one_thread = environment | {"OMP_NUM_THREADS": "1"}
    alone = start(one_thread, *asked, "-o", here, "--device", "cpu")
    assert alone.communicate(timeout=LONGEST_S + PICTURES)[1] is not None
    assert alone.returncode == 0
    for path in pictures(here):
        other = found[read_recipe(path).request.seed]
        assert np.array_equal(pixels(path), pixels(other))
        assert not difference(read_recording(film_path(path)).calls, read_recording(film_path(other)).calls)


def test_each_actor_loads_each_of_two_models_once_at_most(
    nodes: ThreeNodes, environment: dict[str, str], models: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "grid"
    axes = ("--x", f"model={models / 'tiny'},{models / 'tiny-v'}", "--y", "seed=1-12")
    command = start(
        environment, "grid", "a house", *FAST, *axes, "-o", folder, "--cluster", nodes.address, "--json"
    )
    output, errors = command.communicate(timeout=LONGEST_S)
    assert command.returncode == 0, errors
    lines = [json.loads(line) for line in output.splitlines()]
    made = [(one["place"].split()[0], one["recipe"]["model"]["key"]) for one in lines if "place" in one]
    assert len(made) == 24
    for place in {place for place, _ in made}:
        loads = [model for model, _ in groupby(model for one, model in made if one == place)]
        assert len(loads) == len({*loads})


def test_ctrl_c_keeps_what_is_there_and_leaves_no_engine(
    nodes: ThreeNodes, environment: dict[str, str], models: Path, tmp_path: Path
) -> None:
    folder, many = tmp_path / "there", ("--count", "1000", "--model", models / "tiny")
    command = start(environment, "generate", "a house", *FAST, *many, "-o", folder, "--cluster", nodes.address)
    assert command.stdout is not None
    for _ in range(5):
        assert command.stdout.readline()
    assert (left := engines())
    command.send_signal(signal.SIGINT)
    command.communicate(timeout=LONGEST_S)
    assert not psutil.wait_procs(left, LONGEST_S)[1]
    assert command.returncode == 130
    assert len(pictures(folder)) >= 5
    assert all(film_path(path).exists() for path in pictures(folder))


def test_a_killed_command_leaves_no_engine(
    nodes: ThreeNodes, environment: dict[str, str], models: Path, tmp_path: Path
) -> None:
    folder, many = tmp_path / "there", ("--count", "1000", "--model", models / "tiny")
    command = start(environment, "generate", "a house", *FAST, *many, "-o", folder, "--cluster", nodes.address)
    assert command.stdout is not None
    assert command.stdout.readline()
    assert (left := engines())
    command.kill()
    command.communicate(timeout=LONGEST_S)
    assert not psutil.wait_procs(left, LONGEST_S)[1]
