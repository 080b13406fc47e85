"""Whether a model that is not here yet would fit this computer, in words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from app.device_readout import ChosenDevice
from core.known_models import KnownModel
from core.memory_plan import BYTES_OF_DTYPE, DeviceMemory, gib, plan_memory
from core.request import Size

_SPARE = 0.92


class Level(Enum):
    """How well it would run."""

    fits = auto()
    will_not_fit = auto()
    unknown = auto()


@dataclass(frozen=True, slots=True)
class Fit:
    """The verdict and its reason."""

    level: Level
    sentence: str


def fit_of(model: KnownModel, device: ChosenDevice | None, memory: DeviceMemory) -> Fit:
    """``memory`` is that of the computer; of a graphics card nothing is known before the engine has loaded."""
    if device is not None and device.kind != "cpu":
        wanted = f" It wants {gib(model.memory_bytes)} of graphics memory." if model.memory_bytes else ""
        return Fit(
            Level.unknown, f"Runs on {device.name}; what does not fit there is moved aside, slower.{wanted}"
        )
    dtype = device.dtype if device is not None else "float32"
    if model.weights is not None:
        plan = plan_memory(model.weights, dtype, Size.parse(model.size), memory)
        needed, fits = plan.needed, plan.fits
    elif model.memory_bytes is not None:
        needed = model.memory_bytes * BYTES_OF_DTYPE[dtype] // 2
        fits = needed <= memory.free * _SPARE
    else:
        return Fit(Level.unknown, "How much memory it needs is not known.")
    figures = f"about {gib(needed)} of memory needed, {gib(memory.free)} are free"
    if not fits:
        return Fit(Level.will_not_fit, f"Will not fit: {figures}.")
    slow = "; slow without a graphics card"
    return Fit(Level.fits, f"Fits this computer: {figures}{slow}.")
