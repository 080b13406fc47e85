"""A process that is killed in the middle of a run loses nothing that was computed."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.engine.engine import Engine
from core.errors import FilmBroken
from core.film.reader import PART_SUFFIX, completed_calls
from core.film.stored import unfinished
from core.request.request import GenerationRequest, Size
from core.runs.branch import Branch
from core.runs.events import Event, ImageReady
from core.runs.operations import Generate, GenerateBranch, OpenFilm, result_of
from core.runs.recorder import FilmRecorder
from tests.patience import LONGEST_S

REQUEST = GenerationRequest(
    "a red house", model="tiny-v", size=Size(32, 24), sampler="dpmpp_2m_sde", steps=60, guidance_scale=4.0, seed=5
)

RUN = """
import gc, sys, time
gc.disable()  # a third of the time that the imports take
from pathlib import Path
from core.models.catalogue import Catalogue
from core.engine.engine import Engine
from core.runs.events import Stepped
from core.runs.operations import Generate
from core.runs.recorder import FilmRecorder
from tests.core.runs.test_resume_after_kill import REQUEST

folder = Path(sys.argv[2])
engine = Engine(Catalogue((Path(sys.argv[1]),)), "cpu", "float32")
while True:
    for event in FilmRecorder(lambda: folder).record(engine.run(Generate(REQUEST))):
        if isinstance(event, Stepped) and event.frame.call == int(sys.argv[3]) + 5:
            time.sleep(1000)  # it is killed by now, or soon
"""


def calls_on_disk(folder: Path) -> int:
    for part in folder.glob(f"*{PART_SUFFIX}"):
        try:
            return completed_calls(part)
        except FilmBroken:
            return 0
    return 0


def run_and_kill(models: Path, folder: Path, at_call: int) -> None:
    """Starts the program and kills it when so many calls are on the disk."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(models), str(folder), str(at_call)], env=environment
    )
    try:
        deadline = time.monotonic() + LONGEST_S
        while calls_on_disk(folder) < at_call:
            assert process.poll() is None, "the run ended by itself"
            assert time.monotonic() < deadline
            time.sleep(0.001)
    finally:
        process.kill()
        process.wait()


def picture(events: list[Event]) -> np.ndarray:
    (ready,) = [event for event in events if isinstance(event, ImageReady)]
    return ready.image.pixels


def test_a_killed_run_is_resumed_to_the_same_picture(engine: Engine, models: Path, tmp_path: Path) -> None:
    whole = picture(list(engine.run(Generate(REQUEST))))
    dice = random.Random(time.time_ns())
    for number in range(int(os.environ.get("EMULSION_KILLS", "2"))):
        folder = tmp_path / str(number)
        run_and_kill(models, folder, dice.randrange(1, 50))
        (part,) = (run.path for run in unfinished(folder))
        film = result_of(engine, OpenFilm(part)).film
        recorder = FilmRecorder(lambda folder=folder: folder)
        events = list(recorder.record(engine.run(GenerateBranch(Branch(film, len(film.frames), film.request)))))
        assert np.array_equal(picture(events), whole)
        assert not unfinished(folder)
        assert film.request == replace(REQUEST, count=1)
