"""A picture encoded and decoded again, and the network's estimate of it from its latent with noise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.film.film import Latent
from core.film.latent_rgb import LatentRgb
from core.measures.conversions import noised
from core.measures.difference import Difference
from core.pictures.colour_maps import heat
from core.pictures.pixels import Pixels
from core.request.request import GenerationRequest, Size

LATENT_VALUE_BYTES = 2
"""Latents are kept in 16 bits, pixels in 8 for each colour."""


@dataclass(frozen=True, slots=True, eq=False)
class RoundTrip:
    """A picture before and after the autoencoder, which shows all that is lost in it.

    Attributes:
        picture: as the model was given it, cut and scaled to its size.
        original: the size of the picture in its file.
        latent: x0, float32 (channels, height / factor, width / factor): the mean that the encoder names.
        decoded: the latent turned back into pixels.
        alphas_cumprod: float64 (training steps,): alpha-bar of the model's own noise schedule, falling with t.
        latent_rgb: the model's linear map from latents to colours.
    """

    picture: Pixels
    original: Size
    latent: Latent
    decoded: Pixels
    alphas_cumprod: NDArray[np.float64]
    latent_rgb: LatentRgb

    @property
    def psnr(self) -> float:
        """Peak signal-to-noise ratio of the decoded picture in dB; infinite where nothing is lost."""
        error = np.mean(np.square(self.picture.astype(np.float64) - self.decoded))
        return math.inf if error == 0 else 10 * math.log10(255**2 / error)

    @property
    def fewer_values(self) -> float:
        """Returns the number of values of the picture for each value of the latent."""
        return self.picture.size / self.latent.size

    @property
    def compression(self) -> float:
        """Returns the number of bytes of the picture for each byte of the latent."""
        return self.picture.size / (self.latent.size * LATENT_VALUE_BYTES)

    def noised(self, t: int, noise: Latent) -> Latent:
        """x_t at training timestep ``t``, from 0, in float32; see `core.measures.conversions.noised`."""
        return noised(self.latent, noise, float(self.alphas_cumprod[t]))

    def sigma(self, t: int) -> float:
        """Noise to signal ratio; infinite at the end of a schedule with zero terminal SNR."""
        alpha_cumprod = float(self.alphas_cumprod[t])
        return math.inf if alpha_cumprod <= 0 else math.sqrt((1 - alpha_cumprod) / alpha_cumprod)


@dataclass(frozen=True, slots=True, eq=False)
class EncodedPicture:
    """A round trip with the measure of its loss.

    Attributes:
        request: with which the picture was encoded; its source is the picture's file.
        psnr: of the round trip, in dB.
        error_map: where the round trip changed colours, dark to bright.
        error_scale: what the brightest colour of the map stands for; 1 is from black to white.
    """

    request: GenerationRequest
    trip: RoundTrip
    psnr: float
    error_map: Pixels
    error_scale: float

    @classmethod
    def measured(cls, request: GenerationRequest, trip: RoundTrip) -> EncodedPicture:
        """Compares the two pictures of the trip, which takes a while for large ones."""
        difference = Difference.between(trip.picture, trip.decoded)
        scale = difference.fitting_scale
        return cls(request, trip, trip.psnr, heat(difference.distances / scale), scale)

    @property
    def path(self) -> Path:
        assert self.request.source is not None
        return Path(self.request.source.path)

    @property
    def last_t(self) -> int:
        """Returns the timestep with most noise."""
        return len(self.trip.alphas_cumprod) - 1


@dataclass(frozen=True, slots=True, eq=False)
class OneStep:
    """The network's estimate of x0 from one call, with the x_t that it saw.

    Attributes:
        noisy, denoised: x_t and the estimate of x0, decoded.
        latent: the estimate itself, float32.
    """

    t: int
    noisy: Pixels
    denoised: Pixels
    latent: Latent


def strength_of(t: int, training_steps: int, steps: int) -> float:
    """Returns the strength of image to image with which ``steps`` steps, one at least, begin about at ``t``."""
    made = min(max(round((t + 1) / training_steps * steps), 1), steps)
    strength = round(made / steps, 3)
    return strength if int(steps * strength) == made else round(strength + 0.001, 3)  # 0.29 * 100 is not quite 29
