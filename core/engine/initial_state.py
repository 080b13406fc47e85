"""The start of a run: from noise, from a picture, or from a call of an earlier run."""

import bisect
import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.engine.families import Family
from core.engine.inpainting import (
    blended,
    draws_of_start,
    encoded,
    is_pure_noise,
    part_to_begin_with,
    seen_by_network,
    with_hashes,
)
from core.engine.sampling import schedulers
from core.engine.sampling.denoising import Recorded, recorded_call
from core.engine.sampling.mask_blending import MASK
from core.engine.sampling.schedulers import SamplerRun
from core.engine.sampling.start_noise import Shape, start_noise
from core.engine.sampling.tensors import to_torch
from core.engine.second_pass import SecondStart, rebuilt, with_second_pass
from core.film.film import Film, Frame, Latent
from core.film.reader import Recording
from core.measures.conversions import noisy_of
from core.measures.noise_levels import scale_of, signal_and_noise
from core.pictures.masked_picture import read_masked_picture
from core.pictures.source import read_source
from core.prompt.timeline import left_out
from core.request.request import STEPS, GenerationRequest, Source
from core.request.samplers import SAMPLERS, Space
from core.request.traits import traits_to_text
from core.runs.branch import Branch

MOST_BETA = 0.9
"""Of a noise schedule that does not end in nothing but noise."""


@dataclass(frozen=True, slots=True, eq=False)
class InitialState:
    """The state of a run before its first network call.

    Attributes:
        film: without frames; `generate_picture` rebuilds those of ``recorded``.
        x: the start latent, float32 (1, channels, height, width), scaled as the sampler keeps it.
        generators: one, in the state after the start latent was drawn.
        recorded: calls that are taken over and do not run the network.
        second: the start of a second pass, if calls of it are taken over.
    """

    film: Film
    sampling: SamplerRun
    x: torch.Tensor
    generators: list[torch.Generator]
    recorded: Sequence[Recorded] = ()
    second: SecondStart | None = None

    @property
    def taken_over(self) -> int:
        """Returns how many calls are taken over, of both passes."""
        return len(self.recorded) + (len(self.second.recorded) if self.second is not None else 0)


def from_request(family: Family, request: GenerationRequest, device: torch.device) -> InitialState:
    """Returns the ordinary start. ``request`` has a seed and a count of 1.

    Raises InvalidRequest; UnreadablePicture and NotANumberPicture with a source picture.
    """
    if request.source is None:
        return from_noise(family, request, device)
    return from_picture(family, request, request.source, device)


def from_noise(family: Family, request: GenerationRequest, device: torch.device) -> InitialState:
    """From x_T, pure noise. Raises InvalidRequest."""
    sampling = schedulers.build(request.sampler, family.scheduler_config_for(request), request.steps)
    generators = [torch.Generator("cpu").manual_seed(request.seed or 0)]
    x = _noise(family, request, generators).to(device) * sampling.first_scale
    extras = seen_by_network(family, None, request, generators[0], device)
    film = with_second_pass(family, replace(_film(family, request, sampling), extras=extras))
    return InitialState(film, sampling, x, generators)


def from_picture(family: Family, request: GenerationRequest, source: Source, device: torch.device) -> InitialState:
    """From a picture with as much noise as the first of the remaining steps expects (SDEdit, Meng et al. 2022).

    The arithmetic is that of diffusers' StableDiffusionImg2ImgPipeline, with a mask that of
    StableDiffusionInpaintPipeline, in float32.
    """
    masked = read_masked_picture(request) if request.mask is not None else None
    if masked is not None and request.mask is not None:
        pixels = part_to_begin_with(masked, request.mask.fill, request.size)
        request = with_hashes(request, masked)
    else:
        picture = read_source(source, request.size)
        pixels, request = picture.pixels, replace(request, source=replace(source, sha256=picture.sha256))
    skipped = left_out(request)
    sampling = schedulers.build(request.sampler, family.scheduler_config_for(request), request.steps, skipped)
    generators = [torch.Generator("cpu").manual_seed(request.seed or 0)]
    is_pure, extras, x0 = is_pure_noise(request, is_flow=sampling.space == "flow"), {}, None
    if not (is_pure and family.takes_mask):
        x0 = encoded(family, pixels, generators[0], device)
        if masked is not None and not family.takes_mask:
            x0, extras = blended(masked, x0, request, _layout(family, request))
    noise = _noise(family, request, generators)
    # on the CPU: diffusers moves the schedule to where the picture is, and a replay would divide by it elsewhere
    x = noise * sampling.first_scale if is_pure or x0 is None else sampling.noised(x0.cpu(), noise)
    x = x.contiguous().to(device)
    if family.takes_mask:
        extras = seen_by_network(family, masked, request, generators[0], device)
    elif masked is not None:
        torch.randn(x.shape, generator=generators[0])  # the sample that diffusers draws for networks that see it
    film = replace(_film(family, request, sampling), skipped_steps=skipped, extras=extras, masked=masked)
    return InitialState(film, sampling, x, generators)


def from_branch(family: Family, branch: Branch, device: torch.device) -> InitialState:
    """Returns the start of a branch, or of a run that is resumed. Raises InvalidRequest or UnreadablePicture."""
    parent = branch.film.request
    kept = {name: getattr(parent, name) for name in ("seed", "variation", "size", "source", "mask", "hires")}
    if branch.is_in_second_pass and parent.hires is not None and branch.request.hires is not None:
        kept["hires"] = parent.hires.with_words_of(branch.request.hires)
    request = replace(branch.request, **kept, count=1)
    if parent.mask is not None and branch.film.masked is None:  # its pictures are there, or nothing can be pasted
        branch = replace(branch, film=replace(branch.film, masked=read_masked_picture(parent)))
    if not branch.keeps_history:
        first = branch.film.first_call_at(branch.call)
        if first:  # what was left of the second pass becomes a run of its own
            told, alone = branch.parent, branch.film.pass_at(branch.call)
            request = replace(request.in_second_pass, size=alone.request.size, sampler=branch.sampler, hires=None)
            remaining = branch.remaining_steps or branch.steps_left
            branch = replace(branch, film=alone, call=branch.call - first, remaining_steps=remaining)
            start = _from_noise_level(family, branch, request, device)
            return replace(start, film=replace(start.film, parent=told))
        return _from_noise_level(family, branch, request, device)
    if branch.film.frames:
        start = from_film(branch.film, branch.call, device)
    else:
        start = from_request(family, request, device)  # stopped before its first call
        start = replace(start, film=replace(start.film, extras=branch.film.extras))
    if branch.changes():
        film = replace(start.film, request=request, run=_new_run(), parent=branch.parent)
        return replace(start, film=film)
    return replace(start, film=replace(start.film, request=replace(start.film.request, training=request.training)))


def training_of(film: Film) -> str:
    """Returns the training that a film's schedule follows, in the form of `GenerationRequest.training`."""
    config = film.scheduler_config
    if film.space == "flow":
        return traits_to_text({"shift": config.get("shift") or config.get("flow_shift") or 1.0})
    last_beta = (config.get("trained_betas") or [0.0])[-1]  # of a sampler that cannot rescale betas itself
    has_zero_snr = bool(config.get("rescale_betas_zero_snr")) or last_beta > MOST_BETA
    return traits_to_text({"prediction_type": film.prediction_type, "zero_snr": has_zero_snr})


def from_recording(recording: Recording, device: torch.device) -> InitialState:
    """Returns the start from which the frames of a film on disk are rebuilt."""
    recorded = [recorded_call(call.guided, call.cond, call.uncond, device) for call in recording.calls]
    return _again(recording.film, recording.start, recorded, device, recording.second_start)


def from_film(film: Film, calls: int, device: torch.device) -> InitialState:
    """Returns the start from which the first calls of a film in memory are made again."""
    taken = film.frames[:calls]
    recorded = [recorded_call(frame.guided, frame.cond, frame.uncond, device) for frame in taken]
    first = film.first_call_at(max(calls - 1, 0))
    second_start = film.frames[first].noisy if first else None
    return _again(replace(film, frames=()), film.frames[0].noisy, recorded, device, second_start)


def _again(
    film: Film, start: Latent, recorded: list[Recorded], device: torch.device, second_start: Latent | None
) -> InitialState:
    """``second_start``: the latent before the first call of the second pass, if calls of it are recorded."""
    sampling = schedulers.rebuild(film)
    generators = [torch.Generator("cpu").manual_seed(film.request.seed or 0)]
    _draw_start(film, start, generators)
    second = None
    if second_start is not None and film.second is not None:
        second = rebuilt(film, second_start, recorded[film.second.first_call :], device)
        recorded = recorded[: film.second.first_call]
    return InitialState(film, sampling, to_torch(start, device), generators, recorded, second)


def _noise(family: Family, request: GenerationRequest, generators: Sequence[torch.Generator]) -> torch.Tensor:
    shape, seed = family.latent_shape(request.size), request.seed or 0
    return start_noise(shape, generators, seed, request.variation, _layout(family, request))


def _layout(family: Family, request: GenerationRequest) -> Shape | None:
    size = request.variation.size if request.variation is not None else None
    return family.latent_shape(size) if size is not None else None


def _draw_start(film: Film, latent: Latent, generators: Sequence[torch.Generator]) -> None:
    """Draws what a run's start takes, only to bring the generator to where the sampler's own noise begins."""
    draws = 1 + sum(draws_of_start(film.request, film.extras, is_flow=film.space == "flow"))
    for _ in range(draws):
        for generator in generators:
            torch.randn((1, *latent.shape), generator=generator)


def _from_noise_level(
    family: Family, branch: Branch, request: GenerationRequest, device: torch.device
) -> InitialState:
    """Returns a start at the noise level of one of the parent's frames, for another sampler, steps or noise."""
    frame = branch.film.frames[branch.call]
    remaining = branch.remaining_steps or branch.steps_left
    config = family.scheduler_config_for(request)
    sampling, total = _ending(config, request.sampler, remaining, frame.sigma)
    if request.hires is not None:  # it keeps its steps, though those of the first pass are others
        request = replace(request, hires=replace(request.hires, steps=request.hires.steps_after(request.steps)))
    request = replace(request, steps=total)
    generators = [torch.Generator("cpu").manual_seed(request.seed or 0)]
    _draw_start(replace(branch.film, request=request), frame.noisy, generators)
    x = _moved(branch, frame, float(sampling.schedule.sigmas[0]), sampling.space, device)
    film = replace(
        _film(family, request, sampling),
        parent=branch.parent,
        skipped_steps=total - remaining,
        extras=_from_here(branch),
        masked=branch.film.masked,
    )
    return InitialState(with_second_pass(family, film), sampling, x, generators)


def _from_here(branch: Branch) -> Mapping[str, NDArray[Any]]:
    """Returns the parent's extras; a soft mask goes on for a run whose noise schedule begins at the branch."""
    extras, timesteps = branch.film.extras, branch.film.schedule.timesteps
    share = float(timesteps[branch.call] / timesteps[0])
    if MASK not in extras or not 0 < share < 1:
        return extras
    return {**extras, MASK: np.minimum(extras[MASK] / np.float32(share), np.float32(1.0))}


def _ending(config: Mapping[str, Any], sampler: str, remaining: int, sigma: float) -> tuple[SamplerRun, int]:
    """Returns the last ``remaining`` steps of the run of this sampler that has them begin closest to ``sigma``.

    The more steps the whole run has, the less noise is left when only ``remaining`` are to come: bisection finds
    the number, which is returned too.
    """

    def ending(total: int) -> SamplerRun:
        return schedulers.build(sampler, config, total, total - remaining)

    def distance(total: int) -> float:
        return abs(math.log(ending(total).schedule.sigmas[0]) - math.log(sigma))

    most_steps = SAMPLERS[sampler].most_steps or STEPS[-1]
    ahead = bisect.bisect_left(
        range(remaining, most_steps), x=-sigma, key=lambda total: -float(ending(total).schedule.sigmas[0])
    )
    candidates = [remaining + ahead - 1, remaining + ahead]
    best = min((total for total in candidates if remaining <= total <= most_steps), key=distance)
    return ending(best), best


def _moved(branch: Branch, frame: Frame, sigma: float, space: Space, device: torch.device) -> torch.Tensor:
    """Returns the frame's latent at noise level ``sigma``, in the scale of ``space``.

    One deterministic DDIM step (Song et al. 2021, eq. 12 with eta = 0) with the x0 and the noise that the parent's
    network predicted there: no network call is needed. Fresh noise takes the place of a part of the predicted
    noise, so that the level stays right.
    """
    x0, noisy = to_torch(frame.denoised, device), to_torch(noisy_of(frame, branch.film.space), device)
    alpha, noise = signal_and_noise(frame.sigma)
    eps = (noisy - alpha * x0) / noise
    if branch.fresh_noise:
        fresh = torch.randn(eps.shape, generator=torch.Generator("cpu").manual_seed(branch.noise_seed))
        eps = math.sqrt(1 - branch.fresh_noise**2) * eps + branch.fresh_noise * fresh.to(device)
    alpha, noise = signal_and_noise(sigma)
    return (alpha * x0 + noise * eps) * scale_of(space, sigma)


def _film(family: Family, request: GenerationRequest, sampling: SamplerRun) -> Film:
    return Film(
        request=request,
        model=family.identity,
        prediction_type=sampling.prediction_type,
        space=sampling.space,
        scheduler=sampling.name,
        scheduler_config=sampling.config,
        schedule=sampling.schedule,
        latent_rgb=family.latent_rgb,
        run=_new_run(),
    )


def _new_run() -> str:
    return uuid.uuid4().hex
