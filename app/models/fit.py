"""Says in words if a model would fit this computer, by the plan that it would be loaded by."""

from dataclasses import dataclass
from enum import Enum, auto

from app.session.device import NO_DEVICE, ChosenDevice
from core.families import FAMILIES
from core.families.spec import FamilySpec
from core.files.sizes import size_text
from core.language.words import tr
from core.models.downloadable import KnownModel
from core.models.memory_plan import (
    PLACEMENT_WORDS,
    RESERVE,
    DeviceMemory,
    MemoryPlan,
    Placement,
    plan_memory,
)
from core.models.model_weights import BYTES_OF_DTYPE, ModelWeights
from core.request.request import WEIGHT_BITS, Size


class Level(Enum):
    """The grades of fitness for this computer."""

    fits = auto()
    with_offloading = auto()
    will_not_fit = auto()
    unknown = auto()


@dataclass(frozen=True, slots=True)
class Fit:
    """The verdict and its reason."""

    level: Level
    sentence: str


def fit_of(model: KnownModel, device: ChosenDevice | None, computer: DeviceMemory) -> Fit:
    """``computer`` is the memory of the computer now; ``device`` has that of a graphics card."""
    if device is None:
        wants = (
            tr(" It needs {size} of graphics memory.", size=size_text(model.memory_bytes))
            if model.memory_bytes
            else ""
        )
        return Fit(Level.unknown, f"{NO_DEVICE}{wants}")
    memory = computer if device.kind == "cpu" else device.memory
    if memory is None:
        return Fit(
            Level.unknown, tr("How much memory {name} has is not known.", name=device.name or tr("the device"))
        )
    if model.weights is not None:
        return _planned(FAMILIES[model.family], model.weights, Size.parse(model.size), device, memory)
    if model.memory_bytes is not None:
        return _by_demand(model.memory_bytes, device, memory)
    return Fit(Level.unknown, tr("How much memory it needs is not known."))


def _planned(
    family: FamilySpec, weights: ModelWeights, size: Size, device: ChosenDevice, memory: DeviceMemory
) -> Fit:
    plan = plan_memory(family, weights, device.dtype, size, memory)
    figures = tr(
        "needs about {size} of memory, {free}", size=size_text(plan.needed), free=_free(plan.needed, memory)
    )
    if not plan.fits:
        return Fit(
            Level.will_not_fit,
            tr(
                "Too large: {figures}.{packed}",
                figures=figures,
                packed=_packed(family, weights, size, device, memory),
            ),
        )
    how = _how(plan)
    if not plan.is_fast:
        sentence = tr(
            "Runs with offloading, slower: {how}; {figures}, at once it would be {size}.",
            how=how,
            figures=figures,
            size=size_text(plan.at_once),
        )
        return Fit(Level.with_offloading, sentence)
    speed = tr("Fits, but slow without a GPU") if device.kind == "cpu" else tr("Runs fast")
    return Fit(Level.fits, f"{speed}: {'; '.join(part for part in (how, figures) if part)}.")


def _free(needed: int, memory: DeviceMemory) -> str:
    words = tr("{size} free", size=size_text(memory.free))
    is_close = memory.free * (1 - RESERVE) < needed <= memory.free
    return tr("{words}, {reserve:.0%} of it kept in reserve", words=words, reserve=RESERVE) if is_close else words


def _how(plan: MemoryPlan) -> str:
    words = [] if plan.placement is Placement.on_device else [PLACEMENT_WORDS[plan.placement]]
    return ", ".join([*words, *(["decoded in tiles"] if plan.tiled_decode else [])])


def _packed(
    family: FamilySpec, weights: ModelWeights, size: Size, device: ChosenDevice, memory: DeviceMemory
) -> str:
    """Returns the way out that packed weights are, if they are one."""
    for bits in WEIGHT_BITS:
        if plan_memory(family, weights, device.dtype, size, memory, weight_bits=bits).fits:
            return tr(" With weights in {bits} bit (Preferences, Memory) it would.", bits=bits)
    return ""


def _by_demand(demand: int, device: ChosenDevice, memory: DeviceMemory) -> Fit:
    """Judges by the demand that other programs state, for 16-bit weights on a graphics card."""
    needed = demand * BYTES_OF_DTYPE[device.dtype] // 2
    figures = tr("needs about {size} of memory, {free}", size=size_text(needed), free=_free(needed, memory))
    if needed <= memory.free * (1 - RESERVE):
        speed = tr("Fits, but slow without a GPU") if device.kind == "cpu" else tr("Runs fast")
        return Fit(Level.fits, f"{speed}: {figures}.")
    if device.kind == "cpu":
        return Fit(Level.will_not_fit, tr("Too large: {figures}.", figures=figures))
    return Fit(Level.with_offloading, tr("With offloading, slower, if at all: {figures}.", figures=figures))
