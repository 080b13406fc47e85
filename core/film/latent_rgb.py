"""The linear map from latents to colours: a small, rough picture of any latent in microseconds.

Where a model joins neighbouring places of its autoencoder's latents into one of more channels, as FLUX.2 does, the
map is for the autoencoder's own, and the places are put side by side again first.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.language.words import tr

FILE_NAME = "latent_rgb.json"


@dataclass(frozen=True, slots=True, eq=False)
class LatentRgb:
    """RGB = latent · matrix + bias, in [-1, 1], one pixel for each place of the autoencoder's latent.

    Attributes:
        matrix: float32 (channels, 3), for latents as the network sees them (scaled).
        bias: float32 (3,).
    """

    matrix: NDArray[np.float32]
    bias: NDArray[np.float32]

    def picture(self, latent: NDArray[Any]) -> NDArray[np.uint8]:
        """uint8 (height, width, 3) from a latent (channels, height, width)."""
        latent = apart(latent, self.joined(len(latent)))
        channels, height, width = latent.shape
        flat = latent.reshape(channels, -1).astype(np.float32)  # (channels, pixels)
        rgb = flat.T @ (self.matrix * 127.5) + (self.bias * 127.5 + 128.0)
        return np.clip(rgb, 0, 255, out=rgb).astype(np.uint8).reshape(height, width, 3)

    def joined(self, channels: int) -> int:
        """Returns how many places along a side a latent of so many channels has joined. Raises ValueError."""
        side = math.isqrt(channels // len(self.matrix)) if len(self.matrix) else 0
        if side**2 * len(self.matrix) != channels or not side:
            raise ValueError(
                tr(
                    "a map for {count} channels does not fit latents of {channels}",
                    count=len(self.matrix),
                    channels=channels,
                )
            )
        return side

    @classmethod
    def read(cls, folder: Path) -> LatentRgb | None:
        """Returns the map that ships beside a model's weights, or None if there is none that can be used."""
        try:
            return cls.from_json(json.loads((folder / FILE_NAME).read_text("utf-8")))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @classmethod
    def from_json(cls, content: Any) -> LatentRgb:
        """From ``{"matrix": [[r, g, b], ...], "bias": [r, g, b]}``. Raises ValueError, KeyError or TypeError."""
        matrix = np.asarray(content["matrix"], dtype=np.float32)
        bias = np.asarray(content["bias"], dtype=np.float32)
        if matrix.ndim != 2 or matrix.shape[1] != 3 or bias.shape != (3,):
            raise ValueError(
                tr(
                    "matrix {shape} and bias {bias_shape} do not map latents to RGB",
                    shape=matrix.shape,
                    bias_shape=bias.shape,
                )
            )
        return cls(matrix, bias)


def apart(latent: NDArray[Any], side: int) -> NDArray[Any]:
    """(channels * side², height, width) to (channels, side * height, side * width): the reverse of joining places.

    Of the channels of a place, those of its rows come first, as in ``Flux2KleinPipeline._patchify_latents``.
    """
    joined, height, width = latent.shape
    channels = joined // side**2
    places = latent.reshape(channels, side, side, height, width).transpose(0, 3, 1, 4, 2)
    return places.reshape(channels, height * side, width * side)
