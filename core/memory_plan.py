"""How a model is fitted into a machine: planned before anything is loaded, from file headers and figures alone.

The weights are known exactly, from the headers of the files. What the work itself needs is estimated from the
architecture: a step and a decode both grow with the number of pixels. The plan is the first of a ladder, from
fast to slow, whose highest need fits into the free memory; its sentence tells what was found.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from types import MappingProxyType

from core.checkpoint_files import weights_of
from core.errors import InvalidRequest, ModelBroken
from core.request import Size
from core.safetensors_header import read_safetensors_header

GIB = 2**30
RESERVE = 0.08
"""Part of the free memory that is left alone: for the driver, fragments and other programs."""

DECODE_VALUES_PER_PIXEL = 1536
"""The widest layers of the usual decoder hold 256 channels at full size, about six of them at a time."""

TILE_PX = 512
"""Side of the pieces of a decode in tiles."""

STEP_VALUES_PER_LATENT_VALUE = 8_000
"""Of a U-Net with guidance, for each of the latent's positions: skips, the widest block and its attention."""

GROUP_SHARE = 0.1
"""Part of a network that is on the device at a time with group offload."""

LATENT_FACTOR = 8
BYTES_OF_DTYPE: Mapping[str, int] = MappingProxyType({"float32": 4, "bfloat16": 2, "float16": 2})


class Placement(Enum):
    """Where the weights are while a picture is made, from fast to slow."""

    on_device = auto()
    drop_encoder = auto()
    model_offload = auto()
    group_offload = auto()


PLACEMENT_WORDS: Mapping[Placement, str] = MappingProxyType(
    {
        Placement.on_device: "everything on the device",
        Placement.drop_encoder: "text encoder freed after use",
        Placement.model_offload: "one part of the model on the device at a time",
        Placement.group_offload: "a few layers on the device at a time",
    }
)


@dataclass(frozen=True, slots=True)
class ModelWeights:
    """Numbers of parameters of a model's parts."""

    text_encoders: int
    network: int
    autoencoder: int

    @property
    def all(self) -> int:
        return self.text_encoders + self.network + self.autoencoder


@dataclass(frozen=True, slots=True)
class DeviceMemory:
    """What a device has, in bytes. ``kind``: ``cuda``, ``mps``, ``xpu`` or ``cpu``."""

    kind: str
    total: int
    free: int


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """How a model is placed for a size of picture.

    Attributes:
        tiled_decode: the picture is decoded in pieces, whose seams are blended.
        needed: highest use of the device's memory, bytes, estimated.
        free: of the device when the plan was made, bytes.
        fits: False if even the slowest placement needs more than there is; the plan is that slowest one.
        is_asked: the placement was asked for, not chosen.
    """

    placement: Placement
    tiled_decode: bool
    needed: int
    free: int
    fits: bool
    is_asked: bool = False

    @property
    def is_fast(self) -> bool:
        return self.placement in (Placement.on_device, Placement.drop_encoder)

    def describe(self) -> str:
        """One sentence for people, without a full stop."""
        figures = f"needs about {gib(self.needed)}, {gib(self.free)} are free"
        if not self.fits:
            return f"will not fit: {figures}"
        how = [] if self.placement is Placement.on_device else [PLACEMENT_WORDS[self.placement]]
        if self.tiled_decode:
            how.append("decoded in tiles")
        speed = "runs fast" if self.is_fast else "with offloading, slower"
        return f"{speed}: {'; '.join([*how, figures])}"


def plan_memory(
    weights: ModelWeights, dtype: str, size: Size, device: DeviceMemory, asked: Placement | None = None
) -> MemoryPlan:
    """The fastest placement that fits; ``asked`` takes that one, and finds out only whether it fits."""
    usable = int(device.free * (1 - RESERVE))
    placements = _placements(device.kind) if asked is None else (asked,)
    slowest: MemoryPlan | None = None
    for placement in placements:
        for is_tiled in (False, True):
            needed = _needed(weights, BYTES_OF_DTYPE[dtype], size, placement, is_tiled)
            slowest = MemoryPlan(placement, is_tiled, needed, device.free, needed <= usable, asked is not None)
            if slowest.fits:
                return slowest
    assert slowest is not None
    return slowest


def placement_names() -> tuple[str, ...]:
    """What the command line calls the placements."""
    return tuple(placement.name.replace("_", "-") for placement in Placement)


def parse_placement(text: str) -> Placement | None:
    """Reads what ``--memory`` takes; with ``automatic`` the plan chooses. Raises InvalidRequest."""
    if text == "automatic":
        return None
    if text not in placement_names():
        raise InvalidRequest("memory", text, f"automatic, {', '.join(placement_names())}")
    return Placement[text.replace("-", "_")]


def weights_in(folder: Path, file: Path | None = None) -> ModelWeights:
    """Counts the parameters of a diffusers folder by headers alone: milliseconds. Raises ModelBroken.

    ``file`` is a single file with the weights; what it does not bring comes from the folder.
    """
    counts = dict[str, int]() if file is None else _counted_in(file)
    for part in sorted(folder.iterdir()):
        kind = _KIND_OF_PART.get(part.name)
        if kind is not None and any(part.glob("*.safetensors")) and (file is None or kind not in counts):
            found = sum(read_safetensors_header(weights).parameters for weights in weights_of(part)[0])
            counts[part.name] = found
    by_kind = {"text": 0, "network": 0, "vae": 0}
    for name, count in counts.items():
        by_kind[_KIND_OF_PART.get(name, name)] += count
    if not by_kind["network"]:
        raise ModelBroken(folder, "it has no network")
    return ModelWeights(by_kind["text"], by_kind["network"], by_kind["vae"])


def _counted_in(file: Path) -> dict[str, int]:
    """By kind of part; a file without the names of whole checkpoints is a network alone."""
    counts: dict[str, int] = {}
    header = read_safetensors_header(file)
    for name, entry in header.tensors.items():
        kind = next((kind for prefix, kind in _KIND_OF_PREFIX.items() if name.startswith(prefix)), None)
        if kind is not None:
            counts[kind] = counts.get(kind, 0) + math.prod(entry.shape)
    return counts or {"network": header.parameters}


def computer_memory() -> DeviceMemory:
    """The memory that the processor computes in, as it is now."""
    import psutil  # costs as much as a tenth of the program's start

    memory = psutil.virtual_memory()
    return DeviceMemory("cpu", memory.total, memory.available)


def gib(size: int) -> str:
    """``"7.1 GiB"``."""
    return f"{size / GIB:.1f} GiB"


_KIND_OF_PART: Mapping[str, str] = MappingProxyType(
    {
        "text_encoder": "text",
        "text_encoder_2": "text",
        "text_encoder_3": "text",
        "unet": "network",
        "transformer": "network",
        "vae": "vae",
    }
)

_KIND_OF_PREFIX: Mapping[str, str] = MappingProxyType(
    {
        "model.diffusion_model.": "network",
        "first_stage_model.": "vae",
        "cond_stage_model.": "text",
        "conditioner.": "text",
    }
)
"""How the first programs of each family named the parts of a single file."""


def _placements(kind: str) -> tuple[Placement, ...]:
    """A processor computes where the weights wait: moving them about would free nothing."""
    return (Placement.on_device, Placement.drop_encoder) if kind == "cpu" else tuple(Placement)


def _needed(weights: ModelWeights, bytes_per_value: int, size: Size, placement: Placement, is_tiled: bool) -> int:
    pixels = size.width * size.height
    positions = pixels // LATENT_FACTOR**2
    step = STEP_VALUES_PER_LATENT_VALUE * positions * bytes_per_value
    decoded = min(pixels, TILE_PX**2) if is_tiled else pixels
    decode = DECODE_VALUES_PER_PIXEL * decoded * bytes_per_value
    text, network, autoencoder = (
        count * bytes_per_value for count in (weights.text_encoders, weights.network, weights.autoencoder)
    )
    match placement:
        case Placement.on_device:
            return text + network + autoencoder + max(step, decode)
        case Placement.drop_encoder:
            return network + autoencoder + max(text, step, decode)
        case Placement.model_offload:
            return max(text, network + step, autoencoder + decode)
        case Placement.group_offload:
            return max(text, int(network * GROUP_SHARE) + step, autoencoder + decode)
