"""Film, previews and window against the bare loop, in turns: ``python -m tests.benchmarks.loop``.

The whole program, with its window, makes pictures in turns with the loop alone, in the same thread and with the
same model: no frames, no film, no previews, no events. Once with a network that only sleeps, as a fast GPU looks
to the thread that launches (what is added to a step is what we cost), and once with a real model on the processor.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

from app.session.write_thread import WriteThread
from core.film.film import Film
from core.request.request import STARTER_MODEL, GenerationRequest, Size
from core.runs.events import Advanced, Event, Finished, Loading, Phase, PreviewMode, Started
from core.runs.operations import Generate, Operation, ReportMemory
from core.runs.recorder import FilmRecorder

SLEEP_MS = 5.0
SETTLING_MS = 300
ASLEEP = GenerationRequest("a", model="asleep", size=Size(256, 256), steps=100, sampler="euler", seed=7)
"""Its latents, (4, 64, 64), are those of Stable Diffusion 1.5 at 512x512."""

AWAKE = GenerationRequest("a red house by the sea at sunset", model=STARTER_MODEL, steps=20, seed=7)
RECORDED, SHOWN = "film and previews", "film, previews, window"
MOST_MS, MOST_RATIO = 0.5, 1.01
"""Marks: of film and previews on a step of a fast GPU, and of the whole program on one of the processor."""

STILL = Advanced(0, 1)
"""Ends the animation of the window's progress bar, which costs a processor a hundredth of its time."""

VIEWS = ("noisy", "denoised", "guidance", "schedule")


@dataclass(frozen=True, slots=True)
class Took:
    """Of all calls of a run, in seconds: on the clock, of all processors together, and of the window's thread.

    The last one tells what the window costs on a busy machine, too, where clocks tell nothing.
    """

    wall: float
    processor: float
    window: float

    @classmethod
    def now(cls) -> Took:
        window = time.pthread_getcpuclockid(threading.main_thread().ident or 0)
        return cls(time.perf_counter(), time.process_time(), time.clock_gettime(window))

    def since(self, began: Took, calls: int) -> Took:
        """For each call."""
        window = (self.window - began.window) / calls
        return Took((self.wall - began.wall) / calls, (self.processor - began.processor) / calls, window)


@dataclass(frozen=True, slots=True, eq=False)
class BareLoop(Operation[Took]):
    """The loop alone."""

    request: GenerationRequest


def run_bare(context: Any, operation: BareLoop) -> Iterator[Event]:
    import torch

    from core.engine.initial_state import from_request
    from core.engine.sampling.denoising import denoise

    model = yield from context.prepare(operation.request)
    is_asleep = operation.request.model == ASLEEP.model
    torch.set_num_threads(1 if is_asleep else os.cpu_count() or 1)  # in this thread; a GPU has its own
    if is_asleep:
        model.family._arithmetic.predict = asleep
    predict = (yield from context.read_prompt(model, model.request)).at(0)
    start = model.with_autoencoder(lambda: from_request(model.family, model.request, context.plan.device))
    yield STILL
    began = Took.now()
    scale = model.request.guidance_scale
    calls = len(list(denoise(model.guarded(predict), start.sampling, start.x, start.generators, scale)))
    yield Finished(Took.now().since(began, calls))


@dataclass(frozen=True, slots=True, eq=False)
class Recorded(Operation[Took]):
    """A run with its film and its previews, of which nothing is shown."""

    request: GenerationRequest


def run_recorded(context: Any, operation: Recorded) -> Iterator[Event]:
    from core.engine.operations import generate

    with tempfile.TemporaryDirectory() as folder:
        recorder, thread = FilmRecorder(lambda: Path(folder)), WriteThread("films")
        began: tuple[Took, int] | None = None
        for event in generate.run(context, Generate(operation.request, PreviewMode.linear)):
            thread.put(partial(recorder.follow, event))
            if isinstance(event, Started):
                yield STILL
                began = Took.now(), event.film.schedule.calls
            if isinstance(event, Loading) and event.phase is Phase.decoding and began is not None:
                yield Finished(Took.now().since(*began))
        thread.close()


def asleep(_request: GenerationRequest, _batch: int, _encoded: Any) -> Callable[..., Any]:
    """Returns a network's call that sleeps, which lets other threads compute, and predicts noise."""
    import torch

    from core.engine.sampling.guidance import Prediction

    noise = torch.randn((2, 4, 64, 64), generator=torch.Generator().manual_seed(1))

    def predict(x: torch.Tensor, _t: Any) -> Prediction:
        time.sleep(SLEEP_MS / 1000)
        uncond, cond = (noise * 0.99 + 0.01 * x).chunk(2)
        return Prediction(cond, uncond)

    return predict


class Turns:
    """Makes runs in the program's own worker, one after the other."""

    def __init__(self, window: Any) -> None:
        from PySide6.QtCore import QEventLoop, Qt

        self._session = window.session
        self._loop = QEventLoop()
        self._worker = self._session.pool.runners[0].worker_thread.worker
        self._worker.happened.connect(self._stamp, Qt.ConnectionType.DirectConnection)
        self._session.run_ended.connect(self._loop.quit)
        self._session.failed.connect(print)
        self._began: tuple[Took, Film] | None = None
        self.took: Took | None = None

    def run(self, operation: Operation[Any], previews: PreviewMode = PreviewMode.linear) -> Took:
        self._session.set_preview_mode(previews)
        self._session.queue.add(operation)
        self._loop.exec()
        while self._worker.writing.is_saving:
            time.sleep(0.01)
        self.settle()
        took, self.took = self.took, None
        assert took is not None
        return took

    def settle(self) -> None:
        """Waits for all that follows a picture, such as its thumbnail and the true one of its last step."""
        from PySide6.QtCore import QTimer

        QTimer.singleShot(SETTLING_MS, self._loop.quit)
        self._loop.exec()
        self._session.engine_tasks.submit("settle", ReportMemory(), self._on_settled)
        self._loop.exec()

    def _on_settled(self, _memory: object) -> None:
        self._loop.quit()

    def _stamp(self, event: Event) -> None:
        """In the worker's thread."""
        match event:
            case Started():
                self._began = Took.now(), event.film
            case Loading(Phase.decoding) if self._began is not None:
                began, film = self._began
                self.took = Took.now().since(began, film.schedule.calls)
            case Finished():
                self.took = event.result
            case _:
                pass


def measure(turns: Turns, request: GenerationRequest, rounds: int, sides: dict[str, Callable[[], Took]]) -> None:
    times: dict[str, list[Took]] = {name: [] for name in sides}
    for number in range(rounds + 1):
        for name, side in sides.items():
            took = side()
            if number:
                times[name].append(took)
    bare = times["bare loop"]
    print(f"\n{request.model}: {request.size}, {request.steps} steps of {request.sampler}, {rounds} rounds")
    for name, own in times.items():
        wall, processor = (median([getattr(took, kind) for took in own]) for kind in ("wall", "processor"))
        ratios = [
            median([getattr(a, kind) / getattr(b, kind) for a, b in zip(own, bare, strict=True)])
            for kind in ("wall", "processor")
        ]
        more = median([a.wall - b.wall for a, b in zip(own, bare, strict=True)]) * 1000
        print(
            f"  {name:32}{wall * 1000:9.2f} ms/step{more:+7.2f}   ratio {ratios[0]:.3f}"
            f"   processors {processor * 1000:8.2f} ms, ratio {ratios[1]:.3f}"
            f"   window's thread {median([took.window for took in own]) * 1000:5.2f} ms"
            f"   {verdict(request, name, more, ratios[0])}"
        )


def verdict(request: GenerationRequest, side: str, more_ms: float, ratio: float) -> str:
    """Tells if the marks are met, which are for a quiet machine."""
    if request.model == ASLEEP.model:
        return "" if side != RECORDED else "ok" if more_ms < MOST_MS else "MISSED"
    return "" if side != SHOWN else "ok" if ratio <= MOST_RATIO else "MISSED"


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.loop", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="turns of each side (default: %(default)s)")
    parser.add_argument("--only", choices=("asleep", "awake"), help="one of both parts (default: both)")
    parser.add_argument(
        "--sd15", type=Path, help="a folder for Stable Diffusion 1.5 with random weights, measured, too"
    )
    options = parser.parse_args()
    from app.startup.environment import set_environment

    set_environment(os.environ)
    from PySide6.QtWidgets import QApplication

    from app.film.film_panel import FilmPanel
    from app.startup.application import SWITCH_INTERVAL_S, make_window
    from core.engine.operations import OPERATIONS
    from core.paths import Folders
    from tests import tiny

    cast("dict[Any, Any]", OPERATIONS).update({BareLoop: run_bare, Recorded: run_recorded})
    with tempfile.TemporaryDirectory() as temporary:
        folders = Folders(*(Path(temporary) / name for name in Folders.__dataclass_fields__))
        tiny.stable_diffusion(folders.models / ASLEEP.model)
        requests = [] if options.only == "awake" else [ASLEEP]
        requests += [] if options.only == "asleep" else [AWAKE]
        if options.sd15 is not None:
            requests.append(random_model(options.sd15, folders.models))
        application = QApplication(sys.argv[:1])
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        window = make_window(application, folders)
        window.resize(1400, 900)
        panel = window.findChild(FilmPanel, "filmPanel")
        assert isinstance(panel, FilmPanel)
        turns = Turns(window)

        def shown(request: GenerationRequest, views: Sequence[str], previews: PreviewMode) -> Took:
            panel.open_views(views)
            turns.settle()
            return turns.run(Generate(request), previews)

        for request in requests:
            sides: dict[str, Callable[[], Took]] = {
                "bare loop": lambda request=request: turns.run(BareLoop(request)),
                RECORDED: lambda request=request: turns.run(Recorded(request)),
                SHOWN: lambda request=request: shown(request, (), PreviewMode.linear),
                "the same with four views": lambda request=request: shown(request, VIEWS, PreviewMode.linear),
            }
            measure(turns, request, options.rounds, sides)
        window.close()
    return 0


def random_model(folder: Path, models: Path) -> GenerationRequest:
    import torch

    from tests.benchmarks.random_models import stable_diffusion_15

    if not (folder / "model").exists():
        stable_diffusion_15(folder / "model", torch.float32)
    (models / "sd15-random").symlink_to(folder / "model")
    return replace(AWAKE, model="sd15-random", size=Size(256, 256), steps=8)


if __name__ == "__main__":
    sys.exit(main())
