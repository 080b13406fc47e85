"""Small films, frames, pictures and models made without a network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from core.families import FAMILIES
from core.film.film import Film, Frame, Schedule
from core.film.latent_rgb import LatentRgb
from core.models.catalogue import Model
from core.pictures.picture import GeneratedImage
from core.pictures.pixels import Pixels
from core.recipes.recipe import ModelIdentity, Recipe, Stage
from core.request.request import GenerationRequest, Limits, Size

CHANNELS = 4
FACTOR = 8
LINEAR = LatentRgb(np.ones((CHANNELS, 3), np.float32), np.zeros(3, np.float32))


def film(request: GenerationRequest) -> Film:
    """A film without frames, one network call a step."""
    steps = request.steps
    sigmas = np.linspace(14.0, 0.1, steps)
    schedule = Schedule(np.linspace(999, 1, steps, dtype=np.float32), sigmas, tuple(range(steps)))
    return Film(
        request=request,
        model=ModelIdentity(request.model, "A model", "stable_diffusion", "0123456789"),
        prediction_type="epsilon",
        space="vp",
        scheduler="DDIMScheduler",
        scheduler_config={},
        schedule=schedule,
        latent_rgb=LINEAR,
        run=f"run-{request.seed}",
    )


def frame_of(film: Film, call: int) -> Frame:
    """The frame of a network call; its latents are filled with the number of the call."""
    size = film.request.size
    latent = np.full((CHANNELS, size.height // FACTOR, size.width // FACTOR), call, np.float32)
    return Frame(
        call=call,
        step=film.schedule.steps[call],
        timestep=float(film.schedule.timesteps[call]),
        sigma=float(film.schedule.sigmas[call]),
        noisy=latent,
        denoised=latent,
        guided=latent,
        cond=latent if film.request.has_guidance else None,
        uncond=latent if film.request.has_guidance else None,
    )


def pixels(size: Size, value: int) -> Pixels:
    """A plain grey picture."""
    return np.full((size.height, size.width, 3), value, np.uint8)


def image(film: Film, stage: Stage, step: int) -> GeneratedImage:
    recipe = Recipe(
        request=film.request,
        model=film.model,
        stage=stage,
        step=step,
        device="cpu",
        dtype="float32",
        seconds=0.1,
        run=film.run,
        parent=film.parent,
    )
    return GeneratedImage(pixels(film.request.size, 128), recipe)


def model(key: str = "starter-model", **defaults: object) -> Model:
    """A model with the given default settings; sizes from 64 to 256 in steps of 8."""
    return Model(
        key=key,
        name=key.replace("-", " ").title(),
        about=f"What {key} is for.",
        folder=Path("models") / key,
        family="stable_diffusion",
        defaults=replace(GenerationRequest("a red house", model=key), **defaults),  # pyright: ignore[reportArgumentType]
        limits=Limits(size_step=8, smallest=64, largest=256),
        max_tokens=77,
        capabilities=FAMILIES["stable_diffusion"].capabilities_of("", {}),
    )
