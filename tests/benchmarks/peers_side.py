"""One side of `tests.benchmarks.peers`, in a process of its own: makes pictures and times each part."""

from __future__ import annotations

import argparse
import itertools
import json
import os
import re
import statistics
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

START = time.perf_counter()


@dataclass(frozen=True, slots=True)
class Side:
    """Seconds, and bytes at the peak of the process.

    Attributes:
        ready: from the start of the process until a request can be given, with all imports.
        load: from then until the first prompt is read.
        step: median over all steps but the first picture's.
        decode: latent to pixels, of the last picture.
        picture: request to PNG on disk, of the last picture.
        first: from the start of the process until the first picture is on disk.
    """

    ready: float
    load: float
    step: float
    decode: float
    picture: float
    first: float
    peak: int


def ours(model: Path, size: int, steps: int, rounds: int, dtype: str, latents: Path) -> Side:
    """The engine as the program starts it."""
    from app.startup.environment import set_environment
    from core.heap import keep_freed_memory

    set_environment(os.environ)
    keep_freed_memory()
    import numpy as np

    from app.startup.engine_imports import engine_imports

    with engine_imports():
        from core.engine.engine import Engine
    from core.checkpoints.cache import CheckpointCache
    from core.models.catalogue import Catalogue
    from core.pictures.saving import save_as
    from core.request.request import GenerationRequest, Size
    from core.runs.events import ImageReady, Loading, Phase, PreviewMode, Started, Stepped
    from core.runs.operations import Generate

    catalogue = Catalogue((model.parent,), CheckpointCache(latents.parent / "hashes.json"))
    engine = Engine(catalogue, device="cpu", dtype=dtype)
    ready = time.perf_counter() - START
    request = GenerationRequest(
        "a house",
        model=model.name,
        size=Size(size, size),
        steps=steps,
        guidance_scale=7.0,
        seed=7,
        sampler="euler",
    )
    load, took, decode, picture, first = 0.0, list[float](), 0.0, 0.0, 0.0
    for number in range(rounds + 1):
        began = last = decoding = time.perf_counter()
        for event in engine.run(Generate(request, PreviewMode.linear)):
            now = time.perf_counter()
            match event:
                case Started():
                    load = load or now - began
                    last = now
                case Stepped():
                    if number:
                        took.append(now - last)
                    last = now
                    if event.film.is_complete:
                        np.save(latents, event.frame.denoised)
                case Loading(Phase.decoding):
                    decoding = now
                case ImageReady():
                    decode = now - decoding
                    save_as(event.image, latents.with_suffix(".png"))
                case _:
                    pass
        picture = time.perf_counter() - began
        first = first or time.perf_counter() - START
    return Side(ready, load, statistics.median(took), decode, picture, first, peak_of())


def stock(model: Path, size: int, steps: int, rounds: int, dtype: str, latents: Path) -> Side:
    """diffusers' pipeline as its pages say."""
    import numpy as np
    import torch
    from diffusers.pipelines.pipeline_utils import DiffusionPipeline
    from diffusers.schedulers.scheduling_euler_discrete import EulerDiscreteScheduler

    ready = time.perf_counter() - START
    began = time.perf_counter()
    pipe: Any = DiffusionPipeline.from_pretrained(model, dtype=getattr(torch, dtype), use_safetensors=True)
    pipe.set_progress_bar_config(disable=True)
    pipe.scheduler = EulerDiscreteScheduler.from_config(pipe.scheduler.config)
    pipe.encode_prompt(prompt="a house", device="cpu", num_images_per_prompt=1, do_classifier_free_guidance=True)
    load = time.perf_counter() - began
    start: dict[str, Any] = {}
    if dtype == "float64":  # the start of the others, which would be another one if it were drawn in float64
        factor = pipe.vae_scale_factor
        shape = (1, pipe.unet.config.in_channels, size // factor, size // factor)
        start["latents"] = torch.randn(shape, generator=torch.Generator("cpu").manual_seed(7)).double()
    took: list[float] = []
    decode = picture = first = 0.0
    for number in range(rounds + 1):
        began = time.perf_counter()
        times: list[float] = []

        def told(_pipe: Any, _step: int, _t: Any, values: Any, times: list[float] = times) -> Any:
            times.append(time.perf_counter())
            np.save(latents, values["latents"].double().numpy())
            return values

        image = pipe(
            "a house",
            width=size,
            height=size,
            num_inference_steps=steps,
            guidance_scale=7.0,
            generator=torch.Generator("cpu").manual_seed(7),
            callback_on_step_end=told,
            **start,
        ).images[0]
        decode = time.perf_counter() - times[-1]
        image.save(latents.with_suffix(".png"))
        picture = time.perf_counter() - began
        first = first or time.perf_counter() - START
        if number:
            took += [b - a for a, b in itertools.pairwise(times)]
    return Side(ready, load, statistics.median(took or [0.0]), decode, picture, first, peak_of())


def peak_of(process: int | str = "self") -> int:
    """Returns the bytes of a process' memory at its peak. Not `getrusage`, which begins with the parent's."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    return int(found[1]) * 1024 if found is not None else 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("side", choices=("ours", "stock"))
    parser.add_argument("model", type=Path)
    parser.add_argument("size", type=int)
    parser.add_argument("steps", type=int)
    parser.add_argument("rounds", type=int)
    parser.add_argument("dtype")
    parser.add_argument("latents", type=Path)
    options = vars(parser.parse_args())
    from tests.packages_of_users import hide_others

    hide_others()
    side = {"ours": ours, "stock": stock}[options.pop("side")]
    print(json.dumps(asdict(side(**options))))


if __name__ == "__main__":
    main()
