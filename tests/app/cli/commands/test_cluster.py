"""Pictures of commands by the engines of a cluster, by a stand-in for Ray; `tests/cluster` has the real one."""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from app.cli.cluster_engine import make_node_engine
from core.engine.engine import Engine as RealEngine
from core.errors import EngineEnded
from core.film.reader import film_path, read_recording
from core.language.choice import ENGLISH, VARIABLE
from core.models.catalogue import Catalogue
from core.models.folders import Places
from core.models.memory_plan import DeviceMemory
from core.pictures.metadata import read_recipe
from core.remote.messages import MakeEngine, Ready
from core.remote.server import Maker
from core.runs.events import Event, ImageReady, Stepped
from core.runs.operations import Engine, Operation
from tests.app.cli.commands.conftest import Answer
from tests.core.remote.values import difference
from tests.fake_ray import FakeRay
from tests.patience import LONGEST_S

Run = Callable[..., Answer]
Change = Callable[[Event], Event]
FAST = ("--size", "32x24", "--steps", "3", "--seed", "5", "--device", "cpu", "--dtype", "float32", "--film")
READY = Ready("cpu", "CPU", "float32", "as asked", DeviceMemory("cpu", 2, 1))


class ChangedEngine:
    """An engine whose events are changed, or which fails in their place.

    One of them works at a time: in one process, libraries do not load two models at once.
    """

    def __init__(self, engine: Engine, change: Change, turn: threading.Lock) -> None:
        self._engine, self._change, self._turn = engine, change, turn
        self.hurry, self.close = engine.hurry, engine.close

    def run(self, operation: Operation[Any]) -> Generator[Event, None, None]:
        with closing(self._engine.run(operation)) as events:
            while True:
                with self._turn:
                    event = next(events, None)
                if event is None:
                    return
                yield self._change(event)


def unchanged(event: Event) -> Event:
    return event


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FakeRay]:
    """Puts a stand-in for Ray with two nodes into the place of the library."""
    monkeypatch.setenv(VARIABLE, ENGLISH)
    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)

    turn = threading.Lock()

    def put(changes: Callable[[int], Change] = lambda _number: unchanged) -> FakeRay:
        def maker(number: int) -> Maker:
            def make(how: MakeEngine, places: Callable[[], Places]) -> tuple[Engine, Ready]:
                assert how.device == "cpu"
                catalogue = Catalogue(places)
                engine = RealEngine(catalogue, how.device, how.dtype, how.memory, collect=lambda: None)
                return ChangedEngine(engine, changes(number), turn), READY

            return make

        ray = FakeRay(maker, {"CPU": 1.0}, {"CPU": 1.0})
        monkeypatch.setitem(sys.modules, "ray", ray)
        return ray

    return put


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as opened:
        return np.asarray(opened)


def by_seed(folder: Path) -> dict[int, Path]:
    found = {read_recipe(path).request.seed or 0: path for path in folder.glob("*.png")}
    assert len(found) == len([*folder.glob("*.png")])
    return found


def test_pictures_films_and_recipes_are_those_that_are_made_here(
    run: Run, connect: Callable[..., FakeRay], model: Path, tmp_path: Path
) -> None:
    ray = connect()
    asked = ("generate", "a {red|blue|green} house", "--model", model, "--count", 6, *FAST)
    there = run(*asked, "-o", tmp_path / "there", "--cluster", "auto", "--json")
    here = run(*asked, "-o", tmp_path / "here")
    assert (there.code, here.code) == (0, 0), there.errors
    expected, found = by_seed(tmp_path / "here"), by_seed(tmp_path / "there")
    assert [*sorted(found)] == [*range(5, 11)]
    for seed, path in found.items():
        assert np.array_equal(pixels(path), pixels(expected[seed]))
        assert read_recipe(path).request == read_recipe(expected[seed]).request
        calls, others = (read_recording(film_path(one)).calls for one in (path, expected[seed]))
        assert not difference(calls, others)
    told = [json.loads(line) for line in there.lines]
    assert {Path(one["path"]) for one in told} == {*found.values()}
    assert {one["place"].split()[0] for one in told} <= {"emulsion-engine-1", "emulsion-engine-2"}
    assert len({read_recipe(path).batch for path in found.values()}) == 1
    assert "node1 (1), node2 (1)" in there.errors
    assert "RAY_AUTH_MODE=token" in there.errors
    assert not ray.is_up
    assert all(actor.is_gone for actor in ray.actors)


def test_an_actor_with_a_name_of_its_own_has_its_share_of_the_cores_and_is_started_again(
    run: Run, connect: Callable[..., FakeRay], model: Path, tmp_path: Path
) -> None:
    ray = connect()
    run("generate", "a house", "--model", model, *FAST, "-o", tmp_path / "a.png", "--cluster", "auto")
    assert [options["name"] for options in ray.options] == ["emulsion-engine-1", "emulsion-engine-2"]
    assert {(options["num_cpus"], options["max_restarts"]) for options in ray.options} == {(1, -1)}
    assert ray.inits[0]["address"] == "auto"


def test_lost_actors_cost_no_picture_and_double_none(
    run: Run, connect: Callable[..., FakeRay], model: Path, tmp_path: Path
) -> None:
    steps: Counter[int] = Counter()

    def changes(number: int) -> Change:
        def lost(event: Event) -> Event:
            steps[number] += isinstance(event, Stepped)
            if steps[number] in (2, 7, 8) and isinstance(event, Stepped):
                ray.kill(ray.actors[number - 1], no_restart=False)
            return event

        return lost

    ray = connect(changes)
    folder = tmp_path / "there"
    answer = run("generate", "a house", "--model", model, "--count", 8, *FAST, "-o", folder, "--cluster", "auto")
    assert answer.code == 0, answer.errors
    assert [*sorted(by_seed(folder))] == [*range(5, 13)]
    assert len(answer.lines) == 8
    assert "is gone" in answer.errors
    for path in by_seed(folder).values():
        assert len(read_recording(film_path(path)).calls) == 3


def test_nodes_with_other_files_of_the_same_name_end_the_command(
    run: Run, connect: Callable[..., FakeRay], model: Path, tmp_path: Path
) -> None:
    both, first = threading.Barrier(2), {1, 2}

    def changes(number: int) -> Change:
        def other(event: Event) -> Event:
            if not isinstance(event, ImageReady):
                return event
            if number in first:  # each has one
                first.discard(number)
                both.wait(LONGEST_S)
            recipe = event.image.recipe
            recipe = replace(recipe, model=replace(recipe.model, hash=f"{number:010d}"))
            return replace(event, image=replace(event.image, recipe=recipe))

        return other

    connect(changes)
    folder = tmp_path / "there"
    answer = run("generate", "a house", "--model", model, "--count", 4, *FAST, "-o", folder, "--cluster", "auto")
    assert answer.code == 1
    assert "is another file" in answer.errors
    assert len({read_recipe(path).model.hash for path in folder.glob("*.png")}) == 1


def test_a_grid_is_made_by_the_cluster_and_the_rest_after_an_end(
    run: Run, connect: Callable[..., FakeRay], model: Path, tmp_path: Path
) -> None:
    made: list[int] = []

    def changes(number: int) -> Change:
        def limited(event: Event) -> Event:
            made.append(number)
            if len(made) > 40:
                raise EngineEnded("for good")
            return event

        return limited

    connect(changes)
    folder = tmp_path / "grid"
    asked = ("grid", "a house", "--model", model, *FAST, "--x", "steps=2-9", "-o", folder)
    stopped = run(*asked, "--cluster", "auto")
    assert stopped.code == 1
    before = {path: path.read_bytes() for path in folder.glob("*.png") if path.name != "sheet.png"}
    assert 0 < len(before) < 8
    connect()
    resumed = run("grid", "--resume", folder, "--device", "cpu", "--dtype", "float32", "--cluster", "auto")
    assert resumed.code == 0, resumed.errors
    pictures = [path for path in folder.glob("*.png") if path.name != "sheet.png"]
    assert sorted(read_recipe(path).request.steps for path in pictures) == [*range(2, 10)]
    assert all(path.read_bytes() == content for path, content in before.items())


def test_without_ray_the_command_tells_how_to_install_it(
    run: Run, monkeypatch: pytest.MonkeyPatch, model: Path, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    answer = run("generate", "a house", "--model", model, *FAST, "-o", tmp_path / "a.png", "--cluster", "auto")
    assert answer.code == 1
    assert 'pip install "emulsion[cluster]"' in answer.errors


@pytest.mark.parametrize("address", ["nonsense", "ray://host:10001", "127.0.0.1:1"])
def test_an_address_without_a_cluster_is_refused(
    run: Run, connect: Callable[..., FakeRay], model: Path, tmp_path: Path, address: str
) -> None:
    ray = connect()
    answer = run("generate", "a house", "--model", model, *FAST, "-o", tmp_path / "a.png", "--cluster", address)
    assert answer.code == 1
    assert address in answer.errors
    assert not ray.inits


def test_a_node_looks_for_models_in_the_folders_of_both(home: Path, model: Path, tmp_path: Path) -> None:
    from core.models.folders import FixedPlaces
    from core.paths import Folders
    from core.request.request import GenerationRequest, Size
    from core.runs.operations import Generate
    from core.settings.settings import load_settings, save_settings

    settings = load_settings(Folders.default())
    save_settings(replace(settings, model_folders=(model.parent,)), Folders.default())
    engine, _ = make_node_engine(MakeEngine("cpu", "float32"), lambda: FixedPlaces((tmp_path / "elsewhere",)))
    request = GenerationRequest("a house", model=model.name, size=Size(32, 24), steps=1, seed=1)
    assert any(isinstance(event, ImageReady) for event in engine.run(Generate(request)))
    engine.close()
