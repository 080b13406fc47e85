"""The engine: from a request to pictures, told as a stream of events. The whole story on one page."""

from __future__ import annotations

import gc
import secrets
import time
from collections.abc import Generator
from dataclasses import replace

import diffusers.utils.logging
import numpy as np
import torch
import transformers.utils.logging

from core import decoding, schedulers
from core.catalogue import Catalogue
from core.denoising import Predict, Step, denoise, initial_latents
from core.device import DevicePlan, plan
from core.errors import NotANumberPicture, OutOfMemory
from core.events import Event, ImageReady, Loading, Phase, Preview, PreviewMode, Started, Stepped
from core.families import FAMILIES, Family
from core.film import Film, Frame, Latent
from core.picture import GeneratedImage, Pixels, Stage
from core.preview import PreviewBudget
from core.request import GenerationRequest, validate
from core.schedulers import Sampling
from core.tensors import to_numpy, to_torch

RANDOM_SEEDS = 2**32
"""Seeds that we choose ourselves fit into 32 bits, so that every other program can use them too."""


class Engine:
    """Owns at most one loaded model; serves one caller at a time, all in one thread.

    Attributes:
        plan: the device and dtype in use.
    """

    def __init__(self, catalogue: Catalogue, device: str | None = None, dtype: str | None = None) -> None:
        """Chooses the device. Raises DeviceMissing."""
        _silence_progress_bars()
        self.plan: DevicePlan = plan(device, dtype)
        self._catalogue = catalogue
        self._family: Family | None = None
        self._decode_seconds: float | None = None

    def generate(
        self, request: GenerationRequest, previews: PreviewMode = PreviewMode.automatic
    ) -> Generator[Event, None, None]:
        """Makes ``request.count`` pictures, one after the other: a picture does not depend on its neighbours.

        Stopping is closing the generator; nothing is left behind. Pausing is not asking for the next event.

        Raises:
            InvalidRequest, ModelMissing, ModelBroken: before the first step.
            OutOfMemory, NotANumberPicture: later.
        """
        model = self._catalogue.find(request.model)
        validate(request, model.limits)
        try:
            yield from self._generate(request, previews)
        except torch.OutOfMemoryError:
            is_out_of_memory = True  # raised below, when the failed attempt's tensors are free
        else:
            is_out_of_memory = False
        if is_out_of_memory:
            gc.collect()
            raise OutOfMemory(self.plan.device.type, None, self._free_memory())

    @torch.inference_mode()
    def decode(self, film: Film, latent: Latent) -> Pixels:
        """The true picture of a latent in variance-preserving scale, such as `Frame.denoised`."""
        family = self._loaded(film.request)
        return decoding.decode(family, to_torch(latent, self.plan.device))[0]

    @torch.inference_mode()
    def keep(self, film: Film, frame: Frame, stage: Stage) -> GeneratedImage:
        """A picture of one frame: what the model believed in (``denoised``), or what it saw (``noisy``)."""
        began = time.perf_counter()
        family = self._loaded(film.request)
        latent = to_torch(frame.noisy if stage == "noisy" else frame.denoised, self.plan.device)
        if stage == "noisy" and film.space == "ve":
            latent = latent / (frame.sigma**2 + 1) ** 0.5
        pixels, note = decoding.decode(family, latent)
        return self._image(film, pixels, stage, frame.step + 1, time.perf_counter() - began, note)

    def close(self) -> None:
        """Frees the model and the device's memory; the engine can be used again and loads anew."""
        self._family = None
        self._decode_seconds = None
        gc.collect()
        if self.plan.device.type == "cuda":
            torch.cuda.empty_cache()

    @torch.inference_mode()
    def _generate(self, request: GenerationRequest, previews: PreviewMode) -> Generator[Event, None, None]:
        if not self._is_loaded(request):
            yield Loading(Phase.loading_model)
        family = self._loaded(request)
        if not family.knows_prompt(request):
            yield Loading(Phase.reading_prompt)
        predict = family.read_prompt(request, batch=1)
        first_seed = secrets.randbelow(RANDOM_SEEDS) if request.seed is None else request.seed
        for index in range(request.count):
            sampling = schedulers.build(request.sampler, family.scheduler_config, request.steps, self.plan.device)
            film = Film(
                request=replace(request, seed=(first_seed + index) % 2**64, count=1),
                model=family.identity,
                prediction_type=sampling.prediction_type,
                space=sampling.space,
                scheduler=sampling.name,
                scheduler_config=sampling.config,
                schedule=sampling.schedule,
                latent_rgb=family.latent_rgb,
            )
            yield Started(film, index, request.count)
            yield from self._develop(family, predict, sampling, film, previews)

    def _develop(
        self, family: Family, predict: Predict, sampling: Sampling, film: Film, previews: PreviewMode
    ) -> Generator[Event, None, None]:
        """One picture, from noise to pixels."""
        request = film.request
        generators = [torch.Generator("cpu").manual_seed(request.seed or 0)]
        budget = PreviewBudget(previews, self._decode_seconds)
        x_start = initial_latents(family.latent_shape(request.size), sampling, generators, self.plan.device)
        steps = denoise(predict, sampling, x_start, generators, request.guidance_scale)
        spent_seconds = 0.0
        while True:
            began = time.perf_counter()
            try:
                step = next(steps)
            except StopIteration as end:
                latents = end.value
                break
            frame = _frame(step, sampling)
            seconds = time.perf_counter() - began
            spent_seconds += seconds
            budget.add_call(seconds)
            film = film.with_frame(frame)
            yield Stepped(frame, self._preview(family, step, frame, budget), seconds)
        yield Loading(Phase.decoding)
        began = time.perf_counter()
        pixels, note = decoding.decode(family, latents)
        self._decode_seconds = time.perf_counter() - began
        spent_seconds += self._decode_seconds
        yield ImageReady(self._image(film, pixels, "final", request.steps, spent_seconds, note), film)

    def _preview(self, family: Family, step: Step, frame: Frame, budget: PreviewBudget) -> Preview:
        if budget.allows_decode:
            return Preview(budget.decode(lambda: decoding.decode(family, step.denoised)[0]), is_decoded=True)
        return Preview(family.latent_rgb.picture(frame.denoised), is_decoded=False)

    def _image(
        self, film: Film, pixels: Pixels, stage: Stage, step: int, seconds: float, note: str
    ) -> GeneratedImage:
        return GeneratedImage(
            pixels=pixels,
            request=film.request,
            model=film.model,
            stage=stage,
            step=step,
            device=self.plan.device.type,
            dtype=self.plan.dtype_name,
            seconds=seconds,
            note=note,
        )

    def _is_loaded(self, request: GenerationRequest) -> bool:
        return self._family is not None and self._family.identity.key == request.model

    def _loaded(self, request: GenerationRequest) -> Family:
        """The request's model; loads it, after the one before has been freed."""
        if self._family is None or self._family.identity.key != request.model:
            self.close()
            model = self._catalogue.find(request.model)
            self._family = FAMILIES[model.family](model, self.plan)
        return self._family

    def _free_memory(self) -> int | None:
        return torch.cuda.mem_get_info(self.plan.device)[0] if self.plan.device.type == "cuda" else None


def _frame(step: Step, sampling: Sampling) -> Frame:
    """What one call leaves in the film. Raises NotANumberPicture."""
    guided = to_numpy(step.guided)
    if not np.isfinite(guided).all():
        raise NotANumberPicture("the network")
    has_uncond = step.prediction.uncond is not None
    return Frame(
        call=step.call,
        step=sampling.schedule.steps[step.call],
        timestep=float(sampling.schedule.timesteps[step.call]),
        sigma=float(sampling.schedule.sigmas[step.call]),
        noisy=to_numpy(step.noisy),
        denoised=to_numpy(step.denoised),
        guided=guided,
        cond=to_numpy(step.prediction.cond) if has_uncond else None,
        uncond=to_numpy(step.prediction.uncond) if step.prediction.uncond is not None else None,
    )


def _silence_progress_bars() -> None:
    """The libraries draw bars on standard error, which a windowed program does not have."""
    diffusers.utils.logging.disable_progress_bar()
    transformers.utils.logging.disable_progress_bar()
