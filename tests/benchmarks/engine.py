"""Our engine against diffusers' stock pipeline, in turns: ``python -m tests.benchmarks.engine``.

Three models: the starter model, and networks of the real Stable Diffusion 1.5 and XL architectures with random
weights (which cost exactly what trained ones cost) at few steps. Ratios are medians of interleaved runs in one
process in the same minute; they mean little while anything else runs. XL needs 24 GB of memory.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import torch

from core.engine.engine import Engine
from core.models.catalogue import Catalogue
from core.paths import resources
from core.request.request import STARTER_MODEL, GenerationRequest, Size
from core.runs.events import ImageReady, Loading, Phase, PreviewMode, Started
from core.runs.operations import Generate
from tests.benchmarks.loading import loaded
from tests.benchmarks.random_models import stable_diffusion_15, stable_diffusion_xl
from tests.benchmarks.stock import Stock


@dataclass(frozen=True, slots=True)
class Model:
    """A model to measure, and the function that makes its checkpoint in a folder; None for the starter model."""

    name: str
    request: GenerationRequest
    make: Callable[[Path, torch.dtype], Path] | None = None
    rounds: int = 9


MODELS = {
    "starter": Model("starter model", GenerationRequest("a red house by the sea at sunset", seed=7)),
    "sd15": Model(
        "Stable Diffusion 1.5, random weights",
        GenerationRequest(
            "a house", model="sd15-random", size=Size(256, 256), steps=4, guidance_scale=7.0, seed=7
        ),
        stable_diffusion_15,
    ),
    "sdxl": Model(
        "Stable Diffusion XL, random weights",
        GenerationRequest(
            "a house", model="sdxl-random", size=Size(512, 512), steps=2, guidance_scale=7.0, seed=7
        ),
        stable_diffusion_xl,
        rounds=3,
    ),
}


@dataclass(frozen=True, slots=True)
class Measured:
    """Medians over the rounds, in seconds."""

    stock_step: float
    our_step: dict[PreviewMode, float]
    first_picture: float
    same_prompt_again: float


def our_step_seconds(engine: Engine, request: GenerationRequest, mode: PreviewMode) -> float:
    """Seconds for each step with everything that we add: the film's frames and the previews."""
    began = 0.0
    for event in engine.run(Generate(request, mode)):
        match event:
            case Started():
                began = time.perf_counter()
            case Loading(Phase.decoding):
                return (time.perf_counter() - began) / request.steps
            case _:
                pass
    raise AssertionError("a run has a decoding phase")


def whole_picture_seconds(engine: Engine, request: GenerationRequest) -> float:
    began = time.perf_counter()
    assert isinstance(list(engine.run(Generate(request, PreviewMode.linear)))[-1], ImageReady)
    return time.perf_counter() - began


def measure(engine: Engine, stock: Stock, request: GenerationRequest, rounds: int) -> Measured:
    first = whole_picture_seconds(engine, replace(request, prompt=request.prompt + " again"))
    ours: dict[PreviewMode, list[float]] = {PreviewMode.linear: [], PreviewMode.automatic: []}
    stocks: list[float] = []
    again: list[float] = []
    turns: list[Callable[[], None]] = [
        lambda: stocks.append(stock.step_seconds(request)),
        *(lambda mode=mode: ours[mode].append(our_step_seconds(engine, request, mode)) for mode in ours),
    ]
    for turn in turns:  # warm up
        turn()
    for measurements in (stocks, *ours.values()):
        measurements.clear()
    for _ in range(rounds):
        for turn in turns:
            turn()
        again.append(whole_picture_seconds(engine, request))
    return Measured(
        statistics.median(stocks),
        {mode: statistics.median(values) for mode, values in ours.items()},
        first,
        statistics.median(again),
    )


def report(name: str, request: GenerationRequest, measured: Measured) -> None:
    scale = f"{request.guidance_scale:g}"
    print(f"\n{name}: {request.size}, {request.steps} steps of {request.sampler}, guidance scale {scale}")
    print(f"  stock pipeline            {measured.stock_step * 1000:9.1f} ms/step")
    for mode, seconds in measured.our_step.items():
        ratio = seconds / measured.stock_step
        print(f"  ours, {mode.name + ' previews':20}{seconds * 1000:9.1f} ms/step   ratio {ratio:.3f}")
    print(f"  picture with a new prompt {measured.first_picture:.2f} s, again {measured.same_prompt_again:.2f} s")
    print(f"  memory of the process now {psutil.Process().memory_info().rss / 2**30:.2f} GiB (both copies loaded)")


def report_loading(folder: Path, name: str) -> None:
    for side in ("stock", "ours"):
        loaded(side, folder, name)  # the files come into the cache
        took = loaded(side, folder, name)
        print(f"  {side:5} loaded in {took.seconds:.2f} s, {took.bytes / 2**30:.2f} GiB")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.engine", description=__doc__)
    parser.add_argument("--rounds", type=int, help="turns of each side (default: 9; 3 for XL)")
    parser.add_argument("--model", choices=("starter", "sd15", "sdxl"), help="one of them (default: all)")
    parser.add_argument("--folder", type=Path, help="where the random checkpoints lie, and stay")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder: Path = arguments.folder or Path(temporary)
        for key in (arguments.model,) if arguments.model else MODELS:
            model = MODELS[key]
            engine = Engine(Catalogue((folder,)), device="cpu")
            print(engine.plan.describe().splitlines()[0])
            path = resources() / STARTER_MODEL
            if model.make is not None:
                path = folder / model.request.model
                if not path.exists():
                    model.make(path, engine.plan.dtype)
            measured = measure(
                engine, Stock(path, engine.plan.dtype), model.request, arguments.rounds or model.rounds
            )
            report(model.name, model.request, measured)
            engine.close()
            gc.collect()
            if model.make is not None:
                report_loading(folder, model.request.model)


if __name__ == "__main__":
    main()
