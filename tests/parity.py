"""Final latents of our loop, and of diffusers' own pipeline, for the same request."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.engine.decoding.decoding import decode
from core.engine.families import Family
from core.engine.initial_state import from_request
from core.engine.prompt_calls import NumberedCall, prompt_calls
from core.engine.sampling import schedulers
from core.engine.sampling.denoising import Predict, denoise
from core.engine.sampling.start_noise import start_noise
from core.prompt.timeline import timeline
from core.request.request import GenerationRequest

CPU = torch.device("cpu")


@torch.inference_mode()
def our_latents(
    family: Family, request: GenerationRequest, batch: int, device: torch.device = CPU
) -> torch.Tensor:
    sampling = schedulers.build(request.sampler, family.scheduler_config_for(request), request.steps)
    generators = [torch.Generator("cpu").manual_seed((request.seed or 0) + i) for i in range(batch)]
    x = start_noise(family.latent_shape(request.size), generators).to(device) * sampling.first_scale
    steps = denoise(family.read_prompt(request, batch), sampling, x, generators, request.guidance_scale)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def our_steps(
    family: Family, request: GenerationRequest, read: Callable[[GenerationRequest], Predict]
) -> tuple[list[torch.Tensor], np.ndarray]:
    """Returns the latents behind each of our steps, and the picture; ``read`` reads the prompt of a call."""
    start = from_request(family, request, CPU)
    calls = prompt_calls(timeline(request), request, start.film.skipped_steps, read)
    number = NumberedCall(calls)
    steps = denoise(number, start.sampling, start.x, start.generators, request.guidance_scale)
    seen: list[torch.Tensor] = []
    while True:
        try:
            seen.append(next(steps).noisy)
            number.number = len(seen)
        except StopIteration as end:
            return [*seen[1:], end.value], decode(family, end.value)[0]


def stock_pipeline(kind: Any, folder: Path, **options: Any) -> Any:
    """Loads diffusers' own pipeline, with its weights at even addresses as the engine's.

    The library maps files, where weights lie anywhere; for odd addresses MKL adds up in another order.
    """
    pipe = kind.from_pretrained(folder, use_safetensors=True, local_files_only=True, **options)
    pipe.set_progress_bar_config(disable=True)
    for part in pipe.components.values():
        for weight in part.parameters() if isinstance(part, torch.nn.Module) else ():
            weight.data = weight.data.clone()
    return pipe


def stock_latents(
    pipe: Any, checkpoint: Any, request: GenerationRequest, batch: int, begin: int | None = None
) -> torch.Tensor:
    """Returns those of the pipeline; ``begin``: where its scheduler is told to begin, if it is.

    The schedule is computed by the processor, as ours is: a GPU's logarithm differs in the last bit (DPM2's).
    """
    scheduler = schedulers.build(request.sampler, checkpoint, request.steps).scheduler
    pipe.scheduler = scheduler
    set_timesteps = scheduler.set_timesteps

    @wraps(set_timesteps)
    def on_the_processor(*arguments: Any, device: Any = None, **options: Any) -> None:
        set_timesteps(*arguments, **options)
        if device is not None:
            scheduler.timesteps = scheduler.timesteps.to(device)
        if begin is not None:  # it was forgotten
            scheduler.set_begin_index(begin)

    scheduler.set_timesteps = on_the_processor
    return pipe(
        request.prompt,
        negative_prompt=request.negative_prompt or None,
        width=request.size.width,
        height=request.size.height,
        num_inference_steps=request.steps,
        guidance_scale=request.guidance_scale,
        num_images_per_prompt=batch,
        generator=[torch.Generator("cpu").manual_seed((request.seed or 0) + i) for i in range(batch)],
        output_type="latent",
    ).images
