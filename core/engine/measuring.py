"""Measures in two minutes whether this computer computes rightly, and how fast: ``emulsion doctor --measure``.

No line names a folder or a prompt, so that all of them can be sent to whoever helps. The long form, for whoever
works on the program, is ``tests/benchmarks/gpu``.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.engine.devices.device import memory_now
from core.engine.devices.machine import machine
from core.engine.devices.probe import failure_of, first_sentence
from core.engine.engine import Engine
from core.engine.networks.graphs import GRAPHS
from core.errors import DeviceLost, OutOfMemory
from core.film.film import Film
from core.models.acceleration import Acceleration
from core.models.catalogue import Catalogue
from core.request.request import GenerationRequest
from core.runs.branch import Branch
from core.runs.events import ImageReady, PreviewMode
from core.runs.operations import Generate, GenerateBranch, OpenFilm, ReportMemory, result_of
from core.runs.recorder import FilmRecorder

SECONDS = 120.0
STEPS = 8
ROUNDS = 3

CLOSE = 2e-3
"""Largest relative difference of float32 latents to those of the processor."""

COPIED_BYTES = 2**28
GB = 1e9


@dataclass(frozen=True, slots=True)
class Line:
    """One figure; ``ok`` is None where there is no mark to meet."""

    name: str
    value: float | str
    unit: str = ""
    ok: bool | None = None

    def __str__(self) -> str:
        value = self.value if isinstance(self.value, str) else f"{self.value:.4g}"
        verdict = {None: "", True: "ok", False: "MISSED"}[self.ok]
        return f"{self.name:34} {' '.join(part for part in (value, self.unit, verdict) if part)}"


@dataclass(frozen=True, slots=True)
class _Subject:
    """The engine that is measured, and a request for it."""

    engine: Engine
    catalogue: Catalogue
    request: GenerationRequest
    folder: Path

    @property
    def device(self) -> torch.device:
        return self.engine.plan.device

    def other(self, device: torch.device, dtype: str, acceleration: Acceleration) -> Engine:
        return Engine(self.catalogue, str(device), dtype, acceleration=acceleration)


def measure(
    catalogue: Catalogue, model: str, device: str | None, dtype: str | None, seconds: float = SECONDS
) -> Iterator[Line]:
    """Yields each line as soon as it is known; what there is no time for is named. Raises DeviceMissing."""
    ends = time.monotonic() + seconds
    yield from machine_lines()
    with closing(Engine(catalogue, device, dtype)) as engine, tempfile.TemporaryDirectory() as folder:
        yield Line("device", engine.plan.describe().splitlines()[0])
        if failure := failure_of(engine.plan.device):
            yield Line("a small computation", failure, ok=False)
            return
        request = replace(catalogue.find(model).defaults, prompt="a lighthouse at night", seed=7, steps=STEPS)
        subject = _Subject(engine, catalogue, request, Path(folder))
        for name, section in _SECTIONS.items():
            if time.monotonic() > ends:
                yield Line(name, "left out: no time")
                continue
            try:
                yield from section(subject)
            except (OutOfMemory, DeviceLost, RuntimeError) as error:  # one that fails is not to end the others
                yield Line(name, f"failed: {first_sentence(str(error))}", ok=False)


def machine_lines() -> Iterator[Line]:
    """Yields processor, memory, graphics cards, versions and drivers."""
    for line in machine():
        name, value = line.split(": ", 1)
        yield Line(name, value)


def _speed(subject: _Subject) -> Iterator[Line]:
    """The step is the difference of a long and a short run: what is done once for each picture falls out."""
    engine, request = subject.engine, subject.request
    first, _ = timed(lambda: picture(engine, request), subject.device)
    yield Line("first picture, model loaded for it", first, "s")
    longer = replace(request, steps=2 * STEPS)
    both = turns(
        [lambda: picture(engine, request), lambda: picture(engine, longer)], subject.device, rounds=ROUNDS
    )
    yield Line(f"{request.size}, {STEPS} steps and a decode", both[0], "s")
    yield Line("a step", (both[1] - both[0]) * 1000 / STEPS, "ms")


def _exactness(subject: _Subject) -> Iterator[Line]:
    engine, request = subject.engine, subject.request
    whole, path = recorded(engine, request, subject.folder)
    yield bits("made again", picture(engine, request).film, whole.film)
    replayed = result_of(engine, OpenFilm(path)).film
    yield bits("film replayed", replayed, whole.film)
    resumed = finished(engine.run(GenerateBranch(Branch(replayed, STEPS // 2, replayed.request))))
    yield bits("taken up in the middle", resumed.film, whole.film)


def _distance(subject: _Subject) -> Iterator[Line]:
    """To the processor, both in float32."""
    if subject.device.type == "cpu":
        return
    with true_float32():
        there, here = (
            last_latents(subject.other(device, "float32", Acceleration.automatic), subject.request)
            for device in (subject.device, torch.device("cpu"))
        )
    yield to_the_processor(there, here)


def _graphs(subject: _Subject) -> Iterator[Line]:
    """Against calls as ever, where calls are replayed as graphs."""
    engine, request = subject.engine, replace(subject.request, steps=2 * STEPS)
    graphed = picture(engine, request).film
    way = graphed.computed_by.rpartition(", ")[2]
    yield Line("way of calls", way if way == GRAPHS else "as ever")
    if way != GRAPHS:
        return
    with closing(subject.other(subject.device, engine.plan.dtype_name, Acceleration.off)) as plain:
        yield bits("graphs", picture(plain, request).film, graphed)
        eager, replayed = turns(
            [lambda: picture(plain, request), lambda: picture(engine, request)], subject.device, rounds=ROUNDS
        )
    yield Line("picture as ever, of one by graphs", eager / replayed, "times")


def _memory(subject: _Subject) -> Iterator[Line]:
    yield Line("free memory", memory_now(subject.engine.plan).free / GB, "GB")
    plan = result_of(subject.engine, ReportMemory()).plan
    if plan is not None and subject.device.type in ("cuda", "xpu"):
        module = torch.get_device_module(subject.device)
        module.reset_peak_memory_stats(subject.device)
        picture(subject.engine, subject.request)
        peak = module.max_memory_allocated(subject.device)
        yield Line("highest use", peak / GB, "GB")
        yield Line("planned", plan.needed / peak, "of it")


def _copies(subject: _Subject) -> Iterator[Line]:
    """To a device with memory of its own, by which parts of a model come there."""
    if subject.device.type not in ("cuda", "xpu"):
        return
    content = torch.zeros(COPIED_BYTES, dtype=torch.uint8)
    for name, source in (("pageable", content), ("pinned", content.pin_memory())):
        (took,) = turns([lambda source=source: source.to(subject.device)], subject.device, rounds=ROUNDS)
        yield Line(f"copy from {name} memory", COPIED_BYTES / took / GB, "GB/s")


_SECTIONS = {
    "speed": _speed,
    "exactness": _exactness,
    "distance to the processor": _distance,
    "graphs": _graphs,
    "memory": _memory,
    "copies": _copies,
}


@contextmanager
def true_float32() -> Generator[None]:
    """Keeps convolutions of NVIDIA's GPUs from rounding float32 to 10 bits, as they do otherwise."""
    before, torch.backends.cudnn.allow_tf32 = torch.backends.cudnn.allow_tf32, False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before


def picture(engine: Engine, request: GenerationRequest) -> ImageReady:
    """Makes a picture whose previews cost nothing."""
    return finished(engine.run(Generate(request, PreviewMode.linear)))


def finished(events: Iterator[Any]) -> ImageReady:
    """Returns the last of a run's events."""
    *_, last = events
    assert isinstance(last, ImageReady)
    return last


def recorded(engine: Engine, request: GenerationRequest, folder: Path) -> tuple[ImageReady, Path]:
    """Runs and records; the film is read from its file later, as users' films are."""
    recorder = FilmRecorder(lambda: folder)
    events: Generator[Any, None, None] = engine.run(Generate(request, PreviewMode.linear))
    whole = finished(recorder.record(events))
    return whole, next(folder.glob("*.film*"))


def bits(name: str, one: Film, other: Film) -> Line:
    """Tells whether both films have the same latents and predictions, to the bit."""
    pairs = zip(one.frames, other.frames, strict=True)
    same = all(np.array_equal(a.noisy, b.noisy) and np.array_equal(a.guided, b.guided) for a, b in pairs)
    return Line(name, "equal bits" if same else "other bits", ok=same)


def last_latents(engine: Engine, request: GenerationRequest) -> Any:
    """Returns x0 of the last call, float32."""
    with closing(engine):
        return picture(engine, request).film.frames[-1].denoised


def to_the_processor(there: Any, here: Any) -> Line:
    """Judges latents of a device by those of the processor."""
    far = float(np.abs(there - here).max() / np.abs(here).max())
    return Line("to the processor, in float32", far, "relative", ok=far < CLOSE)


def timed(work: Callable[[], object], device: torch.device) -> tuple[float, object]:
    """Returns the seconds that ``work`` takes, with all that it has launched, and its result."""
    _synchronise(device)
    began = time.perf_counter()
    result = work()
    _synchronise(device)
    return time.perf_counter() - began, result


def turns(works: list[Callable[[], object]], device: torch.device, rounds: int) -> list[float]:
    """Returns medians in seconds; the works take turns, after one of each that is not counted."""
    took: list[list[float]] = [[] for _ in works]
    for round_ in range(rounds + 1):
        for work, times in zip(works, took, strict=True):
            seconds, _ = timed(work, device)
            if round_:
                times.append(seconds)
    return [statistics.median(times) for times in took]


def _synchronise(device: torch.device) -> None:
    if device.type != "cpu":
        torch.get_device_module(device).synchronize()
