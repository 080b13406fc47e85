"""A film: what the network predicted at every call while one picture developed out of noise.

The predictions are the whole story: replaying the scheduler over them rebuilds every intermediate latent, see
`core.engine.generation.rebuild_frames`. Frames also hold those latents, so that views need neither network nor
scheduler.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.film.latent_rgb import LatentRgb
from core.pictures.masked_picture import MaskedPicture
from core.pictures.pixels import Pixels
from core.recipes.recipe import ModelIdentity, Parent
from core.request.request import GenerationRequest, Size
from core.request.samplers import Space

Latent = NDArray[Any]
"""(channels, height / factor, width / factor): float32, for predictions also float16 or (ml_dtypes) bfloat16."""

PredictionType = Literal["epsilon", "v_prediction", "sample", "flow_prediction"]


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """The sampler's timesteps and noise levels, one for each network call, in the order of the calls.

    Attributes:
        timesteps: float32 (calls,), in the units of training, falling from about 1000 to 0.
        sigmas: float64 (calls,), noise to signal ratio sigma / alpha, as in Karras et al. 2022; may be infinite.
        steps: the step (from 0) that each call belongs to; Heun-like samplers have two calls in a step.
    """

    timesteps: NDArray[np.float32]
    sigmas: NDArray[np.float64]
    steps: tuple[int, ...]

    @property
    def calls(self) -> int:
        return len(self.steps)

    def followed_by(self, other: Schedule, steps: int) -> Schedule:
        """Returns both, with the steps of the other counted behind ``steps``."""
        counted = tuple(step + steps - other.steps[0] for step in other.steps)
        timesteps, sigmas = (self.timesteps, other.timesteps), (self.sigmas, other.sigmas)
        return Schedule(np.concatenate(timesteps), np.concatenate(sigmas), self.steps + counted)


@dataclass(frozen=True, slots=True, eq=False)
class SecondPass:
    """The pass of a run at a larger size (`core.request.hires`), as far as it is another one than the first.

    Attributes:
        first_call: the number of its first call in the film, which is how many calls the first pass has.
        size: of its picture. shape: of its latents.
        steps: of the sampler's whole schedule. skipped_steps: those of them that are left out at the start.
        scheduler, scheduler_config, space: as in `Film`.
    """

    first_call: int
    size: Size
    shape: tuple[int, int, int]
    steps: int
    skipped_steps: int
    scheduler: str
    scheduler_config: dict[str, Any]
    space: Space


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One network call.

    Attributes:
        call: number of the call, from 0.
        step: the sampler step it belongs to, from 0; those of a second pass are counted behind the first.
        timestep, sigma: as in `Schedule`.
        noisy: x_t, the latent before this call, float32, scaled as the sampler keeps it (`Film.space`).
        denoised: x0, the picture that the model predicts at this call, float32.
        guided: the prediction the sampler steps with, of `Film.prediction_type`, in the network's dtype.
        cond, uncond: the prediction with the prompt, and with the negative prompt; None with guidance off.
    """

    call: int
    step: int
    timestep: float
    sigma: float
    noisy: Latent
    denoised: Latent
    guided: Latent
    cond: Latent | None
    uncond: Latent | None


@dataclass(frozen=True, slots=True, eq=False)
class Film:
    """The recording of one run; it grows by `with_frame` while the run goes on.

    Attributes:
        request: what was asked for, with the seed that was used and a count of 1.
        scheduler: diffusers' class name and its full configuration.
        space: how the scheduler scales its latents (`core.request.samplers.Sampler.space`).
        latent_rgb: the model's linear map from latents to colours.
        run: a random name, by which branches know their parent.
        batch: a random name that all pictures of one request share, "" for a picture that was asked for alone.
        skipped_steps: steps of the request that were left out at the start, since the run began with a latent
            that is less noisy than x_T.
        computed_by: GPU or processor, versions and precision, on which the last bits depend; "" in older films.
        extras: arrays that hooks of the loop read, by name, such as a mask; see `core.engine.sampling.step_hooks`.
            A name that this version does not know stays in all that continues the film.
        second: the pass at a larger size, whose calls are the last ones of schedule and frames, or None; the
            fields above are those of the first pass, but for the schedule.
        masked: the source picture and its mask, of which the latents are a part, as far as their files were found;
            a film on the disk does not have them.
    """

    request: GenerationRequest
    model: ModelIdentity
    prediction_type: PredictionType
    space: Space
    scheduler: str
    scheduler_config: dict[str, Any]
    schedule: Schedule
    latent_rgb: LatentRgb
    run: str = ""
    batch: str = ""
    parent: Parent | None = None
    skipped_steps: int = 0
    computed_by: str = ""
    extras: Mapping[str, NDArray[Any]] = field(default_factory=dict[str, NDArray[Any]])
    second: SecondPass | None = None
    masked: MaskedPicture | None = None
    frames: tuple[Frame, ...] = ()

    def picture(self, latent: Latent) -> Pixels:
        """Returns a rough picture of a latent by the linear map, as it is shown: see `shown`."""
        return self.shown(self.latent_rgb.picture(latent))

    def shown(self, worked: Pixels) -> Pixels:
        """Returns the whole picture with what the model works on, of a size that a screen needs."""
        return worked if self.masked is None else self.masked.shown(worked)

    @property
    def shown_size(self) -> Size:
        """Returns the size of what `shown` returns for pixels of the size in which the model works at the end."""
        if self.masked is None:
            return self.last_size
        height, width = (self.masked.small or self.masked).mask.shape
        return Size(width, height)

    @property
    def whole_size(self) -> Size:
        """Returns the size of the finished picture, before it is enlarged."""
        if self.masked is None:
            return self.last_size
        height, width = self.masked.mask.shape
        return Size(width, height)

    @property
    def last_size(self) -> Size:
        """Returns the size in which the model works at the end."""
        return self.request.size if self.second is None else self.second.size

    def size_of(self, shape: tuple[int, ...]) -> Size:
        """Returns the size of the picture that a latent of this shape (..., channels, height, width) becomes."""
        is_second = self.second is not None and tuple(shape[-3:]) == self.second.shape
        return self.last_size if is_second else self.request.size

    def space_at(self, call: int) -> Space:
        """Returns how the latents of a call are scaled."""
        return self.space if self.second is None or call < self.second.first_call else self.second.space

    def pass_at(self, call: int) -> Film:
        """Returns the film of one pass alone, of that with this call: `first_call_at` of it and all that follow.

        Its calls and steps have the numbers that they have here.
        """
        if (second := self.second) is None:
            return self
        begin, schedule = second.first_call, self.schedule
        part = slice(begin) if call < begin else slice(begin, None)
        alone = replace(
            self,
            request=replace(self.request, hires=None),
            schedule=Schedule(schedule.timesteps[part], schedule.sigmas[part], schedule.steps[part]),
            second=None,
            frames=self.frames[part],
        )
        if call < begin:
            return alone
        return replace(
            alone,
            request=replace(self.request.in_second_pass, hires=None, size=second.size, steps=second.steps),
            skipped_steps=second.skipped_steps,
            scheduler=second.scheduler,
            scheduler_config=second.scheduler_config,
            space=second.space,
        )

    def first_call_at(self, call: int) -> int:
        """Returns the first call of the pass that a call belongs to."""
        return 0 if self.second is None or call < self.second.first_call else self.second.first_call

    def spread(self, values: NDArray[Any], outside: float = 0.0) -> NDArray[Any]:
        """Returns values for each place of a latent (height, width), spread over what `shown` shows."""
        return values if self.masked is None else self.masked.spread(values, outside)

    def pasted(self, worked: Pixels) -> Pixels:
        """Returns the whole picture with what the model made of its masked part; that alone without a mask."""
        return worked if self.masked is None else self.masked.pasted(worked)

    @property
    def is_complete(self) -> bool:
        return len(self.frames) == self.schedule.calls

    def continues(self, other: Film | None) -> bool:
        """Returns True for the same recording with more frames or as many; a branch is another one."""
        return other is not None and self.run == other.run and self.schedule is other.schedule

    def with_frame(self, frame: Frame) -> Film:
        return replace(self, frames=(*self.frames, frame))
