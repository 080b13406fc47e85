"""The generation of one picture: from a start latent through every network call to pixels, told as events."""

import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from itertools import islice

import torch

from core.engine.attention_probes import AttentionRecorder
from core.engine.decoding.decoding import Previews
from core.engine.devices.device import DevicePlan
from core.engine.devices.machine import computed_by
from core.engine.initial_state import InitialState
from core.engine.loading.loaded_model import PreparedModel
from core.engine.sampling.denoising import Predict, Step, denoise
from core.engine.sampling.guidance import Prediction
from core.engine.sampling.schedulers import SamplerRun
from core.engine.sampling.step_hooks import step_hooks
from core.engine.sampling.tensors import to_numpy
from core.errors import NotANumberPicture
from core.film.film import Film, Frame
from core.heap import give_memory_back
from core.pictures.picture import GeneratedImage
from core.pictures.pixels import Pixels
from core.recipes.recipe import Recipe, Stage
from core.runs.events import ComputedElsewhere, Event, ImageReady, Loading, Phase, Started, Stepped


def generate_picture(
    model: PreparedModel,
    start: InitialState,
    *,
    predict: Predict,
    attention: AttentionRecorder | None,
    previews: Previews,
    plan: DevicePlan,
    index: int = 0,
    count: int = 1,
) -> Generator[Event, None, None]:
    """Goes from ``start`` to a picture, the one of this ``index`` among ``count``.

    ``attention`` stands in for ``predict`` where it is to be kept where words act. Raises NotANumberPicture or
    torch.OutOfMemoryError.
    """
    film, sampling = start.film, start.sampling
    film = replace(film, computed_by=computed_by(plan.device, plan.dtype_name, film.computed_by))
    scale, hooks = film.request.guidance_scale, step_hooks(film, start.x.device)
    call = model.guarded(attention or predict)
    steps = denoise(call, sampling, start.x, start.generators, scale, start.recorded, hooks)
    for _ in start.recorded:
        film = film.with_frame(_frame(next(steps), sampling))
    if start.recorded and start.film.computed_by not in ("", film.computed_by):
        before, _, now = film.computed_by.rpartition("; then ")
        yield ComputedElsewhere(before, now)
    yield Started(film, index, count)
    spent_seconds = 0.0
    while True:
        began = time.perf_counter()
        try:
            step = next(steps)
        except StopIteration as end:
            latents: torch.Tensor = end.value
            break
        frame = _frame(step, sampling)
        seconds = time.perf_counter() - began
        spent_seconds += seconds
        previews.budget.add_call(seconds)
        film = film.with_frame(frame)
        attended = attention.take(frame.call) if attention is not None else None
        preview = previews.preview(step.denoised, film)
        yield Stepped(film, preview, seconds, attended)
    yield Loading(Phase.decoding)
    give_memory_back()  # a decode takes several times the memory of a step
    began = time.perf_counter()
    pixels, note = model.decode(latents)
    decode_seconds = time.perf_counter() - began
    give_memory_back()
    previews.budget.add_decode(decode_seconds, is_preview=False)
    image = image_of(film, plan, pixels, "final", film.request.steps, spent_seconds + decode_seconds, note)
    yield ImageReady(image, film)


def image_of(
    film: Film, plan: DevicePlan, pixels: Pixels, stage: Stage, step: int, seconds: float, note: str
) -> GeneratedImage:
    recipe = Recipe(
        request=film.request,
        model=film.model,
        stage=stage,
        step=step,
        device=plan.device.type,
        dtype=plan.dtype_name,
        seconds=seconds,
        note=note,
        run=film.run,
        parent=film.parent,
    )
    return GeneratedImage(pixels, recipe)


def rebuild_frames(start: InitialState) -> Film:
    """Returns the film of a recording with all its frames."""
    film = start.film
    for step in replay(start):
        film = film.with_frame(_frame(step, start.sampling))
    return film


def replay(start: InitialState) -> Iterator[Step]:
    """Makes the recorded calls again by the scheduler, without any network."""
    film, scale = start.film, start.film.request.guidance_scale
    hooks = step_hooks(film, start.x.device)
    steps = denoise(_no_network, start.sampling, start.x, start.generators, scale, start.recorded, hooks)
    return islice(steps, len(start.recorded))


def _no_network(x: torch.Tensor, t: torch.Tensor) -> Prediction:
    raise AssertionError(f"call at timestep {t} is not recorded")


def _frame(step: Step, sampling: SamplerRun) -> Frame:
    """Returns the film's frame of one call. Raises NotANumberPicture."""
    if not step.guided.isfinite().all():
        raise NotANumberPicture("the network")
    uncond = step.prediction.uncond
    return Frame(
        call=step.call,
        step=sampling.schedule.steps[step.call],
        timestep=float(sampling.schedule.timesteps[step.call]),
        sigma=float(sampling.schedule.sigmas[step.call]),
        noisy=to_numpy(step.noisy),
        denoised=to_numpy(step.denoised),
        guided=to_numpy(step.guided),
        cond=to_numpy(step.prediction.cond) if uncond is not None else None,
        uncond=to_numpy(uncond) if uncond is not None else None,
    )
