"""An engine behind a wire does as the one in this process, bit for bit, and its end loses nothing.

The wire leads to a process of its own, or by ssh to another computer, which is this one.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from core.engine.engine import Engine
from core.errors import EngineEnded, InvalidRequest, ModelMissing
from core.film.film import Film
from core.film.stored import unfinished
from core.grid.operation import MakeGrid
from core.models.catalogue import Catalogue
from core.pictures.picture import GeneratedImage
from core.remote.client import RemoteEngine
from core.request.request import GenerationRequest, Size
from core.runs.branch import Branch
from core.runs.events import (
    Event,
    Finished,
    ImageReady,
    LinearPreview,
    Loading,
    Preview,
    PreviewMode,
    Started,
    Stepped,
)
from core.runs.operations import Decode, Generate, GenerateBranch, Operation, ReportMemory, Resume, result_of
from core.runs.recorder import FilmRecorder
from tests.core.engine.operations.test_operations import EXAMPLES, Made, made
from tests.core.remote.far import FarEngines, start_sshd
from tests.core.remote.processes import REAL, Processes
from tests.core.remote.values import difference

__all__ = ["made"]

REQUEST = GenerationRequest(
    "a red house", model="tiny-v", size=Size(32, 24), sampler="dpmpp_2m_sde", steps=40, guidance_scale=4.0, seed=5
)
SHORT = replace(REQUEST, steps=4)
KILLS = int(os.environ.get("EMULSION_KILLS", "1"))


@pytest.fixture(scope="module")
def engine(models: Path) -> Engine:
    return Engine(Catalogue((models,)), "cpu", "float32")


@pytest.fixture(scope="module", params=["own process", "ssh"])
def kept_remote(
    request: pytest.FixtureRequest, models: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RemoteEngine]:
    home = tmp_path_factory.mktemp("home")
    if request.param == "own process":
        remote = (processes := Processes(home, REAL)).engine(models)
        yield remote
        remote.close()
        assert not psutil.pid_exists(processes.newest)
        return
    sshd = start_sshd(tmp_path_factory.mktemp("sshd"))
    (home / "Emulsion").mkdir()
    (home / "Emulsion" / "models").symlink_to(models)
    remote = (far := FarEngines(home, sshd.ssh, "app")).engine()
    yield remote
    remote.close()
    assert far.waited_for_the_end()
    assert list(home.glob("Emulsion/sources/*/*"))  # pictures and films were sent
    assert list(home.glob("Emulsion/sent/*/*"))
    sshd.end()


@pytest.fixture
def remote(kept_remote: RemoteEngine, no_leftover_threads: None) -> RemoteEngine:
    """An engine whose process lives through all tests, as its threads do."""
    return kept_remote


def comparable(event: Event) -> Event:
    """Returns an event without times, names that are drawn, and the hash that may come with the first call."""
    match event:
        case Started(film=film):
            return replace(event, film=replace(plain(film), model=replace(film.model, hash="")))
        case Stepped(film=film, preview=Preview()):
            return replace(event, seconds=0.0, film=plain(film))
        case Stepped(film=film):
            return replace(event, seconds=0.0, film=plain(film), preview=LinearPreview(plain(film)))
        case ImageReady(image=image, film=film):
            return ImageReady(untimed(image), plain(film))
        case Finished(result=GeneratedImage() as image):
            return Finished(untimed(image))
        case _:
            return event


def plain(film: Film) -> Film:
    """Returns a film without its drawn name, and with the names that diffusers takes from a set in an order."""
    config = {
        name: sorted(value) if type(value) is list else value for name, value in film.scheduler_config.items()
    }
    return replace(film, run="", scheduler_config=config)


def untimed(image: GeneratedImage) -> GeneratedImage:
    return replace(image, recipe=replace(image.recipe, seconds=0.0, run="", created=None))


def told(engine: Engine | RemoteEngine, operation: Operation[Any]) -> list[Event]:
    events = [event for event in engine.run(operation) if not isinstance(event, Loading)]
    return list(map(comparable, events))


def picture(events: list[Event]) -> np.ndarray:
    (ready,) = [event for event in events if isinstance(event, ImageReady)]
    return ready.image.pixels


@pytest.mark.parametrize(
    "kind", [kind for kind in EXAMPLES if kind is not ReportMemory], ids=lambda kind: kind.__name__
)
def test_every_operation_tells_the_same(
    kind: type[Operation[Any]], engine: Engine, remote: RemoteEngine, made: Made
) -> None:
    operation = EXAMPLES[kind](engine, made)
    if isinstance(operation, Generate):
        operation = replace(operation, attention=True)
    if isinstance(operation, Generate | GenerateBranch | Resume | MakeGrid):
        operation = replace(operation, previews=PreviewMode.every_step)  # another choice depends on the time
    expected, found = told(engine, operation), told(remote, operation)
    assert not difference(found, expected)


@pytest.mark.parametrize(
    "request_of",
    [
        REQUEST,
        replace(SHORT, sampler="heun", guidance_scale=1.0),
        replace(SHORT, model="tiny", sampler="euler_a", seed=2**64 - 1),
        replace(SHORT, prompt='"größer" \\ 日本\n(a:1.3)', negative_prompt="fog"),
    ],
    ids=lambda request: request.sampler,
)
def test_the_same_request_gives_the_same_latents_and_film(
    engine: Engine, remote: RemoteEngine, request_of: GenerationRequest
) -> None:
    expected, found = (told(one, Generate(request_of, PreviewMode.linear)) for one in (engine, remote))
    assert not difference(found, expected)


def test_several_pictures_are_told_as_here(engine: Engine, remote: RemoteEngine) -> None:
    operation = Generate(replace(SHORT, count=3), PreviewMode.linear, batch="b")
    assert not difference(told(remote, operation), told(engine, operation))


def test_each_event_has_the_same_film_with_one_frame_more(remote: RemoteEngine) -> None:
    before = None
    for event in remote.run(Generate(SHORT, PreviewMode.linear)):
        if isinstance(event, Stepped):
            assert before is None or event.film.continues(before)
            before = event.film
        if isinstance(event, ImageReady):
            assert event.film.continues(before)


def test_a_run_can_be_stopped_at_every_event_and_taken_up_to_the_same_picture(
    engine: Engine, remote: RemoteEngine
) -> None:
    whole = picture(list(engine.run(Generate(SHORT))))
    count = len(list(engine.run(Generate(SHORT))))
    for at in range(count):
        film = None
        for number, event in enumerate(events := remote.run(Generate(SHORT, PreviewMode.linear))):
            film = event.film if isinstance(event, Started | Stepped) else film
            if number == at:
                events.close()
        if film is not None:
            taken_up = GenerateBranch(Branch(film, len(film.frames), film.request))
            assert np.array_equal(picture(list(remote.run(taken_up))), whole)


def test_a_task_is_served_while_a_run_is_paused(engine: Engine, remote: RemoteEngine) -> None:
    run, found = remote.run(Generate(SHORT, PreviewMode.linear)), list[Event]()
    for event in run:
        found.append(event)
        if isinstance(event, Stepped):
            latent = event.frame.denoised
            here = result_of(engine, Decode(event.film, latent))
            assert np.array_equal(result_of(remote, Decode(event.film, latent)), here)
    assert not difference(comparable(found[-1]), told(engine, Generate(SHORT, PreviewMode.linear))[-1])


def test_errors_are_those_of_the_engine_and_it_goes_on_after_them(remote: RemoteEngine, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as missing:
        list(remote.run(Generate(replace(SHORT, model="none"))))
    assert missing.value.model == "none"
    with pytest.raises(InvalidRequest) as invalid:
        list(remote.run(Generate(replace(SHORT, steps=0))))
    assert (invalid.value.field, invalid.value.value) == ("steps", 0)
    assert len(told(remote, Generate(SHORT))) == 6


def test_a_killed_engine_loses_no_step_and_the_run_goes_on_to_the_same_picture(
    engine: Engine, models: Path, tmp_path: Path
) -> None:
    whole = picture(list(engine.run(Generate(REQUEST))))
    dice = random.Random(time.time_ns())
    remote = (processes := Processes(tmp_path / "home", REAL)).engine(models)
    for number in range(KILLS):
        folder = tmp_path / str(number)
        recorder = FilmRecorder(lambda folder=folder: folder)
        before_last = REQUEST.steps - 2  # the last step may be made ahead already, the picture is not
        at, wait = dice.randint(0, before_last), dice.random() * 0.02
        with pytest.raises(EngineEnded) as ended:
            for event in recorder.record(remote.run(Generate(REQUEST, PreviewMode.linear))):
                if not isinstance(event, Stepped):
                    continue
                if event.frame.call == at:
                    timer = threading.Timer(wait, psutil.Process(processes.newest).kill)
                    timer.start()
                if event.frame.call == before_last:
                    timer.join()  # pyright: ignore[reportPossiblyUnboundVariable]
        timer.join()  # pyright: ignore[reportPossiblyUnboundVariable]
        assert ended.value.how
        assert not psutil.pid_exists(processes.newest)
        (part,) = unfinished(folder)
        assert part.step > at
        found = picture(list(recorder.record(remote.run(Resume(part.path, part.request)))))
        assert np.array_equal(found, whole)
        assert not unfinished(folder)
    remote.close()
    assert len(processes.started) == KILLS + 1
    assert not [child for child in processes.started if psutil.pid_exists(child.number)]
