"""Our engine against diffusers' stock pipeline in one process, in turns: ``python -m tests.benchmarks.engine``.

Two models: the starter model, and a network of the real Stable Diffusion 1.5 architecture with random weights
(which cost exactly what trained ones cost), at 256x256 and few steps. Ratios are medians of interleaved runs on
the same machine in the same minute; they mean little while anything else runs.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil
import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline

from core.catalogue import Catalogue
from core.engine import Engine
from core.events import ImageReady, Loading, Phase, PreviewMode, Started
from core.paths import resources
from core.request import STARTER_MODEL, GenerationRequest, Size
from core.schedulers import build
from tests.benchmarks.random_models import stable_diffusion_15


@dataclass(frozen=True, slots=True)
class Measured:
    """Medians over the rounds, in seconds."""

    stock_step: float
    our_step: dict[PreviewMode, float]
    first_picture: float
    same_prompt_again: float


class Stock:
    """diffusers' own pipeline over the same checkpoint."""

    def __init__(self, folder: Path, dtype: torch.dtype) -> None:
        self._pipe: Any = StableDiffusionPipeline.from_pretrained(
            folder, dtype=dtype, use_safetensors=True, local_files_only=True
        )
        self._pipe.set_progress_bar_config(disable=True)
        self._checkpoint = dict(self._pipe.scheduler.config)

    def step_seconds(self, request: GenerationRequest) -> float:
        """Seconds for each step of the loop alone: the prompt is encoded before, nothing is decoded after."""
        self._pipe.scheduler = build(
            request.sampler, self._checkpoint, request.steps, torch.device("cpu")
        ).scheduler
        embeddings, negative = self._pipe.encode_prompt(
            request.prompt, "cpu", 1, request.has_guidance, request.negative_prompt
        )
        began = time.perf_counter()
        self._pipe(
            prompt_embeds=embeddings,
            negative_prompt_embeds=negative,
            width=request.size.width,
            height=request.size.height,
            num_inference_steps=request.steps,
            guidance_scale=request.guidance_scale,
            generator=torch.Generator("cpu").manual_seed(request.seed or 0),
            output_type="latent",
        )
        return (time.perf_counter() - began) / request.steps


def our_step_seconds(engine: Engine, request: GenerationRequest, mode: PreviewMode) -> float:
    """Seconds for each step with everything that we add: the film's frames and the previews."""
    began = 0.0
    for event in engine.generate(request, mode):
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
    assert isinstance(list(engine.generate(request, PreviewMode.linear))[-1], ImageReady)
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


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.engine", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="turns of each side (default: 9)")
    parser.add_argument("--model", choices=("starter", "sd15", "both"), default="both")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        engine = Engine(Catalogue((folder,)), device="cpu")
        print(engine.plan.describe().splitlines()[0])
        if arguments.model != "sd15":
            request = GenerationRequest("a red house by the sea at sunset", seed=7)
            stock = Stock(resources() / STARTER_MODEL, engine.plan.dtype)
            report("starter model", request, measure(engine, stock, request, arguments.rounds))
        if arguments.model != "starter":
            stable_diffusion_15(folder / "sd15-random", engine.plan.dtype)
            request = GenerationRequest(
                "a house", model="sd15-random", size=Size(256, 256), steps=4, guidance_scale=7.0, seed=7
            )
            stock = Stock(folder / "sd15-random", engine.plan.dtype)
            measured = measure(engine, stock, request, arguments.rounds)
            report("Stable Diffusion 1.5, random weights", request, measured)


if __name__ == "__main__":
    main()
