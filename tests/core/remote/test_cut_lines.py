"""A real engine on another computer, whose line is cut at random moments: no step and no picture is lost."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.engine.engine import Engine
from core.film.stored import unfinished
from core.models.catalogue import Catalogue
from core.remote.away import ComputerAway
from core.request.request import GenerationRequest, Size
from core.runs.events import Event, LineLost, PreviewMode, Stepped
from core.runs.operations import Generate, Operation, Resume
from core.runs.recorder import FilmRecorder
from tests.core.remote.far import FarEngines, away_while, start_sshd
from tests.core.remote.test_own_process import comparable, picture
from tests.core.remote.values import difference
from tests.patience import LONGEST_S

REQUEST = GenerationRequest(
    "a red house", model="tiny-v", size=Size(32, 24), sampler="dpmpp_2m_sde", steps=40, guidance_scale=4.0, seed=5
)
OPERATION = Generate(REQUEST, PreviewMode.linear)
CUTS = int(os.environ.get("EMULSION_CUTS", "4"))
"""Half of them are on lines that come back."""


@pytest.fixture(scope="module")
def engine(models: Path) -> Engine:
    return Engine(Catalogue((models,)), "cpu", "float32")


@pytest.fixture
def far(models: Path, tmp_path: Path) -> Iterator[FarEngines]:
    (folder := tmp_path / "sshd").mkdir()
    (home := tmp_path / "home" / "Emulsion").mkdir(parents=True)
    (home / "models").symlink_to(models)
    sshd = start_sshd(folder)
    far = FarEngines(home.parent, (str(away_while(tmp_path)), *sshd.ssh[1:]), "app")
    yield far
    assert far.waited_for_the_end()
    sshd.end()


def test_a_line_cut_at_any_moment_loses_no_step_of_a_run(engine: Engine, far: FarEngines, tmp_path: Path) -> None:
    whole = picture(list(engine.run(OPERATION)))
    remote, dice, long_s = far.engine(stops_within_s=LONGEST_S), random.Random(time.time_ns()), 0.0
    for _ in range(CUTS // 2):
        timer, began = threading.Timer(dice.random() * long_s, far.cut), time.monotonic()
        timer.start()
        events = list[Event](event for event in remote.run(OPERATION) if not isinstance(event, LineLost))
        timer.join()
        long_s = min(long_s or 1.0, time.monotonic() - began)
        assert [event.frame.call for event in events if isinstance(event, Stepped)] == list(range(REQUEST.steps))
        assert np.array_equal(picture(events), whole)
    remote.close()
    assert not unfinished(tmp_path)


def test_a_run_whose_line_is_given_up_is_resumed_to_the_same_film(
    engine: Engine, far: FarEngines, tmp_path: Path
) -> None:
    *_, whole = engine.run(OPERATION)
    remote, dice = far.engine(stops_within_s=LONGEST_S), random.Random(time.time_ns())
    for number in range(CUTS - CUTS // 2):
        folder = tmp_path / str(number)
        recorder = FilmRecorder(lambda folder=folder: folder)
        at, wait = dice.randrange(REQUEST.steps - 1), dice.random() * 0.02
        far.sessions.gives_up_s = 0.2

        def cut() -> None:
            (tmp_path / "away").touch()
            far.cut()

        timer = threading.Timer(wait, cut)
        operation: Operation[object] = OPERATION
        try:
            for event in recorder.record(remote.run(OPERATION)):
                if isinstance(event, Stepped) and event.frame.call == at:
                    timer.start()
        except ComputerAway:
            (part,) = unfinished(folder)
            assert part.step > at
            operation = Resume(part.path, part.request)
        timer.join()
        (tmp_path / "away").unlink()
        far.sessions.gives_up_s = LONGEST_S
        *_, last = recorder.record(remote.run(operation))
        assert not difference(comparable(last), comparable(whole))
        assert not unfinished(folder)
    remote.close()
