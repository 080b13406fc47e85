"""A scriptable engine without a network: the real events with small arrays, as slow or broken as a test wants."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import UnreadablePicture
from core.film.film import Film, Frame, Latent, Schedule
from core.film.reader import read_recording
from core.film.stored import take_up
from core.film_export.pictures import ExportFrame, captioned
from core.grid.operation import MakeGrid
from core.models.memory_plan import GIB, DeviceMemory, MemoryInUse
from core.pictures.masked_picture import MaskedPicture
from core.pictures.pixels import Pixels
from core.request.request import GenerationRequest, Size
from core.runs.branch import Branch
from core.runs.events import Event, Finished, ImageReady, Loading, Phase, Preview, PreviewMode, Started, Stepped
from core.runs.operations import (
    CompareSchedules,
    Decode,
    EncodePicture,
    Generate,
    GenerateBranch,
    OpenedFilm,
    OpenFilm,
    Operation,
    PredictOnce,
    PreviewFilm,
    RenderFrame,
    ReportMemory,
    Resume,
    result_of,
)
from core.runs.round_trip import EncodedPicture, OneStep, RoundTrip
from tests.fake_drafts import FakeDrafts, FakeModels
from tests.fake_films import CHANNELS, FACTOR, LINEAR, film, frame_of, image, model, pixels
from tests.patience import LONGEST_S

__all__ = ["CHANNELS", "FACTOR", "LINEAR", "FakeDrafts", "FakeEngine", "FakeModels", "Point"]
__all__ += ["film", "frame_of", "image", "model", "pixels"]

Point = Phase | int
"""The points at which a script interferes: the work that a phase announces, or the network call of this number."""


class FakeEngine:
    """Behaves as `core.engine.engine.Engine` does, in microseconds.

    Attributes:
        holds: at these points the engine waits until the event is set; `arrived` tells that it does.
        holds_in_all: the same, by the number of network calls since the beginning, over all runs.
        errors: what is raised at these points.
        decode_hold, decode_error, keep_error: the same for `Decode` and `RenderFrame`.
        trip_hold, trip_error, step_error: the same for `EncodePicture` and `PredictOnce`.
        answers: what is done for each kind of operation; a test may put in another one.
        thread_ids: identities of all threads that called.
        requests, previews, attention: of each `Generate`; previews also of each `GenerateBranch`.
        branches: of each `GenerateBranch`.
        asked_once: timestep and prompt of each `PredictOnce`.
        calls, call_seconds: how many network calls there were; how long each takes.
        decoded, kept: the frames, or their latents, that were asked for.
        hurried: operations that were going to be stopped.
        closed_runs: generators that were closed before their end.
        memory: what `ReportMemory` tells.
        is_closed: `close` was called.
    """

    def __init__(
        self,
        holds: dict[Point, threading.Event] | None = None,
        errors: dict[Point, Exception] | None = None,
    ) -> None:
        self.holds = holds or {}
        self.holds_in_all: dict[int, threading.Event] = {}
        self.errors = errors or {}
        self.arrived = threading.Event()
        self.decode_hold: threading.Event | None = None
        self.decode_error: Exception | None = None
        self.masked: MaskedPicture | None = None
        self.keep_error: Exception | None = None
        self.trip_hold: threading.Event | None = None
        self.trip_error: Exception | None = None
        self.step_error: Exception | None = None
        self.thread_ids: set[int] = set()
        self.requests: list[GenerationRequest] = []
        self.previews: list[PreviewMode] = []
        self.branches: list[Branch] = []
        self.attention = False
        self.asked_once: list[tuple[int, str]] = []
        self.calls = 0
        self.call_seconds = 0.0
        self.decoded: list[Latent] = []
        self.kept: list[Frame] = []
        self.closed_runs = 0
        self.hurried: list[Operation[Any]] = []
        self.memory = MemoryInUse(DeviceMemory("cpu", 16 * GIB, 8 * GIB))
        self.is_closed = False
        self.answers: dict[type[Operation[Any]], Callable[[Any], Iterator[Event]]] = {
            Generate: self._generate,
            GenerateBranch: self._branch,
            Resume: self._resume,
            MakeGrid: self._grid,
            Decode: self._decode,
            RenderFrame: self._render,
            OpenFilm: self._open,
            PreviewFilm: self._preview,
            EncodePicture: self._encode,
            PredictOnce: self._predict,
            CompareSchedules: self._compare,
            ReportMemory: lambda _: iter([Finished(self.memory)]),
            ExportFrame: self._export,
        }

    def run(self, operation: Operation[Any]) -> Generator[Event, None, None]:
        self.thread_ids.add(threading.get_ident())
        yield from self.answers[type(operation)](operation)

    def hurry(self, operation: Operation[Any]) -> None:
        self.hurried.append(operation)

    def _generate(self, operation: Generate) -> Iterator[Event]:
        request = operation.request
        self.requests.append(request)
        self.previews.append(operation.previews)
        self.attention = operation.attention
        try:
            yield Loading(Phase.loading_model)
            self._reach(Phase.loading_model)
            yield Loading(Phase.reading_prompt)
            self._reach(Phase.reading_prompt)
            for index in range(request.count):
                seed = (42 if request.seed is None else request.seed) + index
                begun = film(replace(request, seed=seed, count=1))
                begun = replace(begun, run=operation.run or begun.run, batch=operation.batch)
                yield from self._develop(begun, index, request.count)
        except GeneratorExit:
            self.closed_runs += 1
            raise

    def _branch(self, operation: GenerateBranch) -> Iterator[Event]:
        branch = operation.branch
        self.branches.append(branch)
        self.previews.append(operation.previews)
        taken = replace(branch.film, request=branch.request, frames=branch.film.frames[: branch.call])
        if branch.changes():
            taken = replace(taken, run=f"branch-{len(self.branches)}", parent=branch.parent)
        yield from self._develop(taken, 0, 1)

    def _grid(self, operation: MakeGrid) -> Iterator[Event]:
        for number in operation.numbers:
            name, request = operation.grid.run_of(number), operation.grid.request_of(number)
            part = take_up(operation.films, name) if operation.films is not None else None
            if part is not None:
                yield from self._resume(Resume(part, request, operation.previews))
            else:
                yield from self._generate(Generate(request, operation.previews, operation.attention, name))

    def _resume(self, operation: Resume) -> Iterator[Event]:
        film = result_of(self, OpenFilm(operation.path)).film
        yield from self._branch(GenerateBranch(operation.branch_of(film), operation.previews))

    def _open(self, operation: OpenFilm) -> Iterator[Event]:
        recording = read_recording(operation.path)
        frames = tuple(frame_of(recording.film, call) for call in range(len(recording.calls)))
        yield Finished(OpenedFilm(operation.path, replace(recording.film, frames=frames)))

    def _preview(self, operation: PreviewFilm) -> Iterator[Event]:
        film = result_of(self, OpenFilm(operation.path)).film
        yield Finished(tuple(film.latent_rgb.picture(frame.denoised) for frame in film.frames))

    def _decode(self, operation: Decode) -> Iterator[Event]:
        yield Finished(self._decoded(operation.film, operation.latent))

    def _decoded(self, film: Film, latent: Latent) -> Pixels:
        self.decoded.append(latent)
        if self.decode_hold is not None:
            self._wait(self.decode_hold)
        if self.decode_error is not None:
            raise self.decode_error
        return pixels(film.request.size, int(latent[0, 0, 0]))

    def _export(self, operation: ExportFrame) -> Iterator[Event]:
        decode = self._decoded if operation.is_decoded else None
        yield Finished(captioned(operation.film, operation.frame, operation.views, decode))

    def _encode(self, operation: EncodePicture) -> Iterator[Event]:
        """A grey picture; its latent counts up."""
        request = operation.request
        assert request.source is not None
        if self.trip_hold is not None:
            self._wait(self.trip_hold)
        if self.trip_error is not None:
            raise self.trip_error
        if not Path(request.source.path).is_file():
            raise UnreadablePicture(Path(request.source.path), "this file does not exist")
        latent = np.arange(CHANNELS * 64, dtype=np.float32).reshape(CHANNELS, 8, 8) / 64
        picture = np.full((request.size.height, request.size.width, 3), 90, np.uint8)
        alphas = np.linspace(0.999, 0.0, 1000)
        trip = RoundTrip(picture, Size(50, 30), latent, picture + np.uint8(1), alphas, LINEAR)
        yield Finished(EncodedPicture.measured(request, trip))

    def _predict(self, operation: PredictOnce) -> Iterator[Event]:
        request, t = operation.request, operation.t
        self.asked_once.append((t, request.prompt))
        if self.step_error is not None:
            raise self.step_error
        pictures = pixels(request.size, t % 256), pixels(request.size, 255 - t % 256)
        yield Finished(OneStep(t, *pictures, operation.noisy))

    def _compare(self, operation: CompareSchedules) -> Iterator[Event]:
        schedule = operation.film.schedule
        yield Finished({"another": Schedule(schedule.timesteps, schedule.sigmas**1.1, schedule.steps)})

    def _render(self, operation: RenderFrame) -> Iterator[Event]:
        self.kept.append(operation.frame)
        if self.keep_error is not None:
            raise self.keep_error
        made = image(operation.film, operation.stage, operation.frame.step + 1)
        yield ImageReady(replace(made, recipe=replace(made.recipe, note=operation.note)), operation.film)

    def close(self) -> None:
        self.thread_ids.add(threading.get_ident())
        self.is_closed = True

    def _develop(self, film: Film, index: int, count: int) -> Generator[Event, None, None]:
        film = replace(film, masked=self.masked or film.masked)
        yield Started(film, index, count)
        for call in range(len(film.frames), film.schedule.calls):
            self.calls += 1
            time.sleep(self.call_seconds)
            if self.calls in self.holds_in_all:
                self._wait(self.holds_in_all[self.calls])
            self._reach(call)
            frame = frame_of(film, call)
            film = film.with_frame(frame)
            small = Size(film.request.size.width // FACTOR, film.request.size.height // FACTOR)
            yield Stepped(film, Preview(pixels(small, call), is_decoded=False), seconds=0.001)
        yield Loading(Phase.decoding)
        self._reach(Phase.decoding)
        yield ImageReady(image(film, "final", film.request.steps), film)

    def _reach(self, point: Point) -> None:
        if point in self.holds:
            self._wait(self.holds[point])
        if point in self.errors:
            raise self.errors[point]

    def _wait(self, hold: threading.Event) -> None:
        self.arrived.set()
        assert hold.wait(LONGEST_S), "the test never let go"
