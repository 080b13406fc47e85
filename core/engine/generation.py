"""The development of one picture: from a start latent through every network call to pixels, told as events."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np
import torch

from core.engine.attention_probes import AttentionRecorder
from core.engine.decoding.preview_budget import PreviewBudget
from core.engine.devices.allocation import is_out_of_memory
from core.engine.devices.device import DevicePlan
from core.engine.initial_state import InitialState
from core.engine.sampling.denoising import Predict, Step, denoise
from core.engine.sampling.guidance import Prediction
from core.engine.sampling.schedulers import SamplerRun
from core.engine.sampling.step_hooks import step_hooks
from core.engine.sampling.tensors import to_numpy
from core.errors import NotANumberPicture
from core.film.film import Film, Frame
from core.pictures.picture import GeneratedImage
from core.pictures.pixels import Pixels
from core.recipes.recipe import Recipe, Stage
from core.runs.events import Event, ImageReady, Loading, Phase, Preview, Started, Stepped

Decode = Callable[[torch.Tensor], tuple[Pixels, str]]


@dataclass(frozen=True, slots=True, eq=False)
class Generation:
    """One picture's way; ``index`` and ``count`` say which of how many it is.

    Attributes:
        decode: the picture of a latent (1, channels, height, width), and a note if it needed another attempt.
        decode_preview: the same for previews, None when ``decode`` makes them.
        attention: ``predict`` itself when it keeps where each word acts.
    """

    decode: Decode
    plan: DevicePlan
    predict: Predict
    start: InitialState
    budget: PreviewBudget
    index: int = 0
    count: int = 1
    attention: AttentionRecorder | None = None
    decode_preview: Decode | None = None

    def run(self) -> Generator[Event, None, None]:
        """Raises NotANumberPicture or torch.OutOfMemoryError."""
        start, film, sampling = self.start, self.start.film, self.start.sampling
        scale = film.request.guidance_scale
        hooks = step_hooks(film, start.x.device)
        steps = denoise(self.predict, sampling, start.x, start.generators, scale, start.recorded, hooks)
        for _ in start.recorded:
            film = film.with_frame(_frame(next(steps), sampling))
        yield Started(film, self.index, self.count)
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
            self.budget.add_call(seconds)
            film = film.with_frame(frame)
            attention = self.attention.take(frame.call) if self.attention is not None else None
            yield Stepped(frame, self._preview(step, frame), seconds, attention)
        yield Loading(Phase.decoding)
        began = time.perf_counter()
        pixels, note = self.decode(latents)
        decode_seconds = time.perf_counter() - began
        self.budget.add_decode(decode_seconds, is_preview=False)
        image = image_of(
            film, self.plan, pixels, "final", film.request.steps, spent_seconds + decode_seconds, note
        )
        yield ImageReady(image, film)

    def _preview(self, step: Step, frame: Frame) -> Preview:
        if not self.budget.allows_decode:
            return Preview(self.start.film.latent_rgb.picture(frame.denoised), is_decoded=False)
        began = time.perf_counter()
        try:
            pixels, _ = (self.decode_preview or self.decode)(step.denoised)
        except (RuntimeError, MemoryError, NotANumberPicture) as error:
            if not (isinstance(error, NotANumberPicture) or is_out_of_memory(error)):
                raise
            # a preview is not worth a run
            return Preview(self.start.film.latent_rgb.picture(frame.denoised), is_decoded=False)
        self.budget.add_decode(time.perf_counter() - began, is_preview=True)
        return Preview(pixels, is_decoded=True)


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
    """The film of a recording with all its frames: replays the scheduler, without any network."""
    film = start.film
    scale = film.request.guidance_scale
    hooks = step_hooks(film, start.x.device)
    steps = denoise(_no_network, start.sampling, start.x, start.generators, scale, start.recorded, hooks)
    for _ in start.recorded:
        film = film.with_frame(_frame(next(steps), start.sampling))
    return film


def _no_network(x: torch.Tensor, t: torch.Tensor) -> Prediction:
    raise AssertionError(f"call at timestep {t} is not recorded")


def _frame(step: Step, sampling: SamplerRun) -> Frame:
    """Returns the film's frame of one call. Raises NotANumberPicture."""
    guided = to_numpy(step.guided)
    if not np.isfinite(guided).all():
        raise NotANumberPicture("the network")
    uncond = step.prediction.uncond
    return Frame(
        call=step.call,
        step=sampling.schedule.steps[step.call],
        timestep=float(sampling.schedule.timesteps[step.call]),
        sigma=float(sampling.schedule.sigmas[step.call]),
        noisy=to_numpy(step.noisy),
        denoised=to_numpy(step.denoised),
        guided=guided,
        cond=to_numpy(step.prediction.cond) if uncond is not None else None,
        uncond=to_numpy(uncond) if uncond is not None else None,
    )
