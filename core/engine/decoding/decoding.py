"""From latents to pixels, with the retries that keep a finished run from being lost at its last moment."""

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass

import numpy as np
import torch

from core.engine.decoding.preview_budget import PreviewBudget
from core.engine.devices.out_of_memory import RAN_OUT, attempt
from core.engine.families import Family
from core.errors import NotANumberPicture
from core.film.film import Film
from core.language.words import mark, tr
from core.pictures.pixels import Pixels
from core.request.request import Size
from core.runs.events import LinearPreview, Preview

log = logging.getLogger(__name__)

TILED = mark("decoded in tiles")
"""Notes are for recipes, in English; `app.messages.stored` puts them on the screen."""

Decode = Callable[[torch.Tensor], tuple[Pixels, str]]
"""Makes the picture of a latent (1, channels, height, width), and a note if it needed another attempt."""

Alone = Callable[[str], AbstractContextManager[None]]
"""Leaves the device's memory to the part of this name, see `core.engine.devices.offloading.Offloading.alone`."""


def decode(family: Family, latents: torch.Tensor, alone: Alone | None = None) -> tuple[Pixels, str]:
    """Returns the picture of one latent (1, channels, height, width), and a note if it needed another attempt.

    16-bit autoencoders can overflow to NaN (black pictures), and a decode wants more memory than a step. So it is
    tried as it is; then, where memory was short, alone on the device, if ``alone`` is given, and in tiles; where
    values were not numbers, in float32; and at last on the CPU.

    Raises:
        NotANumberPicture: the values are not numbers in float32 either.
        torch.OutOfMemoryError: not even the CPU has the memory.
    """
    own = TILED if family.autoencoder().use_tiling else ""
    attempts: tuple[tuple[str, Callable[[Family, torch.Tensor], torch.Tensor], tuple[bool, ...]], ...] = (
        (own, _plainly, ()),
        (own, _plainly, (True,) if alone is not None else ()),
        (TILED, _tiled, (True,)),
        (mark("decoded in float32"), _in_float32, (False,)),
        (mark("decoded in float32 on the CPU"), _on_cpu, (True, False)),
    )
    has_run_out = False
    with ExitStack() as room:
        for number, (note, decoder, helps_with) in enumerate(attempts):
            if number and has_run_out not in helps_with:
                continue
            if number == 1 and alone is not None:
                room.enter_context(alone("vae"))
            decoded = attempt(lambda decoder=decoder: decoder(family, latents))
            has_run_out = decoded is RAN_OUT
            if decoded is RAN_OUT:
                log.warning("out of memory while decoding; trying again")
            elif torch.isfinite(decoded).all():
                return to_pixels(decoded), note
            else:
                log.warning("the autoencoder gave values that are not numbers; trying again")
    if has_run_out:
        raise torch.OutOfMemoryError
    raise NotANumberPicture(tr("the autoencoder"))


@dataclass(frozen=True, slots=True, eq=False)
class Previews:
    """Makes the preview of each call of a run."""

    decode: Decode
    budget: PreviewBudget

    def preview(self, denoised: torch.Tensor, film: Film) -> Preview | LinearPreview:
        """Returns the true picture where it is affordable and can be made, else the linear one of the last frame.

        ``denoised`` is that frame's, on the device.
        """
        if self.budget.allows_decode:
            began = time.perf_counter()
            pixels = self._decoded(denoised, film.size_of(denoised.shape))
            if pixels is not None:
                self.budget.add_decode(time.perf_counter() - began, is_preview=True)
                return Preview(film.shown(pixels), is_decoded=True)
        return LinearPreview(film)

    def _decoded(self, denoised: torch.Tensor, size: Size) -> Pixels | None:
        try:
            decoded = attempt(lambda: self.decode(denoised))
        except NotANumberPicture:
            return None  # a preview is not worth a run
        return None if decoded is RAN_OUT else cut(decoded[0], size)


def cut(pixels: Pixels, size: Size) -> Pixels:
    """Takes away what was made beyond the picture, where the model does not take its size."""
    return np.ascontiguousarray(pixels[: size.height, : size.width])


def to_pixels(decoded: torch.Tensor) -> Pixels:
    """uint8 (height, width, 3) of the first picture; rounds as diffusers' VaeImageProcessor does."""
    unit = (decoded[0] * 0.5 + 0.5).clamp(0, 1)
    return unit.movedim(0, -1).float().mul(255).round().to(torch.uint8).cpu().numpy()


def _plainly(family: Family, latents: torch.Tensor) -> torch.Tensor:
    return family.decode(latents)


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
