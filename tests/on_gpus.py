"""Engines on the stand-ins for GPUs, and their pictures beside those of the processor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np

from core.engine.engine import Engine
from core.models.acceleration import Acceleration
from core.models.catalogue import Catalogue
from core.models.memory_plan import Placement
from core.pictures.pixels import Pixels
from core.request.request import GenerationRequest
from core.runs.events import ImageReady, PreviewMode
from core.runs.operations import Generate
from tests.apple import Apple, apple_gpu
from tests.intel import intel_gpu
from tests.nvidia import nvidia_gpu

GPUS: Mapping[str, Callable[[], AbstractContextManager[Apple]]] = {
    "mps": apple_gpu,
    "cuda": nvidia_gpu,
    "xpu": intel_gpu,
}
"""The stand-ins by the names of their devices."""

ROUNDED = 2
"""Levels, of 255: the processor packs its convolutions, which round otherwise."""

HALF = 4
"""Levels that an upscaler may be off, which computes in float16 there, perhaps in smaller tiles."""


def engine_on(
    device: str,
    *models: Path,
    dtype: str = "float32",
    placement: Placement | None = None,
    catalogue: Catalogue | None = None,
) -> Engine:
    """Returns an engine without graphs, which the stand-ins do not have, for models or those of a catalogue."""
    known = catalogue or Catalogue(models)
    return Engine(known, device, dtype, placement, collect=int, acceleration=Acceleration.off)


def last_of(engine: Engine, request: GenerationRequest) -> ImageReady:
    *_, last = engine.run(Generate(request, PreviewMode.linear))
    assert isinstance(last, ImageReady)
    return last


def distance(one: Pixels, other: Pixels) -> int:
    """Returns the largest difference of any pixel, in levels."""
    return int(np.abs(one.astype(int) - other).max())


def assert_same_picture(one: ImageReady, other: ImageReady) -> None:
    assert distance(one.image.pixels, other.image.pixels) <= ROUNDED
