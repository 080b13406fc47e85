"""The start of a run that changes a part of a picture, and what networks that were trained with masks see of it.

Such networks take nine channels (``StableDiffusionInpaintPipeline`` of diffusers): the latent, the mask, and the
latent of the picture without its masked part. Without a mask all is masked, and the picture is empty.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.engine.families import Family
from core.engine.sampling.mask_blending import LAYOUT, MASK, SOURCE
from core.engine.sampling.start_noise import Shape
from core.engine.sampling.tensors import to_model_range, to_numpy, to_torch
from core.errors import NotANumberPicture
from core.film.film import Film
from core.language.words import tr
from core.pictures.masked_picture import MaskedPicture, filled, resized, strongest_in_cells
from core.pictures.pixels import Pixels
from core.request.request import GenerationRequest, Size

INPUTS = "inpainting inputs"
"""Name of an extra: float32 (1 + channels, height, width), the mask and the latent of the picture without it."""

Extras = Mapping[str, NDArray[Any]]


def encoded(
    family: Family, pixels: Pixels | NDArray[np.float32], generator: torch.Generator | None, device: torch.device
) -> torch.Tensor:
    """Returns the latent of a picture. Raises NotANumberPicture or torch.OutOfMemoryError."""
    latent = family.encode(to_model_range(pixels).to(device), generator)
    if not latent.isfinite().all():
        raise NotANumberPicture(tr("the autoencoder"))
    return latent


def part_to_begin_with(masked: MaskedPicture, fill: str, size: Size) -> Pixels:
    """Returns the pixels of the part that is worked on, filled, in the size in which it is worked on."""
    mask = masked.holes_of_part if fill == "surroundings" else masked.mask_of_part
    return filled(resized(masked.part, size), resized(mask, size), fill)


def with_hashes(request: GenerationRequest, masked: MaskedPicture) -> GenerationRequest:
    assert request.source is not None
    assert request.mask is not None
    source = replace(request.source, sha256=masked.source_sha256)
    return replace(request, source=source, mask=replace(request.mask, sha256=masked.mask_sha256))


def blended(
    masked: MaskedPicture, x0: torch.Tensor, request: GenerationRequest, layout: Shape | None
) -> tuple[torch.Tensor, Extras]:
    """Returns the latent to begin with, and the extras of a film whose steps put back what is kept.

    ``layout`` is as `core.engine.sampling.start_noise.start_noise` takes it.
    """
    cells = strongest_in_cells(masked.mask_of_part, x0.shape[3], x0.shape[2])
    if request.mask is not None and request.mask.fill == "noise":
        generator = torch.Generator("cpu").manual_seed(((request.seed or 0) + 1) % 2**64)
        new = torch.from_numpy(cells).to(x0.device)
        x0 = (1.0 - new) * x0 + new * torch.randn(x0.shape, generator=generator).to(x0.device)
    more = {LAYOUT: np.array(layout[1:], np.int32)} if layout else {}
    return x0, {MASK: cells[None], SOURCE: to_numpy(x0), **more}


def seen_by_network(
    family: Family,
    masked: MaskedPicture | None,
    request: GenerationRequest,
    generator: torch.Generator | None,
    device: torch.device,
) -> Extras:
    """Returns the extra of a network that was trained with masks, of which a sample is drawn; none for others."""
    if not family.takes_mask:
        return {}
    height, width = request.size.height, request.size.width
    pixels = np.full((height, width, 3), 127.5, np.float32)  # of an empty picture: 0 in the range of the model
    _, rows, columns = family.latent_shape(request.size)
    cells = np.ones((1, rows, columns), np.float32)
    if masked is not None:
        part, mask = (resized(whole, request.size) for whole in (masked.part, masked.mask_of_part))
        pixels = np.where((mask < 128)[..., None], part.astype(np.float32), pixels)
        cells = (strongest_in_cells(masked.mask_of_part, columns, rows)[None] >= 0.5).astype(np.float32)
    picture = encoded(family, pixels, generator, device)
    return {INPUTS: np.concatenate([cells, to_numpy(picture)])}


def network_inputs(film: Film, device: torch.device) -> torch.Tensor | None:
    """Returns (1, 1 + channels, height, width) for behind each latent that the network sees, or None."""
    return to_torch(film.extras[INPUTS], device) if INPUTS in film.extras else None


def draws_of_start(request: GenerationRequest, extras: Extras, *, is_flow: bool) -> tuple[int, int]:
    """Returns how often a run draws before the noise of its start, and after it until the sampler's own begins.

    A sample of what the autoencoder sees comes first where it is needed; one of the picture without its masked
    part comes last, also for networks that do not look at it, as in diffusers' pipelines.
    """
    encodes = request.source is not None and not (INPUTS in extras and is_pure_noise(request, is_flow=is_flow))
    return int(encodes), int(request.mask is not None or INPUTS in extras)


def is_pure_noise(request: GenerationRequest, *, is_flow: bool) -> bool:
    """Returns True for a run with a mask of which nothing is left of the picture at its start.

    What is added around a picture begins with a trace of what it continues, or its sky may become another one.
    """
    mask = request.mask
    is_new = mask is not None and not mask.margins and request.source is not None and request.source.strength == 1
    return (request.source is None or is_new) and not is_flow
