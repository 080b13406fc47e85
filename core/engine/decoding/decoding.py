"""From latents to pixels, with the retries that keep a finished run from being lost at its last moment."""

from __future__ import annotations

import logging
from collections.abc import Callable

import torch

from core.engine.devices.allocation import is_out_of_memory
from core.engine.families import Family
from core.errors import NotANumberPicture
from core.pictures.pixels import Pixels

log = logging.getLogger(__name__)

TILED = "decoded in tiles"


def decode(family: Family, latents: torch.Tensor) -> tuple[Pixels, str]:
    """The picture of one latent (1, channels, height, width), and a note if it needed another attempt.

    16-bit autoencoders can overflow to NaN (black pictures), and a decode wants more memory than a step: so it is
    tried as it is, then in tiles, in float32, and on the CPU.

    Raises:
        NotANumberPicture: the values are not numbers in float32 either.
        torch.OutOfMemoryError: not even the CPU has the memory.
    """
    attempts: tuple[tuple[str, Callable[[Family, torch.Tensor], torch.Tensor]], ...] = (
        (TILED if family.autoencoder().use_tiling else "", lambda family, latents: family.decode(latents)),
        (TILED, _tiled),
        ("decoded in float32", _in_float32),
        ("decoded in float32 on the CPU", _on_cpu),
    )
    was_out_of_memory = False
    for note, attempt in attempts:
        try:
            decoded = attempt(family, latents)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            was_out_of_memory = True
            log.warning("out of memory while decoding; trying again")
            continue
        if torch.isfinite(decoded).all():
            return to_pixels(decoded), note
        was_out_of_memory = False
        log.warning("the autoencoder gave values that are not numbers; trying again")
    if was_out_of_memory:
        raise torch.OutOfMemoryError
    raise NotANumberPicture("the autoencoder")


def to_pixels(decoded: torch.Tensor) -> Pixels:
    """uint8 (height, width, 3) of the first picture; rounds as diffusers' VaeImageProcessor does."""
    unit = (decoded[0] * 0.5 + 0.5).clamp(0, 1)
    return unit.movedim(0, -1).float().mul(255).round().to(torch.uint8).cpu().numpy()


def _tiled(family: Family, latents: torch.Tensor) -> torch.Tensor:
    vae = family.autoencoder()
    was_tiled = vae.use_tiling
    vae.enable_tiling()
    try:
        return family.decode(latents)
    finally:
        vae.use_tiling = was_tiled


def _in_float32(family: Family, latents: torch.Tensor) -> torch.Tensor:
    return _moved(family, latents, latents.device)


def _on_cpu(family: Family, latents: torch.Tensor) -> torch.Tensor:
    return _moved(family, latents, torch.device("cpu"))


def _moved(family: Family, latents: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Decodes in float32 on ``device``, and puts the autoencoder back as it was."""
    vae = family.autoencoder()
    own_dtype = vae.dtype
    hook = getattr(
        vae, "_hf_hook", None
    )  # it would bring the autoencoder back to the device, see `core.engine.devices.offloading`
    if hook is not None:
        hook.device = device
    try:
        torch.nn.Module.to(vae, device, torch.float32)  # diffusers' own `to` warns of a change of dtype
        return family.decode(latents.to(device))
    finally:
        if hook is not None:
            hook.device = latents.device
        torch.nn.Module.to(vae, latents.device, own_dtype)
