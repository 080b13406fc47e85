"""Final latents of diffusers' own pipelines of flow-matching models, step by step as our samplers go."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch.nn.functional import pixel_unshuffle

from core.engine.families import Family
from core.engine.initial_state import from_request
from core.engine.inpainting import network_inputs
from core.engine.sampling import schedulers
from core.engine.sampling.denoising import Timestep, denoise
from core.engine.sampling.guidance import Prediction
from core.engine.sampling.step_hooks import step_hooks
from core.request.request import GenerationRequest, Source
from tests.parity import CPU, our_latents


def stock_flow_latents(
    pipe: Any,
    module: ModuleType,
    family: Family,
    request: GenerationRequest,
    monkeypatch: pytest.MonkeyPatch,
    batch: int = 1,
    skipped_steps: int = 0,
    draws_before: int = 0,
    **asked: Any,
) -> torch.Tensor:
    """Returns the latents behind the last step, as the pipeline holds them.

    The stock pipeline asks for noise levels of its own, which only some schedulers take, and forgets to hand its
    generators on. ``draws_before``: numbers that are drawn before the pipeline draws. ``asked``: its arguments.
    """
    sampling = schedulers.build(
        request.sampler, family.scheduler_config_for(request), request.steps, skipped_steps
    )
    generators = [torch.Generator("cpu").manual_seed((request.seed or 0) + i) for i in range(batch)]
    for generator in generators:
        if draws_before:
            torch.randn(draws_before, generator=generator)
    pipe.scheduler = sampling.scheduler

    def timesteps(*_arguments: Any, **_options: Any) -> tuple[torch.Tensor, int]:
        return sampling.timesteps, len(sampling.timesteps)

    monkeypatch.setattr(module, "retrieve_timesteps", timesteps)
    monkeypatch.setattr(sampling.scheduler, "set_begin_index", always(None))
    for name in ("scheduling_dpmsolver_multistep", "scheduling_flow_match_euler_discrete"):
        drawn = partial(drawn_as_ours, family.latent_shape(request.size)[1:])
        monkeypatch.setattr(import_module(f"diffusers.schedulers.{name}"), "randn_tensor", drawn)
    if sampling.takes_generator:
        step = sampling.scheduler.step

        def with_generator(*arguments: Any, **options: Any) -> Any:
            return step(*arguments, generator=generators, **options)

        monkeypatch.setattr(sampling.scheduler, "step", with_generator)
    last: list[torch.Tensor] = []

    def remember(_pipe: Any, _step: int, _t: Any, state: dict[str, Any]) -> dict[str, Any]:
        last[:] = [state["latents"]]
        return state

    with torch.inference_mode():
        pipe(
            prompt=request.prompt,
            width=request.size.width,
            height=request.size.height,
            num_inference_steps=request.steps,
            num_images_per_prompt=batch,
            generator=generators if batch > 1 else generators[0],
            output_type="latent",
            callback_on_step_end=remember,
            **asked,
        )
    return last[0]


def assert_same_picture(folder: Path, family: Family, pipe: Any, request: GenerationRequest, **asked: Any) -> None:
    """Checks that both make the same picture by the model's own scheduler. ``asked``: the pipeline's arguments."""
    pipe.scheduler = type(pipe.scheduler).from_pretrained(folder / "scheduler")
    stock = pipe(
        prompt=request.prompt,
        width=request.size.width,
        height=request.size.height,
        num_inference_steps=request.steps,
        generator=torch.Generator("cpu").manual_seed(request.seed or 0),
        output_type="pt",
        **asked,
    ).images
    ours = family.decode(our_latents(family, request, 1))
    assert torch.equal((ours * 0.5 + 0.5).clamp(0, 1), stock)


def assert_same_from_a_picture(
    pipe: Any,
    module: ModuleType,
    family: Family,
    request: GenerationRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    held: Callable[[torch.Tensor], torch.Tensor],
    **asked: Any,
) -> None:
    """Checks that both end alike from a picture that they keep 0.4 of, in 3 of 5 steps.

    ``held``: our latents as the pipeline, one of image to image, holds them.
    """
    pixels = np.random.default_rng(2).integers(
        0, 256, (request.size.height, request.size.width, 3), dtype=np.uint8
    )
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    request = replace(request, source=Source(str(tmp_path / "photo.png"), 0.6))
    ours = our_latents_from_a_picture(family, request)
    kept = schedulers.build("euler", family.scheduler_config_for(request), request.steps, 2).timesteps
    monkeypatch.setattr(pipe, "get_timesteps", always((kept, len(kept))))
    begins = {"skipped_steps": 2, "image": unit_range(pixels), "strength": 0.6}
    stock = stock_flow_latents(pipe, module, family, request, monkeypatch, **begins, **asked)
    assert torch.equal(held(ours), stock)


def always(value: Any) -> Callable[..., Any]:
    """Returns a function that gives this, whatever it is asked."""

    def give(*_arguments: Any, **_options: Any) -> Any:
        return value

    return give


def drawn_as_ours(places: tuple[int, int], shape: Any, generator: Any, **_options: Any) -> torch.Tensor:
    """Draws the fresh noise of a sampler in the order of rows and columns, for latents that are held as tokens.

    ``shape`` is (batch, tokens, channels); tokens may have joined 2x2 ``places``. Some pipelines hold latents
    as they are, (batch, channels, height, width).
    """
    each = generator if isinstance(generator, list) else [generator] * shape[0]
    if len(shape) == 4:
        return torch.cat([torch.randn((1, *shape[1:]), generator=one) for one in each])
    _, tokens, channels = shape
    side = math.isqrt(math.prod(places) // tokens)
    drawn = torch.cat([torch.randn((1, channels // side**2, *places), generator=one) for one in each])
    return as_tokens(pixel_unshuffle(drawn, side))


@torch.inference_mode()
def our_latents_from_a_picture(family: Family, request: GenerationRequest) -> torch.Tensor:
    """Returns our final latents of a run that begins with a picture, of which a mask may keep a part."""
    start = from_request(family, request, CPU)
    predict, inputs = family.read_prompt(request, 1), network_inputs(start.film, CPU)

    def seen(x: torch.Tensor, t: Timestep) -> Prediction:
        return predict(x if inputs is None else torch.cat([x, inputs], 1), t)

    hooks = step_hooks(start.film, CPU)
    steps = denoise(seen, start.sampling, start.x, start.generators, request.guidance_scale, (), hooks)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def unit_range(pixels: NDArray[np.uint8]) -> torch.Tensor:
    """Returns a picture as pipelines take it: float32 (1, 3, height, width), 0 to 1."""
    return torch.from_numpy(pixels.astype(np.float32) / 255.0).permute(2, 0, 1)[None].contiguous()


def as_tokens(latents: torch.Tensor) -> torch.Tensor:
    """(batch, channels, height, width) to (batch, places, channels)."""
    return latents.flatten(2).transpose(1, 2)
