"""Measures the cost of a ControlNet on a step: ``python -m tests.benchmarks.controlled``.

The starter model on the processor, in float32, without previews, with a ControlNet that is a copy of its U-Net's
first half: our engine, and diffusers' StableDiffusionControlNetPipeline, in turns. The time of the processor is
measured from the first step to the last, since others may use the machine meanwhile.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from diffusers.models.controlnets.controlnet import ControlNetModel
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.pipelines.controlnet.pipeline_controlnet import StableDiffusionControlNetPipeline
from PIL import Image

from core.engine.engine import Engine
from core.engine.sampling.schedulers import build
from core.files.json_file import read_json
from core.models.catalogue import Catalogue
from core.paths import resources
from core.request.control import Control
from core.request.request import STARTER_MODEL, GenerationRequest, Size
from tests import tiny_controls
from tests.benchmarks.masked import compared, of_ours

_HINT = (16, 32, 96, 256)


def main() -> int:
    """Prints medians and ratios; returns 1 where a mark is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.controlled", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="runs of each side (default: 15)")
    parser.add_argument("--steps", type=int, default=20, help="of each run (default: 20)")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        network, request = asked(Path(folder), arguments.steps)
        sides: dict[str, Callable[[], float]] = {
            "with control": lambda: of_ours(engine, request),
            "without": lambda: of_ours(engine, replace(request, controls=())),
            "stock": stock_side(network, request),
        }
        with closing(Engine(Catalogue(()), "cpu", "float32")) as engine:
            return compared(sides, arguments.rounds)


def asked(folder: Path, steps: int) -> tuple[Any, GenerationRequest]:
    model = resources() / STARTER_MODEL
    unet = UNet2DConditionModel.from_pretrained(model / "unet", local_files_only=True)
    levels = len(read_json(model / "vae" / "config.json")["block_out_channels"])
    network = ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=_HINT[:levels]).eval()
    path = tiny_controls.save(network, folder, "copy")
    drawing = tiny_controls.picture(folder, Size(128, 128))
    request = GenerationRequest(
        "a green house",
        model=STARTER_MODEL,
        sampler="euler",
        steps=steps,
        seed=7,
        controls=(Control(str(path), str(drawing), weight=0.8),),
    )
    return network, request


def stock_side(network: Any, request: GenerationRequest) -> Callable[[], float]:
    pipe: Any = StableDiffusionControlNetPipeline.from_pretrained(
        resources() / STARTER_MODEL,
        controlnet=network,
        safety_checker=None,
        requires_safety_checker=False,
        use_safetensors=True,
        local_files_only=True,
        dtype=torch.float32,
    )
    pipe.set_progress_bar_config(disable=True)
    checkpoint = dict(pipe.scheduler.config)
    with Image.open(request.controls[0].path) as opened:
        drawing = opened.copy()

    def measure() -> float:
        marks: list[float] = []

        def mark(_pipe: Any, _step: int, _t: Any, state: dict[str, Any]) -> dict[str, Any]:
            marks.append(time.process_time())
            return state

        pipe.scheduler = build(request.sampler, checkpoint, request.steps).scheduler
        pipe(
            request.prompt,
            image=drawing,
            width=128,
            height=128,
            num_inference_steps=request.steps,
            guidance_scale=request.guidance_scale,
            controlnet_conditioning_scale=0.8,
            generator=torch.Generator("cpu").manual_seed(7),
            output_type="latent",
            callback_on_step_end=mark,
        )
        return (marks[-1] - marks[0]) / (len(marks) - 1)

    return measure


if __name__ == "__main__":
    sys.exit(main())
