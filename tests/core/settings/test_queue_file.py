"""The queue on the disk: it comes back whole, and what cannot be read is told and kept."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.grid.folder import new_folder
from core.grid.operation import MakeGrid
from core.grid.planning import plan
from core.paths import Folders
from core.pictures.saving import save_in
from core.recipes.refinement import Refinement
from core.request.request import LARGEST_SEED, Autoencoder, GenerationRequest, Lora, Size, Source, Upscaler
from core.runs.enlargement import EnlargeFiles
from core.runs.operations import BranchPoint, Generate, Resume
from core.runs.queued import QueuedRun
from core.runs.refining import Refining
from core.settings.queue_file import DAMAGED_NAME, FILE_NAME, load_queue, save_queue
from tests.pictures import generated_image

REQUEST = GenerationRequest(
    "مرحبا, a red house",
    "blurred",
    size=Size(256, 64),
    sampler="euler",
    steps=9,
    guidance_scale=2.5,
    seed=LARGEST_SEED,
    count=7,
    source=Source("/home/someone/house.png", 0.5, "ab" * 32),
    loras=(Lora("ink", 0.5, "0123456789ab"), Lora("/loras/snow.safetensors", -1.0, is_on=False)),
    autoencoder=Autoencoder("/vae/fine.safetensors", "cd" * 32),
    clip_skip=2,
)
RUNS = (
    QueuedRun(1, Generate(REQUEST, batch="0af1"), 7, LARGEST_SEED, 15, 3),
    QueuedRun(2, Resume(Path("/films/x.film.safetensors.part"), replace(REQUEST, count=1)), problem="No memory"),
    QueuedRun(3, Resume(Path("/q/x.film.safetensors"), REQUEST, branch_at=BranchPoint(5, 7, 0.25, LARGEST_SEED))),
)


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(*(tmp_path / name for name in Folders.__dataclass_fields__))


def facts(run: QueuedRun) -> tuple[object, ...]:
    resumed = run.operation if isinstance(run.operation, Resume) else None
    path, point = (resumed.path, resumed.branch_at) if resumed is not None else (None, None)
    taken = run.count, run.first_seed, run.begun, run.passed
    return run.operation.made, path, point, *taken, run.hold_after, run.problem


def test_everything_comes_back_on_hold(folders: Folders) -> None:
    save_queue(RUNS, folders)
    stored = load_queue(folders)
    assert stored.problem is None
    assert [facts(run) for run in stored.runs] == [facts(run) for run in RUNS]
    assert all(run.is_on_hold for run in stored.runs)


def test_pictures_that_were_being_made_in_several_places_come_back(folders: Folders) -> None:
    run = QueuedRun(1, Generate(REQUEST, batch="0af1"), 7, LARGEST_SEED, 15, 7, (1, 4))
    save_queue((run,), folders)
    assert [facts(back) for back in load_queue(folders).runs] == [facts(run)]


def test_a_grid_comes_back_with_the_pictures_that_are_not_in_its_folder(folders: Folders, tmp_path: Path) -> None:
    grid = plan(replace(REQUEST, count=1), [("steps", "1-5")])
    place = new_folder(grid, tmp_path / "pictures")
    image = generated_image()
    save_in(replace(image, recipe=replace(image.recipe, run=grid.run_of(2))), place)
    waiting = QueuedRun(1, MakeGrid(grid, place, grid.order), grid.count, begun=1)
    failed = QueuedRun(2, MakeGrid(grid, place, (2,)), problem="No memory")
    save_queue((waiting, failed), folders)
    stored = load_queue(folders)
    assert stored.problem is None
    (back,) = stored.runs  # the one that failed has been made since
    assert isinstance(back.operation, MakeGrid)
    assert (back.operation.grid, back.operation.place, back.operation.numbers) == (grid, place, (1, 3, 4))
    assert (back.count, back.begun, back.is_on_hold) == (3, 0, True)
    shutil.rmtree(place)
    gone = load_queue(folders)
    assert gone.runs == ()
    assert gone.problem is not None
    assert f"{place}: No such file" in str(gone.problem)


def test_what_is_to_be_enlarged_comes_back_without_what_is_done(folders: Folders) -> None:
    paths = tuple(Path(f"/pictures/{name}.png") for name in "abc")
    save_queue((QueuedRun(1, EnlargeFiles(paths, Upscaler("4x-Sharp"), 2048), 3, begun=1),), folders)
    (run,) = load_queue(folders).runs
    assert run == QueuedRun(1, EnlargeFiles(paths[1:], Upscaler("4x-Sharp"), 2048), 2, is_on_hold=True)


@pytest.mark.parametrize("upscaler", [None, Upscaler("4x-Sharp", 2.0)])
@pytest.mark.parametrize(
    "refining",
    [
        Refining(Refinement(0.25, 512)),
        Refining(Refinement(1.0), REQUEST, is_own=False, prompt="a tree", seed=LARGEST_SEED),
        Refining(Refinement(0.5), GenerationRequest("")),
    ],
)
def test_a_refinement_comes_back_as_it_was_asked_for(
    folders: Folders, upscaler: Upscaler | None, refining: Refining
) -> None:
    waiting = EnlargeFiles((Path("/pictures/a.png"),), upscaler, 0, refining)
    save_queue((QueuedRun(1, waiting, 1),), folders)
    (run,) = load_queue(folders).runs
    assert run.operation == waiting


def test_without_a_file_nothing_waits(folders: Folders) -> None:
    assert load_queue(folders) == load_queue(folders)
    assert load_queue(folders).runs == ()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 1}', '{"format": 99, "runs": []}', "\0", "[" * 9999])
def test_a_broken_file_is_told_and_kept(folders: Folders, text: str) -> None:
    folders.data.mkdir(parents=True)
    (folders.data / FILE_NAME).write_text(text)
    stored = load_queue(folders)
    assert stored.runs == ()
    assert stored.problem is not None
    assert stored.problem.path == folders.data / DAMAGED_NAME
    assert stored.problem.path.read_text() == text


def damage(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda content: content["runs"][0].__setitem__(name, value)


@pytest.mark.parametrize("name", ["request", "count", "first_seed", "hold_after", "begun", "problem", "film"])
@pytest.mark.parametrize("value", ["no", {}, [1], True, 1.5])
def test_a_damaged_entry_costs_only_itself(folders: Folders, name: str, value: object) -> None:
    if (name, value) in (("problem", "no"), ("film", "no")):
        return
    save_queue(RUNS, folders)
    path = folders.data / FILE_NAME
    content = json.loads(path.read_text())
    damage(name, value)(content)
    path.write_text(json.dumps(content))
    stored = load_queue(folders)
    assert [facts(run) for run in stored.runs] == [facts(run) for run in RUNS[1:]]
    assert stored.problem is not None
    assert "1 of 3" in stored.problem.reason
    assert json.loads(stored.problem.path.read_text()) == content


@pytest.mark.parametrize("name", ["call", "remaining_steps", "fresh_noise", "noise_seed"])
@pytest.mark.parametrize("value", ["no", {}, True])
def test_a_damaged_branch_costs_only_itself(folders: Folders, name: str, value: object) -> None:
    save_queue(RUNS, folders)
    path = folders.data / FILE_NAME
    content = json.loads(path.read_text())
    content["runs"][2]["branch"][name] = value
    path.write_text(json.dumps(content))
    assert [facts(run) for run in load_queue(folders).runs] == [facts(run) for run in RUNS[:2]]


def test_numbers_out_of_range_are_brought_into_it(folders: Folders) -> None:
    save_queue(RUNS, folders)
    path = folders.data / FILE_NAME
    content = json.loads(path.read_text())
    for name, value in (("count", 9**9), ("begun", 9**9), ("hold_after", -3), ("first_seed", -1)):
        damage(name, value)(content)
    path.write_text(json.dumps(content))
    run = load_queue(folders).runs[0]
    assert (run.count, run.left, run.hold_after, run.first_seed) == (1000, 1, 1, 0)
