"""The window's queue on a cluster whose nodes are killed: each engine is one actor, by a process of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.messages.errors import Message
from app.session.own_program import cluster_engine
from app.session.run import RunState
from core.film.film import Film
from core.film.stored import unfinished
from core.models.folders import FixedPlaces
from core.pictures.picture import GeneratedImage
from core.remote.messages import MakeEngine
from core.runs.operations import Engine
from core.runs.recorder import FilmRecorder
from core.settings.computers import Computer
from core.settings.engine_place import EnginePlace
from tests.app.conftest import MakeSession, make_session, saves
from tests.cluster.conftest import ThreeNodes
from tests.patience import LONGEST_MS

__all__ = ["make_session", "saves"]

COUNT = 9


def test_a_killed_node_costs_the_window_no_picture_and_doubles_none(
    make_session: MakeSession,
    nodes: ThreeNodes,
    models: Path,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    qtbot: QtBot,
) -> None:
    monkeypatch.setenv("HOME", environment["HOME"])
    cluster = Computer(f"ray:{nodes.address}", devices=tuple((number, "CPU") for number in "123"))
    films, saved = tmp_path / "films", list[int | None]()
    noticed, failed = list[Message](), list[Message]()

    def make(place: EnginePlace) -> Engine:
        return cluster_engine(cluster, MakeEngine(place.device, "float32"), lambda: FixedPlaces((models,)))

    def save(image: GeneratedImage, _film: Film | None, _folder: Path | None) -> Path:
        saved.append(image.request.seed)
        return tmp_path / f"{len(saved)}.png"

    session = make_session(
        make_engine_at=make, places=lambda: cluster.places, recorder=FilmRecorder(lambda: films), save=save
    )
    session.noticed.connect(noticed.append)
    session.run_failed.connect(failed.append)
    session.edit(prompt="a house", model=str(models / "tiny"), steps=200, count=COUNT, seed=100)
    session.generate()
    runners = session.pool.runners
    qtbot.waitUntil(lambda: all(runner.run and runner.stepped for runner in runners), timeout=LONGEST_MS)
    assert all(runner.stepped.preview for runner in runners if runner.stepped)
    assert f", on {runners[1].node})" in session.place_text(runners[1])
    nodes.kill_one()
    nodes.add_one()
    qtbot.waitUntil(lambda: session.state is RunState.idle and not session.queue.entries, timeout=3 * LONGEST_MS)
    session.settle_pictures()
    assert not failed
    assert any("elsewhere" in str(message) for message in noticed)
    assert sorted(seed or 0 for seed in saved) == [*range(100, 100 + COUNT)]
    assert not unfinished(films)
    assert session.shutdown()
