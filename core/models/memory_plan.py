"""Plans how a model fits into a machine before anything is loaded, from file headers and figures alone.

The weights are known exactly, from the headers of the files. What the work itself needs is estimated from the
architecture: a step and a decode both grow with the number of pixels. The plan is the first of a ladder, from
fast to slow, whose highest need fits into the free memory; its sentence tells what was found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType

from core.errors import InvalidRequest
from core.families.spec import FamilySpec
from core.files.sizes import size_text
from core.language.words import tr
from core.models.model_weights import BytesPerValue, ModelWeights, WeightBytes
from core.request.request import Size

GIB = 2**30
RESERVE = 0.08
"""Part of the free memory that is left alone: for the driver, fragments and other programs."""

DECODE_VALUES_PER_PIXEL = 1536
"""The widest layers of the usual decoder hold 256 channels at full size, about six of them at a time."""

TILE_PX = 512
"""Side of the pieces of a decode in tiles."""

GROUP_SHARE = 0.1
"""Part of a network that is on the device at a time with group offload."""

LARGEST_SCORES = GIB
"""Bytes of attention scores that are computed at once where they are held in memory."""

SHARED_MEMORY = ("cpu", "mps")
"""Kinds of devices that compute in the computer's own memory."""


class Placement(Enum):
    """The places of the weights while a picture is made, from fast to slow."""

    on_device = auto()
    drop_encoder = auto()
    encoder_in_turns = auto()
    model_offload = auto()
    group_offload = auto()


PLACEMENT_WORDS: Mapping[Placement, str] = MappingProxyType(
    {
        Placement.on_device: tr("everything on the device"),
        Placement.drop_encoder: tr("text encoder unloaded after use"),
        Placement.encoder_in_turns: tr("text encoder and network by turns on the device"),
        Placement.model_offload: tr("one part of the model on the device at a time"),
        Placement.group_offload: tr("a few layers on the device at a time"),
    }
)


@dataclass(frozen=True, slots=True)
class DeviceMemory:
    """A device's memory in bytes.

    Attributes:
        kind: ``cuda``, ``mps``, ``xpu`` or ``cpu``.
        holds_scores: attention has no fused kernel there, and holds its scores.
    """

    kind: str
    total: int
    free: int
    holds_scores: bool = False


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """The placement of a model for a size of picture.

    Attributes:
        tiled_decode: the picture is decoded in pieces, whose seams are blended.
        weights: of the whole model, bytes.
        at_once: what it would need with everything on the device and undivided, bytes, estimated.
        needed: highest use of the device's memory, bytes, estimated.
        free: of the device when the plan was made, bytes.
        fits: False if even the slowest placement needs more than there is; the plan is that slowest one.
        is_asked: the placement was asked for, not chosen.
        has_room_for_graphs: the work of a step fits twice, as graphs of the network's calls need it.
    """

    placement: Placement
    tiled_decode: bool
    weights: int
    at_once: int
    needed: int
    free: int
    fits: bool
    is_asked: bool = False
    has_room_for_graphs: bool = False

    @property
    def is_fast(self) -> bool:
        return self.placement.value <= Placement.encoder_in_turns.value

    @property
    def figures(self) -> str:
        """Returns the plan for the log, which is English in every language."""
        tiled = ", tiled decode" if self.tiled_decode else ""
        fits = "" if self.fits else ", does not fit"
        return f"{self.placement.name}{tiled}, {self.needed:,} bytes needed, {self.free:,} free{fits}"

    def describe(self) -> str:
        """Returns one sentence for people, without a full stop."""
        figures = tr(
            "needs about {needed}, {free} are free", needed=size_text(self.needed), free=size_text(self.free)
        )
        if not self.fits:
            return tr("will not fit: {figures}", figures=figures)
        how = [] if self.placement is Placement.on_device else [PLACEMENT_WORDS[self.placement]]
        if self.tiled_decode:
            how.append(tr("decoded in tiles"))
        speed = tr("runs fast") if self.is_fast else tr("with offloading, slower")
        return f"{speed}: {'; '.join([*how, figures])}"

    def explain(self) -> str:
        """Returns the decisions and their reasons, as sentences for people."""
        how = PLACEMENT_WORDS[self.placement] + (tr(", decoded in tiles") if self.tiled_decode else "")
        what = f"{how[0].upper()}{how[1:]}" + (tr(", as you have chosen") if self.is_asked else "")
        room = tr("{size} of memory are free", size=size_text(self.free))
        if self.needed == self.at_once:
            with_work = tr("about {size} with the work on the picture", size=size_text(self.needed))
            why = tr(
                "{size} of weights, {with_work}; {room}",
                size=size_text(self.weights),
                with_work=with_work,
                room=room,
            )
        else:
            why = tr(
                "all at once it would need about {at_once}, {weights} of them weights; {room}, and this way about "
                "{needed} are enough",
                at_once=size_text(self.at_once),
                weights=size_text(self.weights),
                room=room,
                needed=size_text(self.needed),
            )
        if not self.fits:
            why = tr(
                "it needs about {size}, and {room}, so it may run out of memory",
                size=size_text(self.needed),
                room=room,
            )
        return f"{what}: {why}."


@dataclass(frozen=True, slots=True)
class MemoryInUse:
    """The model that an engine has loaded.

    Attributes:
        device: its memory; ``free`` is what there is once that model has gone.
        held: bytes of the GPU's memory that the program holds; None for the processor.
        model: key of the model that is loaded, or "".
        weight_bits: as in `GenerationRequest`.
        plan: that it was loaded by.
        placement: where its parts are now: a slower one than planned after memory ran out.
    """

    device: DeviceMemory
    model: str = ""
    weight_bits: int | None = None
    plan: MemoryPlan | None = None
    placement: Placement | None = None
    held: int | None = None

    @property
    def fallen_back_to(self) -> Placement | None:
        """Returns the slower placement that memory allowed when the planned one ran out of it."""
        return self.placement if self.plan is not None and self.placement is not self.plan.placement else None


def plan_memory(
    family: FamilySpec,
    weights: ModelWeights,
    dtype: str,
    size: Size,
    device: DeviceMemory,
    asked: Placement | None = None,
    tiles: bool = False,
    weight_bits: int | None = None,
    seen: int = 0,
) -> MemoryPlan:
    """Returns the fastest placement that fits.

    ``asked`` takes that one, and finds out only whether it fits; ``tiles`` decodes in pieces in any case;
    ``weight_bits`` as in `GenerationRequest`; ``seen``: pixels of pictures at which each step looks as well.
    """
    usable = int(device.free * (1 - RESERVE))
    if dtype not in family.dtypes:  # the device computes most models in float16, but not this one
        dtype = "float32" if device.kind == "cuda" else "bfloat16"
    values = BytesPerValue.of(family, dtype)
    packed = WeightBytes.of(weights, values, weight_bits)
    pixels = size.width * size.height
    step = _step(family, values, pixels + seen, device.holds_scores) + weights.packed.work(values.network)
    whole, in_tiles = (
        _decode(family, values, count, device.holds_scores) for count in (pixels, min(pixels, TILE_PX**2))
    )
    at_once = _needed(packed, step, whole, Placement.on_device)
    placements = _placements(device.kind) if asked is None else (asked,)
    slowest: MemoryPlan | None = None
    for placement in placements:
        for is_tiled in (True,) if tiles else (False, True):
            needed = _needed(packed, step, in_tiles if is_tiled else whole, placement)
            slowest = MemoryPlan(
                placement=placement,
                tiled_decode=is_tiled,
                weights=packed.all,
                at_once=at_once,
                needed=needed,
                free=device.free,
                fits=needed <= usable,
                is_asked=asked is not None,
                has_room_for_graphs=needed + step <= usable,
            )
            if slowest.fits:
                return slowest
    assert slowest is not None
    return slowest


def placement_name(placement: Placement) -> str:
    """Returns its name on the command line."""
    return placement.name.replace("_", "-")


def placement_names() -> tuple[str, ...]:
    """Returns the placements' names on the command line."""
    return tuple(placement_name(placement) for placement in Placement)


def parse_placement(text: str) -> Placement | None:
    """Reads what ``--memory`` takes; with ``automatic`` the plan chooses. Raises InvalidRequest."""
    if text == "automatic":
        return None
    if text not in placement_names():
        raise InvalidRequest(
            "memory", text, tr("automatic, {placement_names}", placement_names=", ".join(placement_names()))
        )
    return Placement[text.replace("-", "_")]


def computer_memory() -> DeviceMemory:
    """Returns the memory that the processor computes in, as it is now."""
    import psutil  # costs as much as a tenth of the program's start

    memory = psutil.virtual_memory()
    return DeviceMemory("cpu", memory.total, memory.available)


def placement_after(placement: Placement, kind: str) -> Placement | None:
    """Returns the next slower placement on a kind of device; None after the slowest."""
    return next((slower for slower in _placements(kind) if slower.value > placement.value), None)


def _placements(kind: str) -> tuple[Placement, ...]:
    """Returns the placements of a device; one that computes where the weights wait has no other place for them."""
    return (Placement.on_device, Placement.drop_encoder) if kind in SHARED_MEMORY else tuple(Placement)


def _step(family: FamilySpec, values: BytesPerValue, pixels: int, holds_scores: bool) -> int:
    """Returns the bytes that a step of a run needs beside the weights."""
    places = pixels // family.latents.factor**2
    scores = 2 * 8 * places**2 * 4  # of eight heads in two passes, in float32
    held = 2 * min(scores, LARGEST_SCORES) if holds_scores else 0  # before and after the softmax
    return family.step_values * places * values.network + held


def _decode(family: FamilySpec, values: BytesPerValue, pixels: int, holds_scores: bool) -> int:
    """Returns the bytes that a decode of so many pixels at a time needs beside the weights."""
    scores = (pixels // family.latents.factor**2) ** 2 * 4  # of one head
    held = 2 * min(scores, LARGEST_SCORES) if holds_scores else 0
    return DECODE_VALUES_PER_PIXEL * pixels * values.autoencoder + held


def _needed(weights: WeightBytes, step: int, decode: int, placement: Placement) -> int:
    text, network, autoencoder, beside = weights.text, weights.network, weights.autoencoder, weights.beside
    match placement:
        case Placement.on_device:
            return text + network + autoencoder + beside + max(step, decode)
        case Placement.drop_encoder:
            return network + autoencoder + beside + max(text, step, decode)
        case Placement.encoder_in_turns:
            return autoencoder + beside + max(text, network + max(step, decode))
        case Placement.model_offload:
            return max(text, max(network, beside) + step, autoencoder + decode)
        case Placement.group_offload:
            return max(text, max(int(network * GROUP_SHARE), beside) + step, autoencoder + decode)
