"""Keeps a part of a picture: after each step it is put back, with as much noise as the step has left.

Where a mask is hard this is the blending of RePaint (Lugmayr et al. 2022, eq. 8) without its resampling, number
for number as diffusers' inpainting pipelines do it for networks that were not trained with masks. Where it is soft
it is differential diffusion (Levin and Fried 2023): a place is kept until the noise that is left falls below the
mask's value there, so that strong places change from the start and weak ones only in their details. The levels are
those of ComfyUI (``nodes_differential_diffusion.py``): timesteps, from the first one of the run to 0.
"""

import numpy as np
import torch

from core.engine.sampling.denoising import StepContext, StepHook
from core.engine.sampling.start_noise import start_noise
from core.engine.sampling.tensors import to_torch
from core.errors import InvalidRequest
from core.film.film import Film
from core.language.words import tr

MASK, SOURCE = "mask", "source"
"""Names of extras: float32 (1, height, width), 1 where the picture is new, 0 where it is kept, and between them
the share of the run's noise from which on a place is new; and float32 (channels, height, width), the latent of the
picture that is kept, as the network sees latents."""

LAYOUT = "layout"
"""Name of an extra: int32 (2,), height and width of a latent of `core.request.request.Variation.size`."""

_LONGEST = 16_384


def mask_blending(film: Film, device: torch.device) -> StepHook:
    """Returns the hook for a film with both extras. Raises InvalidRequest where one is missing or does not fit.

    The noise is that of the run's start: drawn once, and the same at each step.
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
    noise = _noise_of_start(film, kept.shape).to(device)
    is_hard = bool(np.isin(mask, (0.0, 1.0)).all())

    def blend(step: StepContext, x: torch.Tensor) -> torch.Tensor:
        if kept.shape[1:] != x.shape[1:]:
            raise InvalidRequest(
                SOURCE, tuple(kept.shape[1:]), tr("the shape of the latent {tuple}", tuple=tuple(x.shape[1:]))
            )
        signal, level = step.levels
        noised = signal * kept + level * noise if level else kept
        free = new if is_hard else ((new >= step.share) & (new > 0)).to(new.dtype)
        return (1.0 - free) * noised + free * x

    return blend


def _noise_of_start(film: Film, shape: torch.Size) -> torch.Tensor:
    request = film.request
    generator = torch.Generator("cpu").manual_seed(request.seed or 0)
    if request.source is not None:
        torch.randn(shape, generator=generator)  # the sample of what the autoencoder sees
    channels, height, width = shape[1:]
    layout = None
    if (size := film.extras.get(LAYOUT)) is not None:
        if size.dtype != np.int32 or size.shape != (2,) or not 0 < size.min() <= size.max() <= _LONGEST:
            raise InvalidRequest(LAYOUT, size.tolist(), tr("height and width of a latent"))
        layout = channels, int(size[0]), int(size[1])
    return start_noise((channels, height, width), [generator], request.seed or 0, request.variation, layout)
