"""A finished picture together with everything that is known about how it was made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.film.film import ModelIdentity, Parent
from core.request.request import GenerationRequest

Pixels = NDArray[np.uint8]
"""uint8 (height, width, 3), RGB."""

Stage = Literal["final", "denoised", "noisy"]


@dataclass(frozen=True, slots=True, eq=False)
class GeneratedImage:
    """A picture that can be saved.

    Attributes:
        request: with the seed that was used and a count of 1.
        stage: ``final`` after the last step; ``denoised`` (x0) or ``noisy`` (x_t) when kept from step ``step``.
        step: how many steps were done, 1 to ``request.steps``.
        device, dtype: where and in which precision it was computed (``"cpu"``, ``"float32"``).
        seconds: how long the steps and the decoding took.
        run, parent: as in `core.film.film.Film`.
        note: what else a reader should know ("decoded again in float32"), or "".
    """

    pixels: Pixels
    request: GenerationRequest
    model: ModelIdentity
    stage: Stage
    step: int
    device: str
    dtype: str
    seconds: float
    run: str = ""
    parent: Parent | None = None
    note: str = ""
