"""The hash of a model is computed beside its load: the first step waits for it, not the start of a run."""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Generator, Iterator
from pathlib import Path

import numpy as np
import pytest

from core.checkpoints.cache import CheckpointCache
from core.engine.engine import Engine
from core.errors import ModelBroken
from core.film.reader import PART_SUFFIX, read_recording
from core.models.catalogue import Catalogue
from core.models.folders import FixedPlaces
from core.recipes.recipe import ModelIdentity
from core.request.request import GenerationRequest, Size
from core.request.traits import traits_to_text
from core.runs.events import Event, ImageReady, PreviewMode, Started, Stepped
from core.runs.operations import Generate
from core.runs.recorder import FilmRecorder

REQUEST = GenerationRequest("abc", model="tiny", size=Size(32, 24), sampler="ddim", steps=3, seed=5)
WEIGHTS = Path("tiny", "unet", "diffusion_pytorch_model.safetensors")


class HeldCache(CheckpointCache):
    """A cache that reads files only when it is let to, and counts how often."""

    def __init__(self) -> None:
        super().__init__()
        self.may_read = threading.Event()
        self.reads: list[Path] = []

    def _reading(self, path: Path) -> Generator[int]:
        if not self.sha256_if_known(path):
            self.reads.append(path)
            self.may_read.wait()
        yield from super()._reading(path)


@pytest.fixture
def own(models: Path, tmp_path: Path) -> Path:
    shutil.copytree(models / "tiny", tmp_path / "models" / "tiny")
    return tmp_path / "models"


@pytest.fixture
def cache() -> Iterator[HeldCache]:
    cache = HeldCache()
    yield cache
    cache.may_read.set()
    for thread in threading.enumerate():
        if thread.name == "hashes":
            thread.join()


def until_started(engine: Engine) -> tuple[Generator[Event, None, None], Started]:
    events = engine.run(Generate(REQUEST, PreviewMode.linear))
    return events, next(event for event in events if isinstance(event, Started))


def first_step(events: Iterator[Event]) -> Stepped:
    return next(event for event in events if isinstance(event, Stepped))


def test_a_run_starts_before_its_hash_and_keeps_no_step_without_it(
    own: Path, cache: HeldCache, tmp_path: Path
) -> None:
    engine = Engine(Catalogue((own,), cache), "cpu", "float32")
    recorder = FilmRecorder(lambda: tmp_path / "films")
    events = recorder.record(engine.run(Generate(REQUEST, PreviewMode.linear)))
    started = next(event for event in events if isinstance(event, Started))
    assert started.film.model.hash == ""
    cache.may_read.set()
    expected = hashlib.sha256((own / WEIGHTS).read_bytes()).hexdigest()[:10]
    assert first_step(events).film.model.hash == expected
    events.close()  # stopped early: what is kept has the hash
    recording = read_recording(tmp_path / "films" / f"{started.film.run}{PART_SUFFIX}")
    assert (recording.film.model.hash, len(recording.calls)) == (expected, 1)
    (ready,) = (event for event in engine.run(Generate(REQUEST)) if isinstance(event, ImageReady))
    assert (
        ready.image.recipe.model == ready.film.model == ModelIdentity("tiny", "tiny", "stable_diffusion", expected)
    )
    assert cache.reads == [own / WEIGHTS]


def test_a_run_that_is_stopped_leaves_the_hash_to_the_next(own: Path, cache: HeldCache) -> None:
    engine = Engine(Catalogue((own,), cache), "cpu", "float32")
    until_started(engine)[0].close()
    events, _ = until_started(engine)
    cache.may_read.set()
    assert first_step(events).film.model.hash
    events.close()
    assert cache.reads == [own / WEIGHTS]


def test_a_file_that_changes_meanwhile_gives_its_hash_to_no_film(own: Path, cache: HeldCache) -> None:
    events, _ = until_started(Engine(Catalogue((own,), cache), "cpu", "float32"))
    other = bytearray((own / WEIGHTS).read_bytes())
    other[-4:] = np.float32(0.5).tobytes()
    (own / WEIGHTS).write_bytes(other)
    cache.may_read.set()
    with pytest.raises(ModelBroken, match="changes while it is read"):
        first_step(events)


def test_a_choice_for_a_hash_acts_in_the_first_run_of_the_file(own: Path) -> None:
    sha256 = hashlib.sha256((own / WEIGHTS).read_bytes()).hexdigest()
    chosen = {sha256: traits_to_text({"prediction_type": "v_prediction"})}
    catalogue = Catalogue(lambda: FixedPlaces((own,), model_traits=chosen))
    events, started = until_started(Engine(catalogue, "cpu", "float32"))
    events.close()
    assert (started.film.prediction_type, started.film.model.hash) == ("v_prediction", sha256[:10])


def test_who_waits_for_a_hash_is_told_that_a_file_cannot_be_read(cache: HeldCache, tmp_path: Path) -> None:
    file = tmp_path / "gone.safetensors"
    file.write_bytes(b"x")
    cache.hash_beside([file])
    file.unlink()
    cache.may_read.set()
    with pytest.raises(ModelBroken, match="missing"):
        cache.sha256_of(file)
