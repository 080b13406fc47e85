"""One engine of a cluster, lost or without room, by a stand-in for Ray; `tests/cluster` has the real one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.cli.cluster_engine import make_cluster_engine
from core.cluster import ray_cluster
from core.errors import EngineEnded
from core.models.folders import FixedPlaces, Places
from core.models.memory_plan import DeviceMemory
from core.remote.away import ClusterUnusable
from core.remote.messages import MakeEngine, Ready
from core.remote.server import Maker
from core.request.request import GenerationRequest
from core.runs.events import ImageReady, Loading, Phase, Placed, Stepped
from core.runs.operations import Engine, Generate
from tests.fake_ray import FakeRay
from tests.fakes import FakeEngine

READY = Ready("cpu", "Fake", "float32", "as asked", DeviceMemory("cpu", 2, 1))
OPERATION = Generate(GenerationRequest("a house", steps=3))


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeRay:
    """A cluster of two nodes with fakes of engines."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(ray_cluster, "ROOM_WITHIN_S", 0.0)

    def maker(_number: int) -> Maker:
        def make(how: MakeEngine, _places: Callable[[], Places]) -> tuple[Engine, Ready]:
            assert how.device == "cpu"
            return FakeEngine(), READY

        return make

    monkeypatch.setitem(sys.modules, "ray", started := FakeRay(maker, {"CPU": 1.0}, {"CPU": 1.0}))
    return started


@pytest.fixture
def engine(ray: FakeRay) -> Iterator[Engine]:
    made, ready = make_cluster_engine("auto", MakeEngine("2"), FixedPlaces)
    assert ready.cluster is not None
    assert (ready.cluster.nodes, ready.cluster.cores) == ((("node1", 1), ("node2", 1)), 1)
    yield made
    made.close()
    assert all(actor.is_gone for actor in ray.actors)
    assert not ray.is_up


def test_one_actor_with_the_number_of_its_place_does_all_and_tells_its_node(ray: FakeRay, engine: Engine) -> None:
    assert not ray.actors  # before the first run
    first, second = list(engine.run(OPERATION)), list(engine.run(OPERATION))
    assert first[0] == Loading(Phase.importing)
    assert [isinstance(event, Placed) for event in (first[1], second[0])] == [True, True]
    assert all(isinstance(events[-1], ImageReady) for events in (first, second))
    assert [options["name"] for options in ray.options] == ["emulsion-window-2"]


def test_a_lost_actor_ends_its_run_and_another_one_makes_the_next(ray: FakeRay, engine: Engine) -> None:
    with pytest.raises(EngineEnded):
        for event in engine.run(OPERATION):
            if isinstance(event, Stepped):
                ray.kill(ray.actors[0], no_restart=False)
    assert isinstance(list(engine.run(OPERATION))[-1], ImageReady)
    assert [actor.is_gone for actor in ray.actors] == [True, False]


def test_without_room_a_run_fails_with_a_reason_and_the_next_one_looks_again(ray: FakeRay, engine: Engine) -> None:
    ray.has_room = False
    with pytest.raises(ClusterUnusable, match="no room"):
        list(engine.run(OPERATION))
    ray.has_room = True
    assert isinstance(list(engine.run(OPERATION))[-1], ImageReady)


def test_a_node_with_another_version_is_named_when_a_cluster_is_tested(ray: FakeRay) -> None:
    engine, _ = make_cluster_engine("auto", MakeEngine(), FixedPlaces)
    engine.close()
    ray.program = "Emulsion 0.0.1 (0)"
    with pytest.raises(ClusterUnusable, match=r"node1 has Emulsion 0\.0\.1"):
        make_cluster_engine("auto", MakeEngine(), FixedPlaces)
    assert not ray.is_up
    assert not ray.actors


def test_an_actor_whose_engine_cannot_be_made_leaves_its_room(
    ray: FakeRay, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_torch() -> FakeEngine:
        raise ImportError("no torch")

    monkeypatch.setattr(sys.modules[__name__], "FakeEngine", without_torch)
    with pytest.raises(ImportError, match="no torch"):
        list(engine.run(OPERATION))
    assert [actor.is_gone for actor in ray.actors] == [True]
