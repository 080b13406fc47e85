"""Measures the cost of a mask on a step: ``python -m tests.benchmarks.masked``.

The starter model changes a part of a picture on the processor, in float32, without previews: our engine with a
soft mask, without one, and diffusers' StableDiffusionInpaintPipeline with a hard one, in turns. The time of the
processor is measured from the first step to the last, since others may use the machine meanwhile.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion_inpaint import StableDiffusionInpaintPipeline
from PIL import Image

from core.engine.engine import Engine
from core.engine.sampling.schedulers import build
from core.models.catalogue import Catalogue
from core.paths import resources
from core.request.request import STARTER_MODEL, GenerationRequest, Mask, Source
from core.runs.events import PreviewMode, Stepped
from core.runs.operations import Generate

MOST_RATIO = 1.02
"""Of a step with a mask, or with control, to one of the stock pipeline with the same."""


def main() -> int:
    """Prints medians and ratios; returns 1 where a mark is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.masked", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="runs of each side (default: 15)")
    parser.add_argument("--steps", type=int, default=20, help="of each run (default: 20)")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        request = asked(Path(folder), arguments.steps)
        sides: dict[str, Callable[[], float]] = {
            "with a mask": lambda: of_ours(engine, request),
            "without": lambda: of_ours(engine, replace(request, mask=None)),
            "stock": stock_side(request),
        }
        with closing(Engine(Catalogue(()), "cpu", "float32")) as engine:
            return compared(sides, arguments.rounds)


def compared(sides: Mapping[str, Callable[[], float]], rounds: int) -> int:
    """Runs sides in turns and prints their medians, and the first one's in ratio to the one called stock.

    Each returns the seconds of a step. Returns 1 where the ratio is above `MOST_RATIO`.
    """
    took = {name: [side()][1:] for name, side in sides.items()}  # the first run of each warms up
    for number in range(rounds):
        names = list(sides)
        for name in names[number % 3 :] + names[: number % 3]:
            took[name].append(sides[name]())
    middles = {name: 1000 * statistics.median(times) for name, times in took.items()}
    for name, middle in middles.items():
        print(f"{name:>12}: {middle:.2f} ms of processor for a step")
    first = next(iter(sides))
    ratio = middles[first] / middles["stock"]
    print(f"{first} / stock: {ratio:.3f} (at most {MOST_RATIO})")
    return int(ratio > MOST_RATIO)


def asked(folder: Path, steps: int) -> GenerationRequest:
    pixels = np.random.default_rng(0).integers(0, 256, (128, 128, 3), np.uint8)
    mask = np.zeros((128, 128), np.uint8)
    mask[48:96, 32:96] = 255
    Image.fromarray(pixels).save(folder / "photo.png")
    Image.fromarray(mask).save(folder / "mask.png")
    return GenerationRequest(
        "a green house",
        model=STARTER_MODEL,
        sampler="euler",
        steps=steps,
        seed=7,
        source=Source(str(folder / "photo.png"), 1.0),
        mask=Mask(str(folder / "mask.png"), area="whole"),
    )


def of_ours(engine: Engine, request: GenerationRequest) -> float:
    """Returns seconds of processor for each step between the first and the last."""
    marks = [
        time.process_time()
        for event in engine.run(Generate(request, previews=PreviewMode.linear))
        if isinstance(event, Stepped)
    ]
    return (marks[-1] - marks[0]) / (len(marks) - 1)


def stock_side(request: GenerationRequest) -> Callable[[], float]:
    pipe: Any = StableDiffusionInpaintPipeline.from_pretrained(
        resources() / STARTER_MODEL, use_safetensors=True, local_files_only=True, dtype=torch.float32
    )
    pipe.set_progress_bar_config(disable=True)
    pipe.unet.register_to_config(in_channels=4)  # the pipeline knows no others; it has 12
    checkpoint = dict(pipe.scheduler.config)
    assert request.source is not None
    assert request.mask is not None
    photo, mask = (Image.open(path).copy() for path in (request.source.path, request.mask.path))

    def measure() -> float:
        marks: list[float] = []

        def mark(_pipe: Any, _step: int, _t: Any, state: dict[str, Any]) -> dict[str, Any]:
            marks.append(time.process_time())
            return state

        pipe.scheduler = build(request.sampler, checkpoint, request.steps).scheduler
        pipe(
            request.prompt,
            image=photo,
            mask_image=mask,
            width=128,
            height=128,
            strength=1.0,
            num_inference_steps=request.steps,
            guidance_scale=request.guidance_scale,
            generator=torch.Generator("cpu").manual_seed(7),
            output_type="latent",
            callback_on_step_end=mark,
        )
        return (marks[-1] - marks[0]) / (len(marks) - 1)

    return measure


if __name__ == "__main__":
    sys.exit(main())
