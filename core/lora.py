"""LoRA files: what they are for, as far as their headers tell. Light: nothing is loaded.

A LoRA (low-rank adaptation, Hu et al. 2021) adds a product of two small matrices to some layers of a model. Files
come with the key names of kohya's sd-scripts (``lora_unet_...lora_down.weight``) or of diffusers and peft
(``unet....lora_A.weight``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from core.errors import InvalidRequest, LoraMissing, ModelBroken
from core.request import Lora
from core.safetensors_header import SafetensorsHeader, read_safetensors_header

FOLDER_NAMES = ("loras", "lora", "Lora", "LoRA")
"""In a folder of models, or beside it: Emulsion's own, ComfyUI's, and that of AUTOMATIC1111's program."""

HASH_DIGITS = 12
SUFFIX = ".safetensors"
_HASH_IN_METADATA = "sshs_model_hash"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TEXT_WIDTH = re.compile(r"attn2[._]to_[kv][._](lora_down|lora_A(\.default)?|lora\.down)\.weight$")
_DOWN = re.compile(r"(lora_down|lora_A(\.\w+)?|lora\.down|lora_linear_layer\.down)\.weight$")
_NAME_OF_WIDTH: Mapping[int, str] = MappingProxyType(
    {768: "Stable Diffusion 1.x", 1024: "Stable Diffusion 2.x", 2048: "Stable Diffusion XL"}
)
_NAME_OF_KEY = (
    (re.compile(r"double_blocks|single_transformer_blocks|single_blocks"), "FLUX"),
    (re.compile(r"(^|[._])layers[._]\d+[._](attention|feed_forward|adaLN)"), "Z-Image"),
    (re.compile(r"^lora_te2_|^text_encoder_2\."), "Stable Diffusion XL"),
)


@dataclass(frozen=True, slots=True)
class LoraFile:
    """What a file's header tells.

    Attributes:
        name: what recipes and lists call it: the file's name without its ending.
        made_for: the kind of model, as users know it; "" when the keys do not tell.
        text_width: of the prompt's embedding in a U-Net that it was made for, or None.
        layers: how many layers it changes.
    """

    path: Path
    name: str
    made_for: str
    text_width: int | None
    layers: int


class LoraShelf:
    """The LoRA files in the folders of the user, found by name."""

    def __init__(self, model_folders: Iterable[Path]) -> None:
        """Looks in each folder of models, and beside it."""
        folders = [
            place / name for folder in model_folders for place in (folder, folder.parent) for name in FOLDER_NAMES
        ]
        self._folders = tuple(dict.fromkeys(folders))

    def files(self) -> tuple[Path, ...]:
        """All of them, by name; of two with the same name the first."""
        found: dict[str, Path] = {}
        for folder in self._folders:
            if folder.is_dir():
                for path in sorted(folder.rglob(f"*{SUFFIX}")):
                    found.setdefault(path.stem, path)
        return tuple(found[name] for name in sorted(found, key=str.casefold))

    def find(self, lora: Lora) -> Path:
        """The file of a LoRA that is named, or given by its full path. Raises LoraMissing."""
        path = Path(lora.name)
        if path.is_absolute() and path.is_file():
            return path
        files = self.files()
        for file in files:
            if file.stem == lora.key:
                return file
        raise LoraMissing(lora.key, tuple(file.stem for file in files))


def parse_lora(text: str) -> Lora:
    """Reads ``NAME`` or ``NAME:WEIGHT``, the name being that of a file too. Raises InvalidRequest."""
    match = re.fullmatch(r"(.+?)(?::([+-]?(?:\d+\.?\d*|\.\d+)))?", text, re.ASCII)
    if match is None:
        raise InvalidRequest("lora", text, "a name or a file, with or without a weight: ink or ink:0.8")
    path = Path(match[1]).expanduser().absolute()
    is_file = path.suffix == SUFFIX and path.is_file()
    return Lora(str(path) if is_file else match[1], float(match[2] or 1))


def read_lora(path: Path) -> LoraFile:
    """Checks the header. Raises ModelBroken when it is no LoRA, or damaged."""
    header = read_safetensors_header(path)
    down = [name for name in header.tensors if _DOWN.search(name)]
    if not down:
        raise ModelBroken(path, "it is not a LoRA: none of its weights is a low-rank matrix")
    width = _text_width(header)
    return LoraFile(path, path.stem, _made_for(header, width), width, len(down))


def lora_hash(path: Path) -> str:
    """12 digits of what AUTOMATIC1111's program calls the hash: SHA-256 of all that follows the header."""
    told = read_safetensors_header(path).metadata.get(_HASH_IN_METADATA, "")
    if _SHA256.fullmatch(told):
        return told[:HASH_DIGITS]
    with path.open("rb") as file:
        file.seek(8 + int.from_bytes(file.read(8), "little"))
        return hashlib.file_digest(file, "sha256").hexdigest()[:HASH_DIGITS]


def name_of_width(width: int) -> str:
    """The kind of U-Net that reads prompts of this width."""
    return _NAME_OF_WIDTH.get(width, f"a network for prompts of width {width}")


def _text_width(header: SafetensorsHeader) -> int | None:
    return next(
        (
            entry.shape[1]
            for name, entry in header.tensors.items()
            if _TEXT_WIDTH.search(name) and len(entry.shape) > 1
        ),
        None,
    )


def _made_for(header: SafetensorsHeader, width: int | None) -> str:
    if width is not None:
        return name_of_width(width)
    for pattern, name in _NAME_OF_KEY:
        if any(pattern.search(key) for key in header.tensors):
            return name
    return ""
