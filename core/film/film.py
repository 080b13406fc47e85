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


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One network call.

    Attributes:
        call: number of the call, from 0.
        step: the sampler step it belongs to, from 0.
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
        """Returns the size of what `shown` returns for pixels of the size in which the model works."""
        if self.masked is None:
            return self.request.size
        height, width = (self.masked.small or self.masked).mask.shape
        return Size(width, height)

    @property
    def whole_size(self) -> Size:
        """Returns the size of the finished picture, before it is enlarged."""
        if self.masked is None:
            return self.request.size
        height, width = self.masked.mask.shape
        return Size(width, height)

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
