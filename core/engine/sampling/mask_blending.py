"""Keeps a part of a picture: after each step it is put back, with as much noise as the step has left.

This is the blending of RePaint (Lugmayr et al. 2022, eq. 8) without its resampling, as diffusers'
StableDiffusionInpaintPipeline does it for networks that were not trained with masks.
"""

import numpy as np
import torch

from core.engine.sampling.denoising import StepContext, StepHook
from core.engine.sampling.tensors import to_torch
from core.errors import InvalidRequest
from core.film.film import Film
from core.language.words import tr
from core.measures.noise_levels import scale_of, signal_and_noise

MASK, SOURCE = "mask", "source"
"""Names of extras: float32 (1, height, width), 1 where the picture is new and 0 where it is kept; and float32
(channels, height, width), the latent of the picture that is kept, as the network sees latents."""


def mask_blending(film: Film, device: torch.device) -> StepHook:
    """Returns the hook for a film with both extras. Raises InvalidRequest where one is missing or does not fit.

    The noise is drawn once, as that of x_T is: the first of the run's seed.
    """
    if SOURCE not in film.extras:
        raise InvalidRequest(SOURCE, None, tr("an extra of a film that has a mask"))
    mask, source = film.extras[MASK], film.extras[SOURCE]
    is_float = mask.dtype == source.dtype == np.float32
    if not is_float or source.ndim != 3 or mask.shape != (1, *source.shape[1:]):
        raise InvalidRequest(
            MASK, mask.shape, tr("float32 of one channel, as large as the source {shape}", shape=source.shape)
        )
    new, kept = to_torch(mask, device), to_torch(source, device)
    generator = torch.Generator("cpu").manual_seed(film.request.seed or 0)
    noise = torch.randn(kept.shape, generator=generator).to(device)

    def blend(step: StepContext, x: torch.Tensor) -> torch.Tensor:
        if kept.shape[1:] != x.shape[1:]:
            raise InvalidRequest(
                SOURCE, tuple(kept.shape[1:]), tr("the shape of the latent {tuple}", tuple=tuple(x.shape[1:]))
            )
        alpha, sigma = signal_and_noise(step.sigma)
        noised = (alpha * kept + sigma * noise) * scale_of(step.space, step.sigma)
        return new * x + (1.0 - new) * noised

    return blend
