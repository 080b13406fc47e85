"""A scriptable engine without a network: the real events with small arrays, as slow or broken as a test wants."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.errors import UnreadablePicture
from core.families import FAMILIES
from core.film.film import Film, Frame, Latent, Schedule
from core.film.latent_rgb import LatentRgb
from core.film.reader import Recording
from core.models.catalogue import FoundModels, Model
from core.models.memory_plan import GIB, DeviceMemory, MemoryInUse
from core.pictures.picture import GeneratedImage
from core.pictures.pixels import Pixels
from core.recipes.recipe import ModelIdentity, Recipe, Stage
from core.request.request import Autoencoder, GenerationRequest, Limits, Size
from core.runs.branch import Branch
from core.runs.events import Event, ImageReady, Loading, Phase, Preview, PreviewMode, Started, Stepped
from core.runs.round_trip import OneStep, RoundTrip

CHANNELS = 4
FACTOR = 8
LINEAR = LatentRgb(np.ones((CHANNELS, 3), np.float32), np.zeros(3, np.float32))

Point = Phase | int
"""The points at which a script interferes: the work that a phase announces, or the network call of this number."""


class FakeEngine:
    """Behaves as `core.engine.engine.Engine` does, in microseconds.

    Attributes:
        holds: at these points the engine waits until the event is set; `arrived` tells that it does.
        errors: what is raised at these points.
        decode_hold, decode_error, keep_error: the same for `decode` and `keep`.
        trip_hold, trip_error, step_error: the same for `round_trip` and `one_step`.
        thread_ids: identities of all threads that called.
        requests, previews: what `generate` was called with.
        branches: what `branch` was called with.
        attention: what the last `generate` was asked for.
        asked_once: timestep and prompt of each `one_step`.
        calls, call_seconds: how many network calls there were; how long each takes.
        decoded, kept: the frames, or their latents, that were asked for.
        closed_runs: generators that were closed before their end.
        memory: what `memory_in_use` tells.
        is_closed: `close` was called.
    """

    def __init__(
        self,
        holds: dict[Point, threading.Event] | None = None,
        errors: dict[Point, Exception] | None = None,
    ) -> None:
        self.holds = holds or {}
        self.errors = errors or {}
        self.arrived = threading.Event()
        self.decode_hold: threading.Event | None = None
        self.decode_error: Exception | None = None
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
        self.memory = MemoryInUse(DeviceMemory("cpu", 16 * GIB, 8 * GIB))
        self.is_closed = False

    def generate(
        self, request: GenerationRequest, previews: PreviewMode = PreviewMode.automatic, attention: bool = False
    ) -> Generator[Event, None, None]:
        self.thread_ids.add(threading.get_ident())
        self.requests.append(request)
        self.previews.append(previews)
        self.attention = attention
        try:
            yield Loading(Phase.loading_model)
            self._reach(Phase.loading_model)
            yield Loading(Phase.reading_prompt)
            self._reach(Phase.reading_prompt)
            for index in range(request.count):
                seed = (42 if request.seed is None else request.seed) + index
                yield from self._develop(film(replace(request, seed=seed, count=1)), index, request.count)
        except GeneratorExit:
            self.closed_runs += 1
            raise

    def branch(
        self, branch: Branch, previews: PreviewMode = PreviewMode.automatic, attention: bool = False
    ) -> Generator[Event, None, None]:
        self.branches.append(branch)
        self.previews.append(previews)
        taken = replace(branch.film, request=branch.request, frames=branch.film.frames[: branch.call])
        if branch.changes():
            taken = replace(taken, run=f"branch-{len(self.branches)}", parent=branch.parent)
        yield from self._develop(taken, 0, 1)

    def replay(self, recording: Recording) -> Film:
        frames = tuple(frame_of(recording.film, call) for call in range(len(recording.calls)))
        return replace(recording.film, frames=frames)

    def decode(self, film: Film, latent: Latent) -> Pixels:
        self.thread_ids.add(threading.get_ident())
        self.decoded.append(latent)
        if self.decode_hold is not None:
            self._wait(self.decode_hold)
        if self.decode_error is not None:
            raise self.decode_error
        return pixels(film.request.size, int(latent[0, 0, 0]))

    def round_trip(self, request: GenerationRequest) -> RoundTrip:
        """A grey picture; its latent counts up."""
        assert request.source is not None
        if self.trip_hold is not None:
            self._wait(self.trip_hold)
        if self.trip_error is not None:
            raise self.trip_error
        if not Path(request.source.path).is_file():
            raise UnreadablePicture(Path(request.source.path), "there is no such file")
        latent = np.arange(CHANNELS * 64, dtype=np.float32).reshape(CHANNELS, 8, 8) / 64
        picture = np.full((request.size.height, request.size.width, 3), 90, np.uint8)
        alphas = np.linspace(0.999, 0.0, 1000)
        return RoundTrip(picture, Size(50, 30), latent, picture + np.uint8(1), alphas, LINEAR)

    def one_step(self, request: GenerationRequest, trip: RoundTrip, noisy: Latent, t: int) -> OneStep:
        self.asked_once.append((t, request.prompt))
        if self.step_error is not None:
            raise self.step_error
        return OneStep(t, pixels(request.size, t % 256), pixels(request.size, 255 - t % 256), noisy)

    def other_schedules(self, film: Film) -> dict[str, Schedule]:
        steps = film.schedule.steps
        return {"another": Schedule(film.schedule.timesteps, film.schedule.sigmas**1.1, steps)}

    def keep(self, film: Film, frame: Frame, stage: Stage) -> GeneratedImage:
        self.thread_ids.add(threading.get_ident())
        self.kept.append(frame)
        if self.keep_error is not None:
            raise self.keep_error
        return image(film, stage, frame.step + 1)

    def memory_in_use(self) -> MemoryInUse:
        return self.memory

    def close(self) -> None:
        self.thread_ids.add(threading.get_ident())
        self.is_closed = True

    def _develop(self, film: Film, index: int, count: int) -> Generator[Event, None, None]:
        yield Started(film, index, count)
        for call in range(len(film.frames), film.schedule.calls):
            self.calls += 1
            time.sleep(self.call_seconds)
            self._reach(call)
            frame = frame_of(film, call)
            film = film.with_frame(frame)
            small = Size(film.request.size.width // FACTOR, film.request.size.height // FACTOR)
            yield Stepped(frame, Preview(pixels(small, call), is_decoded=False), seconds=0.001)
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
        assert hold.wait(10), "the test never let go"


def film(request: GenerationRequest) -> Film:
    """A film without frames, one network call a step."""
    steps = request.steps
    sigmas = np.linspace(14.0, 0.1, steps)
    schedule = Schedule(np.linspace(999, 1, steps, dtype=np.float32), sigmas, tuple(range(steps)))
    return Film(
        request=request,
        model=ModelIdentity(request.model, "A model", "stable_diffusion", "0123456789"),
        prediction_type="epsilon",
        space="vp",
        scheduler="DDIMScheduler",
        scheduler_config={},
        schedule=schedule,
        latent_rgb=LINEAR,
        run=f"run-{request.seed}",
    )


def frame_of(film: Film, call: int) -> Frame:
    """The frame of a network call; its latents are filled with the number of the call."""
    size = film.request.size
    latent = np.full((CHANNELS, size.height // FACTOR, size.width // FACTOR), call, np.float32)
    return Frame(
        call=call,
        step=film.schedule.steps[call],
        timestep=float(film.schedule.timesteps[call]),
        sigma=float(film.schedule.sigmas[call]),
        noisy=latent,
        denoised=latent,
        guided=latent,
        cond=latent if film.request.has_guidance else None,
        uncond=latent if film.request.has_guidance else None,
    )


def pixels(size: Size, value: int) -> Pixels:
    """A plain grey picture."""
    return np.full((size.height, size.width, 3), value, np.uint8)


def image(film: Film, stage: Stage, step: int) -> GeneratedImage:
    recipe = Recipe(
        request=film.request,
        model=film.model,
        stage=stage,
        step=step,
        device="cpu",
        dtype="float32",
        seconds=0.1,
        run=film.run,
        parent=film.parent,
    )
    return GeneratedImage(pixels(film.request.size, 128), recipe)


def model(key: str = "starter-model", **defaults: object) -> Model:
    """A model with the given default settings; sizes from 64 to 256 in steps of 8."""
    return Model(
        key=key,
        name=key.replace("-", " ").title(),
        about=f"What {key} is for.",
        folder=Path("models") / key,
        family="stable_diffusion",
        defaults=replace(GenerationRequest("a red house", model=key), **defaults),  # pyright: ignore[reportArgumentType]
        limits=Limits(size_step=8, smallest=64, largest=256),
        max_tokens=77,
        capabilities=FAMILIES["stable_diffusion"].capabilities_of({}),
    )


class FakeModels:
    """A catalogue with these models."""

    def __init__(self, *models: Model) -> None:
        self.found = models or (model(),)

    def find_all(self) -> FoundModels:
        return FoundModels(self.found)

    def remembered(self) -> tuple[FoundModels, bool]:
        return self.find_all(), False


class FakeDrafts:
    """Keeps the draft in memory. ``saves`` counts how often it was written."""

    def __init__(self, draft: GenerationRequest | None = None) -> None:
        self.draft = draft
        self.saves = 0
        self.autoencoders: dict[str, Autoencoder] = {}

    def load_draft(self) -> GenerationRequest | None:
        return self.draft

    def save_draft(self, request: GenerationRequest) -> None:
        self.draft = request
        self.saves += 1

    def autoencoder_of(self, model: str) -> Autoencoder | None:
        return self.autoencoders.get(model)
