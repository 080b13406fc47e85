"""Files of ControlNets, T2I-Adapters and IP-Adapters, as far as their headers tell. Light: nothing is loaded."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from core.checkpoints.weights import weights_of
from core.control.types import UNION_NUMBERS, types_of
from core.errors import ControlBroken, ModelBroken
from core.families import FAMILIES
from core.file_kinds.kind import FoundKind, Measure, Names
from core.file_kinds.others import other_in
from core.files.pickles import is_pickle
from core.files.safetensors_header import SafetensorsHeader
from core.files.weights_header import read_header
from core.language.words import tr
from core.lora.file import name_of_width
from core.request.control import IMAGE_PROMPTS, PREPROCESSORS

UNREAD, CONTROLNET, UNION, ADAPTER, IP_ADAPTER = "", "controlnet", "control_union", "t2i_adapter", "ip_adapter"
LLLITE, LLLITE_START = "lllite", "lllite_unet_"
CONTROL_LORA, DIFFERENCE = "control_lora", "control_difference"
"""Kinds whose files hold only the changes of a model's own weights."""

MOST_MODES = 1 + max(UNION_NUMBERS[UNION].values())
KINDS = (CONTROLNET, UNION, CONTROL_LORA, DIFFERENCE, LLLITE, ADAPTER, IP_ADAPTER)
_TEXT = re.compile(r"\.attn2\.to_k\.(weight|down)$")
"""Layers whose width is that of the text, as a whole or in a Control-LoRA."""

FLUX_1, QWEN, Z_IMAGE = "control_flux", "control_qwen", "control_z_image"
OF_FAMILIES: Mapping[str, str] = MappingProxyType({FLUX_1: "flux1", QWEN: "qwen_image", Z_IMAGE: "z_image"})
"""The families of the kinds that are made for one."""

_FACE_ID = re.compile(r"to_q_lora|image_proj\.perceiver_resampler\.")
INSIDE = "control_model."
HINT_LAYERS = tuple(
    name
    for number in range(1, 16)
    for name in (
        f"controlnet_cond_embedding.blocks.{2 * number - 1}.weight",
        f"input_hint_block.{4 * number}.weight",
    )
)
"""The layers of a ControlNet that each halve its picture's sides, as diffusers and as its makers call them."""

_MODES = Measure(("controlnet_mode_embedder.weight", "task_embedding"))
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
        path: a file, or a folder as diffusers saves it.
        kind: one of `KINDS`, or `UNREAD` for a pickle that the engine has not read yet.
        made_for: the kind of model, as users know it; "" when the file does not tell.
        start: begins the names of its tensors.
        values: the number of the weights of its network.
        factor: the pixels along a side that a ControlNet makes one place of; 0 when the file does not tell.
        modes: the number of kinds of maps that a union tells apart; 0 for any other network.
        copy: the content of a pickle as safetensors.
    """

    path: Path
    kind: str
    made_for: str
    start: str
    values: int
    factor: int = 0
    modes: int = 0
    copy: Path | None = None

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
        if self.kind == UNREAD:
            return tuple(PREPROCESSORS)
        is_prompt = self.kind == IP_ADAPTER
        return tuple(key for key in PREPROCESSORS if (key in IMAGE_PROMPTS) is is_prompt)

    @property
    def weights(self) -> Path:
        """Returns the file whose SHA-256 stands for it."""
        return pickle_of(self.path) or (_of_folder(self.path)[0] if self.path.is_dir() else self.path)

    @property
    def files(self) -> tuple[Path, ...]:
        """Returns the files that its tensors are read from. Raises ModelBroken."""
        if self.copy is not None:
            return (self.copy,)
        return _of_folder(self.path) if self.path.is_dir() else (self.path,)


def _of_folder(folder: Path) -> tuple[Path, ...]:
    """Returns the weights of a folder, and none of another network beside them: ProMax lies beside the union."""
    files = weights_of(folder)
    return files if all("-of-" in file.name for file in files) else files[:1]


def name_of(path: Path) -> str:
    return path.stem if path.suffix == ".safetensors" or is_pickle(path) else path.name


def pickle_of(path: Path) -> Path | None:
    """Returns the pickle that a file is, or that a folder has where it has no other weights; None for others."""
    if not path.is_dir():
        return path if is_pickle(path) else None
    pickles = sorted(path.glob("*.bin"), key=lambda file: (len(file.name), file.name))
    return next(iter(pickles), None) if not any(path.glob("*.safetensors")) else None


def read_control(path: Path, copy: Path | None = None) -> ControlFile:
    """Checks the header; of a pickle, that of its ``copy``, without which it is `UNREAD`.

    Raises ControlBroken, also for a kind that cannot be used.
    """
    unread = ControlFile(path, UNREAD, "", "", 0, copy=copy)
    if copy is None and pickle_of(path) is not None:
        return unread
    try:
        files = unread.files
        header = read_header(files[0])
    except ModelBroken as error:
        raise ControlBroken(path, error.reason, is_damaged=error.is_damaged) from error
    found = other_in(Names.of(header))
    if found is None or found.kind.use != "ControlNet":
        raise ControlBroken(path, tr("it is neither a ControlNet nor a T2I-Adapter nor an IP-Adapter"))
    if reason := _refusal(header, found):
        raise ControlBroken(path, reason)
    is_inside = any(name.startswith(INSIDE) for name in header.tensors)
    start = INSIDE if is_inside and not found.start else found.start
    values = sum(_values(header, name) for name in header.tensors if name.startswith(start))
    halvings = sum(f"{start}{name}" in header.tensors for name in HINT_LAYERS) if len(files) == 1 else 0
    factor = 2**halvings if halvings else 0
    kind, modes = found.kind.key, _MODES.of(header, start) or 0
    if kind == UNION and not 0 < modes <= MOST_MODES:
        reason = tr("it was made for other kinds of maps than the {count} that are known", count=MOST_MODES)
        raise ControlBroken(path, reason)
    return ControlFile(path, kind, _made_for(header, kind, start), start, values, factor, modes, copy)


def other_layers(file: ControlFile) -> ControlBroken:
    """Returns the error for one that does not fit the layers of the model."""
    return ControlBroken(
        file.path,
        tr("it was made for a network with other layers than those of the model; choose one made for it"),
    )


def _refusal(header: SafetensorsHeader, found: FoundKind) -> str:
    """Returns the reason against a file of a kind that cannot be used, with the way out; "" for any other."""
    if found.kind.key == IP_ADAPTER and _is_face_id(header):
        return tr(
            "it is an IP-Adapter of the kind FaceID, which sees faces by a model that is not free; choose another "
            "one, such as plus-face"
        )
    if found.kind.key in OF_FAMILIES and _SEEN.of(header, found.start) != _MADE.of(header, found.start):
        return tr(
            "it looks at a picture and a mask, for inpainting, which Emulsion cannot use yet; choose another one"
        )
    is_for_others = found.kind.key == LLLITE and not all(name.startswith(LLLITE_START) for name in header.tensors)
    if found.kind.key not in (*KINDS, *OF_FAMILIES) or is_for_others:
        return tr("it is {kind}, which Emulsion cannot use yet; choose a single ControlNet", kind=found.kind.name)
    return ""


def _values(header: SafetensorsHeader, name: str) -> int:
    """Returns the number of weights that a tensor is in the network: of ``up`` and ``down``, their product."""
    shape, (layer, _, role) = header.tensors[name].shape, name.rpartition(".")
    down = header.shape(f"{layer}.down") if role == "up" else None
    return 0 if role == "down" else math.prod((shape[0], *down[1:]) if down and shape else shape)


def _is_face_id(header: SafetensorsHeader) -> bool:
    """The full-face ones, which CLIP serves, have a further layer behind two."""
    has_two, has_more = (f"image_proj.proj.{number}.weight" in header.tensors for number in (2, 3))
    return any(map(_FACE_ID.search, header.tensors)) or (has_two and not has_more)


def _made_for(header: SafetensorsHeader, kind: str, start: str) -> str:
    if kind in OF_FAMILIES:
        return FAMILIES[OF_FAMILIES[kind]].name
    if kind == ADAPTER:
        shapes = (header.shape(f"{start}{name}") for name in _FIRST)
        first = next(filter(None, shapes), ())
        return _OF_ADAPTERS.get(first[1], "") if len(first) == 4 else ""
    if kind == LLLITE:  # only the networks of XL have so many blocks in a row
        return "Stable Diffusion XL" if any("_transformer_blocks_9_" in name for name in header.tensors) else ""
    if kind == IP_ADAPTER:
        key = header.shape("ip_adapter.1.to_k_ip.weight")
        return name_of_width(key[1]) if key is not None and len(key) == 2 else ""
    names = tuple(name for name in header.tensors if name.startswith(start) and _TEXT.search(name))
    width = Measure(names, dimension=1).of(header)
    return name_of_width(width) if width is not None else ""
