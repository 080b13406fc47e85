"""An engine in its own process against the one in this process, in turns: ``python -m tests.benchmarks.wire``.

Once with the starter model on the processor, with film and linear previews; once with an engine that only gives
frames of the size of Stable Diffusion XL at 1024x1024, which tells what the wire itself adds to a step.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from app.cli.commands.engine import serve
from app.cli.engine_makers import make_engine
from app.startup.environment import set_environment
from core.film.film import Frame
from core.heap import keep_freed_memory
from core.models.folders import FixedPlaces, Places
from core.models.memory_plan import DeviceMemory
from core.remote.child import Child
from core.remote.client import RemoteEngine
from core.remote.codec import Encoder
from core.remote.frames import write_message
from core.remote.messages import MakeEngine, Ready, Told
from core.request.request import GenerationRequest, Size
from core.runs.events import Event, LinearPreview, PreviewMode, Started, Stepped
from core.runs.operations import Engine, Generate, Operation
from core.runs.recorder import FilmRecorder
from tests.fakes import film

REAL = GenerationRequest("a red house by the sea at sunset", steps=60, seed=7)
LARGE = GenerationRequest("a", size=Size(1024, 1024), steps=60, seed=7)
LATENT = (4, 128, 128)


@dataclass(frozen=True, slots=True)
class Took:
    """For each step: milliseconds on the clock, of this process, and of both."""

    wall: float
    here: float
    both: float


class Frames:
    """An engine without a network, whose frames are those of a large model in float16."""

    def run(self, operation: Operation[Any]) -> Generator[Event, None, None]:
        assert operation.made is not None
        grown, dice = film(operation.made), np.random.default_rng(1)
        yield Started(grown, 0, 1)
        for call in range(grown.schedule.calls):
            single = [dice.standard_normal(LATENT, np.float32) for _ in range(2)]
            half = [dice.standard_normal(LATENT, np.float32).astype(np.float16) for _ in range(3)]
            grown = grown.with_frame(Frame(call, call, 1.0, 1.0, *single, *half))
            yield Stepped(grown, LinearPreview(grown), 0.0)

    def hurry(self, operation: Operation[Any]) -> None:
        del operation

    def close(self) -> None:
        """Has nothing."""


def make_frames(_how: MakeEngine, _places: Callable[[], Places]) -> tuple[Frames, Ready]:
    return Frames(), Ready("cpu", "", "", "", DeviceMemory("cpu", 1, 1), process=os.getpid())


def turn(engine: Engine, request: GenerationRequest, child: int) -> Took:
    """Makes one run, recorded as the window does it."""
    own, other = psutil.Process(), psutil.Process(child) if child else None
    with tempfile.TemporaryDirectory() as folder:
        events = FilmRecorder(lambda: Path(folder)).record(engine.run(Generate(request, PreviewMode.linear)))
        began = time.perf_counter(), cpu_of(own), cpu_of(other)
        for event in events:
            if isinstance(event, Started):
                began = time.perf_counter(), cpu_of(own), cpu_of(other)
            if isinstance(event, Stepped) and event.frame.call == request.steps - 1:
                break
        wall, here, there = time.perf_counter(), cpu_of(own), cpu_of(other)
        events.close()
    wall, here, there = (now - then for now, then in zip((wall, here, there), began, strict=True))
    return Took(*(1000 * value / request.steps for value in (wall, here, here + there)))


def cpu_of(process: psutil.Process | None) -> float:
    return sum(process.cpu_times()[:2]) if process is not None else 0.0


def bytes_of_steps(engine: Engine, request: GenerationRequest) -> list[int]:
    """Returns the bytes that each step of a run sends."""
    encoder, sizes = Encoder(), list[int]()
    for event in engine.run(Generate(request, PreviewMode.linear)):
        write_message(stream := io.BytesIO(), *encoder.encode(Told(1, event)))
        if isinstance(event, Stepped):
            sizes.append(stream.tell())
    return sizes


def compare(name: str, here: Engine, there: RemoteEngine, request: GenerationRequest, turns: int) -> None:
    """Prints the medians of both, after a turn of each that warms them."""
    took: dict[str, list[Took]] = {"in this process": [], "in its own": []}
    for number in range(turns + 1):
        for side, engine, child in (("in this process", here, 0), ("in its own", there, there.ready.process)):
            one = turn(engine, replace(request, seed=number), child)
            took[side] += [one] if number else []
    print(f"{name}: {statistics.median(bytes_of_steps(here, request)):,.0f} bytes a step")
    medians = {
        side: Took(*(statistics.median(getattr(one, key) for one in all_of) for key in ("wall", "here", "both")))
        for side, all_of in took.items()
    }
    for side, median in medians.items():
        print(
            f"  {side}: {median.wall:.2f} ms a step; processor {median.here:.2f} ms here, {median.both:.2f} in all"
        )
    one, other = medians.values()
    print(f"  ratio {other.wall / one.wall:.3f} on the clock, {other.both / one.both:.3f} of the processor")
    print(f"  the wire adds {other.wall - one.wall:.2f} ms a step")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(make_frames)
        return
    set_environment(os.environ)  # as the program does it for itself
    keep_freed_memory()
    how = MakeEngine("cpu", "float32")
    frames = (sys.executable, "-m", "tests.benchmarks.wire", "--serve")
    with closing(RemoteEngine(lambda: Child(frames), how, FixedPlaces)) as there:
        compare("frames of Stable Diffusion XL", Frames(), there, LARGE, arguments.turns)
    real = (sys.executable, "-m", "app", "engine", "--stdio")
    here, _ = make_engine(how, FixedPlaces)
    with closing(here), closing(RemoteEngine(lambda: Child(real), how, FixedPlaces)) as there:
        compare("starter model", here, there, REAL, arguments.turns)


if __name__ == "__main__":
    main()
