"""The second pass of a run (hires fix): what it begins with, planned, made, and rebuilt from a film.

It is image to image at a larger size, with the arithmetic of `core.engine.initial_state.from_picture`: new noise
of its size from the same seed, added to the enlarged result of the first pass. Latents are enlarged as they are,
as by ``latent_upscale_modes`` of AUTOMATIC1111's program; or the picture is decoded, enlarged and encoded again.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from PIL import Image
from torch.nn.functional import interpolate, pixel_shuffle, pixel_unshuffle

from core.engine.families import Family
from core.engine.inpainting import encoded
from core.engine.loading.loaded_model import PreparedModel
from core.engine.sampling import schedulers
from core.engine.sampling.denoising import Recorded
from core.engine.sampling.schedulers import SamplerRun
from core.engine.sampling.start_noise import start_noise
from core.engine.sampling.tensors import to_torch
from core.engine.upscaling.enlarging import Enlarger
from core.errors import InvalidRequest
from core.film.film import Film, Latent, SecondPass
from core.heap import give_memory_back
from core.language.words import tr
from core.pictures.pixels import Pixels
from core.request.hires import LATENT_MODES, Hires
from core.request.request import GenerationRequest, Size, Upscaler
from core.request.settings.hires import HIRES
from core.runs.events import Event, Loading, Phase


@dataclass(frozen=True, slots=True, eq=False)
class SecondStart:
    """The state of a run before the first network call of its second pass.

    Attributes:
        x, generators, recorded: as in `core.engine.initial_state.InitialState`, for this pass.
        note: for the recipe, of the decode that it took.
    """

    sampling: SamplerRun
    x: torch.Tensor
    generators: list[torch.Generator]
    recorded: Sequence[Recorded] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class FirstPassDone:
    """The first pass has ended with these latents; told between the steps of a run of two."""

    latents: torch.Tensor


def with_second_pass(family: Family, film: Film) -> Film:
    """Returns the film of a first pass with all that is known of the second, where its request wants one.

    Raises InvalidRequest.
    """
    request = film.request
    if request.hires is None:
        return film
    if family.takes_mask:
        raise InvalidRequest(
            "hires fix", str(request.hires.scale), tr("a model that was not trained for inpainting")
        )
    HIRES.check(request, family.model.limits)  # a branch may have more steps than its film
    second = request_of_second(family, request)
    skipped = second.steps - request.hires.steps_after(request.steps)
    sampling = schedulers.build(second.sampler, family.scheduler_config_for(second), second.steps, skipped)
    told = SecondPass(
        film.schedule.calls,
        second.size,
        family.latent_shape(second.size),
        second.steps,
        skipped,
        sampling.name,
        sampling.config,
        sampling.space,
    )
    schedule = film.schedule.followed_by(sampling.schedule, request.steps)
    return replace(film, schedule=schedule, second=told)


def request_of_second(family: Family, request: GenerationRequest) -> GenerationRequest:
    """Returns the request of the second pass by itself, of one that has a second pass."""
    assert request.hires is not None
    size = request.hires.target(request.size, family.model.limits.size_step)
    return replace(
        request.in_second_pass, size=size, steps=request.hires.schedule_steps(request.steps), hires=None
    )


def rebuilt(film: Film, start: Latent, recorded: Sequence[Recorded], device: torch.device) -> SecondStart:
    """Returns the start of a second pass that was recorded."""
    assert film.second is not None
    assert film.request.hires is not None
    generator = torch.Generator("cpu").manual_seed(film.request.seed or 0)
    for _ in range(1 if film.request.hires.upscaler in LATENT_MODES else 2):
        torch.randn((1, *start.shape), generator=generator)
    sampling = schedulers.rebuild(film.pass_at(film.second.first_call))
    return SecondStart(sampling, to_torch(start, device), [generator], recorded)


def begin(
    model: PreparedModel, film: Film, latents: torch.Tensor, enlarger: Enlarger
) -> Generator[Event, None, SecondStart]:
    """Enlarges what the first pass has made, and adds the noise.

    Raises NotANumberPicture, UpscalerMissing, UpscalerBroken or torch.OutOfMemoryError.
    """
    second, request = film.second, film.request
    assert second is not None
    assert request.hires is not None
    family, device = model.family, latents.device
    covering = request.hires.covering(request.size, family.model.limits.size_step)
    note, pixels = "", None
    if request.hires.upscaler not in LATENT_MODES:
        yield Loading(Phase.decoding)
        give_memory_back()
        decoded, note = model.decode(latents, request.size)
        yield Loading(Phase.enlarging)
        large = yield from _enlarged(decoded, request, covering, enlarger)
        down, right = _middle((covering.height, covering.width), (second.size.height, second.size.width))
        pixels = large[down, right]  # before it is encoded, whose noise is then of the shape that a film tells
        give_memory_back()

    def started() -> SecondStart:
        generator = torch.Generator("cpu").manual_seed(request.seed or 0)
        if pixels is None:
            _, rows, columns = family.latent_shape(covering)
            down, right = _middle((rows, columns), second.shape[1:])
            x0 = _interpolated(latents, request.hires, (rows, columns), family)[:, :, down, right]
        else:
            x0 = encoded(family, pixels, generator, device)
        size = request.variation.size if request.variation is not None else None
        layout = family.latent_shape(size) if size is not None else None
        noise = start_noise(second.shape, [generator], request.seed or 0, request.variation, layout)
        sampling = schedulers.rebuild(film.pass_at(second.first_call))
        x = sampling.noised(x0.cpu(), noise)  # on the CPU, as in `from_picture`
        return SecondStart(sampling, x.contiguous().to(device), [generator], note=note)

    return model.with_autoencoder(started)


def _enlarged(
    pixels: Pixels, request: GenerationRequest, size: Size, enlarger: Enlarger
) -> Generator[Event, None, Pixels]:
    assert request.hires is not None
    if request.hires.has_network:
        network = Upscaler(request.hires.upscaler, 0.0, request.hires.sha256)
        return (yield from enlarger.enlarged(pixels, network, request.seamless, size))
    return np.asarray(Image.fromarray(pixels).resize((size.width, size.height), Image.Resampling.LANCZOS))


def _middle(have: tuple[int, int], wanted: tuple[int, int]) -> tuple[slice, slice]:
    """Returns the rows and columns in the middle."""
    starts = ((long - short) // 2 for long, short in zip(have, wanted, strict=True))
    rows, columns = (slice(start, start + length) for start, length in zip(starts, wanted, strict=True))
    return rows, columns


def _interpolated(
    latents: torch.Tensor, hires: Hires | None, places: tuple[int, int], family: Family
) -> torch.Tensor:
    """Returns latents of so many (rows, columns); joined places are taken apart for it."""
    mode, antialias = LATENT_MODES[hires.upscaler if hires is not None else ""]
    side = family.latent_rgb.joined(latents.shape[1])
    apart = pixel_shuffle(latents, side).contiguous()  # by rows, on which the last bits depend
    large = interpolate(apart, [length * side for length in places], mode=mode, antialias=antialias)
    return pixel_unshuffle(large, side)
