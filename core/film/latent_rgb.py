"""The linear map from latents to colours: a small, rough picture of any latent in microseconds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.language.words import tr

FILE_NAME = "latent_rgb.json"


@dataclass(frozen=True, slots=True, eq=False)
class LatentRgb:
    """RGB = latent · matrix + bias, in [-1, 1], one pixel for each place of the latent.

    Attributes:
        matrix: float32 (channels, 3), for latents as the network sees them (scaled).
        bias: float32 (3,).
    """

    matrix: NDArray[np.float32]
    bias: NDArray[np.float32]

    def picture(self, latent: NDArray[Any]) -> NDArray[np.uint8]:
        """uint8 (height, width, 3) from a latent (channels, height, width)."""
        channels, height, width = latent.shape
        flat = latent.reshape(channels, -1).astype(np.float32)  # (channels, pixels)
        rgb = flat.T @ (self.matrix * 127.5) + (self.bias * 127.5 + 128.0)
        return np.clip(rgb, 0, 255, out=rgb).astype(np.uint8).reshape(height, width, 3)

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
