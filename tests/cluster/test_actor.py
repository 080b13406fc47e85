"""An engine in an actor of Ray does as the one in this process, bit for bit."""

from __future__ import annotations

import random
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from app.cli.cluster_engine import make_node_engine
from core.cluster.ray_cluster import RayCluster
from core.engine.engine import Engine
from core.errors import EngineEnded
from core.film.stored import unfinished
from core.models.folders import FixedPlaces
from core.remote.client import RemoteEngine
from core.remote.messages import MakeEngine
from core.runs.events import PreviewMode, Stepped
from core.runs.operations import Generate, Resume
from core.runs.recorder import FilmRecorder
from tests.cluster.conftest import engines
from tests.core.engine.operations.test_operations import made
from tests.core.remote.test_own_process import (
    KILLS,
    REQUEST,
    engine,
    picture,
    test_a_run_can_be_stopped_at_every_event_and_taken_up_to_the_same_picture,
    test_a_task_is_served_while_a_run_is_paused,
    test_each_event_has_the_same_film_with_one_frame_more,
    test_errors_are_those_of_the_engine_and_it_goes_on_after_them,
    test_every_operation_tells_the_same,
    test_several_pictures_are_told_as_here,
    test_the_same_request_gives_the_same_latents_and_film,
)

__all__ = [
    "engine",
    "made",
    "test_a_run_can_be_stopped_at_every_event_and_taken_up_to_the_same_picture",
    "test_a_task_is_served_while_a_run_is_paused",
    "test_each_event_has_the_same_film_with_one_frame_more",
    "test_errors_are_those_of_the_engine_and_it_goes_on_after_them",
    "test_every_operation_tells_the_same",
    "test_several_pictures_are_told_as_here",
    "test_the_same_request_gives_the_same_latents_and_film",
]


@pytest.fixture(scope="module")
def cluster(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RayCluster]:
    """A cluster of this computer with one core for engines."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        started = import_module("ray.cluster_utils").Cluster(
            initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False}
        )
        how = MakeEngine("cpu", "float32")
        joined = RayCluster(started.address, how, lambda: FixedPlaces((models,)), make_node_engine)
        yield joined
        joined.close()
        started.shutdown()


@pytest.fixture(scope="module")
def kept_remote(cluster: RayCluster) -> Iterator[RemoteEngine]:
    (place,) = cluster.engines()
    remote = place.connect()
    yield remote
    remote.close()


@pytest.fixture
def remote(kept_remote: RemoteEngine, no_leftover_threads: None) -> RemoteEngine:
    """An engine whose actor lives through all tests, as the threads of Ray do."""
    return kept_remote


def test_a_killed_actor_loses_no_step_and_the_run_goes_on_to_the_same_picture(
    engine: Engine, remote: RemoteEngine, tmp_path: Path
) -> None:
    whole = picture(list(engine.run(Generate(REQUEST))))
    dice = random.Random(5)
    for number in range(KILLS):
        folder = tmp_path / str(number)
        recorder, at = FilmRecorder(lambda folder=folder: folder), dice.randrange(REQUEST.steps - 1)
        with pytest.raises(EngineEnded):
            for event in recorder.record(remote.run(Generate(REQUEST, PreviewMode.linear))):
                if isinstance(event, Stepped) and event.frame.call == at:
                    (actor,) = engines()
                    actor.kill()
        (part,) = unfinished(folder)
        assert part.step > at
        assert np.array_equal(picture(list(recorder.record(remote.run(Resume(part.path, part.request))))), whole)
        assert not unfinished(folder)


def test_ray_tells_the_actors_by_name(remote: RemoteEngine) -> None:
    named = import_module("ray.util").list_named_actors(all_namespaces=True)
    assert [one["name"] for one in named] == ["emulsion-engine-1"]
