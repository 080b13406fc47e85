"""Files of ControlNets, T2I-Adapters and IP-Adapters, as far as their headers tell. Light: nothing is loaded."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from core.checkpoints.weights import weights_of
from core.control.types import types_of
from core.errors import ControlBroken, ModelBroken
from core.families import FAMILIES
from core.file_kinds.kind import FoundKind, Measure, Names
from core.file_kinds.networks import UNET_TEXT
from core.file_kinds.others import other_in
from core.files.safetensors_header import SafetensorsHeader
from core.files.weights_header import read_header
from core.language.words import tr
from core.lora.file import name_of_width
from core.request.control import IMAGE_PROMPTS, PREPROCESSORS

CONTROLNET, ADAPTER, IP_ADAPTER = "controlnet", "t2i_adapter", "ip_adapter"
FLUX_1 = "control_flux"
_FAMILIES: Mapping[str, str] = MappingProxyType({FLUX_1: "flux1"})
"""The families of the kinds that are made for one."""

_FACE_ID = re.compile(r"to_q_lora|image_proj\.perceiver_resampler\.")
_INSIDE = "control_model."
HINT_LAYERS = tuple(
    name
    for number in range(1, 16)
    for name in (
        f"controlnet_cond_embedding.blocks.{2 * number - 1}.weight",
        f"input_hint_block.{4 * number}.weight",
    )
)
"""The layers of a ControlNet that each halve its picture's sides, as diffusers and as its makers call them."""

_MODES = Measure(("controlnet_mode_embedder.weight",))
_SEEN = Measure(("controlnet_x_embedder.weight", "pos_embed_input.weight"), dimension=1)
_MADE = Measure(("x_embedder.weight", "img_in.weight"), dimension=1)
"""Numbers of each place that a transformer's ControlNet sees of its picture, and of the one that is made."""

_FIRST = ("conv_in.weight", "body.0.in_conv.weight")
_OF_ADAPTERS: Mapping[int, str] = MappingProxyType(
    {
        64: "Stable Diffusion 1.x",
        192: "Stable Diffusion 1.x",
        256: "Stable Diffusion XL",
        768: "Stable Diffusion XL",
    }
)
"""By the channels of their first layer: squares of 8 or 16 pixels, in grey or colour."""


@dataclass(frozen=True, slots=True)
class ControlFile:
    """A network for control on the disk.

    Attributes:
        path: a safetensors file, or a folder as diffusers saves it.
        kind: `CONTROLNET`, `ADAPTER`, `IP_ADAPTER` or `FLUX_1`.
        made_for: the kind of model, as users know it; "" when the file does not tell.
        start: begins the names of its tensors.
        values: the number of its weights.
        factor: the pixels along a side that a ControlNet makes one place of; 0 when the file does not tell.
        modes: the number of kinds of maps that a union tells apart; 0 for any other network.
    """

    path: Path
    kind: str
    made_for: str
    start: str
    values: int
    factor: int = 0
    modes: int = 0

    @property
    def types(self) -> tuple[str, ...]:
        """Returns the keys of the kinds of maps of which a union is told one; () for any other network."""
        return types_of(self.kind, self.modes)

    @property
    def name(self) -> str:
        return name_of(self.path)

    @property
    def preprocessors(self) -> tuple[str, ...]:
        """Returns the keys of what can be made of a picture for it, the usual one first."""
        is_prompt = self.kind == IP_ADAPTER
        return tuple(key for key in PREPROCESSORS if (key in IMAGE_PROMPTS) is is_prompt)

    @property
    def weights(self) -> Path:
        """Returns the file whose SHA-256 stands for it."""
        return weights_of(self.path)[0] if self.path.is_dir() else self.path


def name_of(path: Path) -> str:
    return path.stem if path.suffix == ".safetensors" else path.name


def read_control(path: Path) -> ControlFile:
    """Checks the header. Raises ControlBroken, also for a kind that cannot be used."""
    try:
        files = weights_of(path) if path.is_dir() else (path,)
        header = read_header(files[0])
    except ModelBroken as error:
        raise ControlBroken(path, error.reason, is_damaged=error.is_damaged) from error
    found = other_in(Names.of(header))
    if found is None or found.kind.use != "ControlNet":
        raise ControlBroken(path, tr("it is neither a ControlNet nor a T2I-Adapter nor an IP-Adapter"))
    if reason := _refusal(header, found):
        raise ControlBroken(path, reason)
    values = sum(math.prod(entry.shape) for entry in header.tensors.values())
    is_inside = any(name.startswith(_INSIDE) for name in header.tensors)
    start = _INSIDE if is_inside and not found.start else found.start
    halvings = sum(f"{start}{name}" in header.tensors for name in HINT_LAYERS) if len(files) == 1 else 0
    factor = 2**halvings if halvings else 0
    made_for, modes = _made_for(header, found.kind.key, start), _MODES.of(header, start) or 0
    return ControlFile(path, found.kind.key, made_for, start, values, factor, modes)


def _refusal(header: SafetensorsHeader, found: FoundKind) -> str:
    """Returns the reason against a file of a kind that cannot be used, with the way out; "" for any other."""
    if found.kind.key == IP_ADAPTER and _is_face_id(header):
        return tr(
            "it is an IP-Adapter of the kind FaceID, which sees faces by a model that is not free; choose another "
            "one, such as plus-face"
        )
    if found.kind.key in _FAMILIES and _SEEN.of(header, found.start) != _MADE.of(header, found.start):
        return tr(
            "it looks at a picture and a mask, for inpainting, which Emulsion cannot use yet; choose another one"
        )
    if found.kind.key not in (CONTROLNET, ADAPTER, IP_ADAPTER, *_FAMILIES):
        return tr("it is {kind}, which Emulsion cannot use yet; choose a single ControlNet", kind=found.kind.name)
    if "lora_controlnet" in header.tensors:
        return tr("it is a Control-LoRA, which Emulsion cannot use yet; choose the whole ControlNet")
    if "difference" in header.tensors:
        return tr("it has only the difference to a model; choose the whole ControlNet")
    return ""


def _is_face_id(header: SafetensorsHeader) -> bool:
    """The full-face ones, which CLIP serves, have a further layer behind two."""
    has_two, has_more = (f"image_proj.proj.{number}.weight" in header.tensors for number in (2, 3))
    return any(map(_FACE_ID.search, header.tensors)) or (has_two and not has_more)


def _made_for(header: SafetensorsHeader, kind: str, start: str) -> str:
    if kind in _FAMILIES:
        return FAMILIES[_FAMILIES[kind]].name
    if kind == ADAPTER:
        shapes = (header.shape(f"{start}{name}") for name in _FIRST)
        first = next(filter(None, shapes))
        return _OF_ADAPTERS.get(first[1], "") if len(first) == 4 else ""
    if kind == IP_ADAPTER:
        key = header.shape("ip_adapter.1.to_k_ip.weight")
        return name_of_width(key[1]) if key is not None and len(key) == 2 else ""
    width = UNET_TEXT.of(header, start)
    return name_of_width(width) if width is not None else ""
