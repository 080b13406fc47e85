"""LoRA files: what they are for, as far as their headers tell. Light: nothing is loaded.

A LoRA (low-rank adaptation, Hu et al. 2021) adds a product of two small matrices to some layers of a model. Files
come with the key names of kohya's sd-scripts (``lora_unet_...lora_down.weight``) or of diffusers and peft
(``unet....lora_A.weight``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from core.checkpoints.safetensors_header import SafetensorsHeader, read_safetensors_header
from core.errors import LoraBroken, ModelBroken
from core.lora.trigger_words import trigger_words

HASH_DIGITS = 12
SUFFIX = ".safetensors"
_HASH_IN_METADATA = "sshs_model_hash"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TEXT_WIDTH = re.compile(r"attn2[._]to_[kv][._](lora_down|lora_A(\.default)?|lora\.down)\.weight$")
_DOWN = re.compile(r"(lora_down|lora_A(\.\w+)?|lora\.down|lora_linear_layer\.down)\.weight$")
_NAME_OF_WIDTH: Mapping[int, str] = MappingProxyType(
    {
        128: "Emulsion's starter model",
        768: "Stable Diffusion 1.x",
        1024: "Stable Diffusion 2.x",
        2048: "Stable Diffusion XL",
    }
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
        words: of the prompt that call for what it was taught, see `core.lora.trigger_words`; from outside.
        hash: as `lora_hash`, where the header tells it; else "".
    """

    path: Path
    name: str
    made_for: str
    text_width: int | None
    layers: int
    words: tuple[str, ...] = ()
    hash: str = ""


def read_lora(path: Path) -> LoraFile:
    """Checks the header. Raises LoraBroken when it is no LoRA, or damaged."""
    header = _header(path)
    down = [name for name in header.tensors if _DOWN.search(name)]
    if not down:
        raise LoraBroken(path, "it is not a LoRA: none of its weights is a low-rank matrix")
    width = _text_width(header)
    words = trigger_words(header.metadata)
    return LoraFile(path, path.stem, _made_for(header, width), width, len(down), words, _told_hash(header))


def lora_hash(path: Path) -> str:
    """12 digits of what AUTOMATIC1111's program calls the hash: SHA-256 of all that follows the header.

    Raises LoraBroken.
    """
    if told := _told_hash(_header(path)):
        return told
    try:
        with path.open("rb") as file:
            file.seek(8 + int.from_bytes(file.read(8), "little"))
            return hashlib.file_digest(file, "sha256").hexdigest()[:HASH_DIGITS]
    except OSError as error:
        raise LoraBroken(path, f"it cannot be read ({error.strerror})") from error


def name_of_width(width: int) -> str:
    """The kind of U-Net that reads prompts of this width."""
    return _NAME_OF_WIDTH.get(width, f"a network for prompts of width {width}")


def _header(path: Path) -> SafetensorsHeader:
    try:
        return read_safetensors_header(path)
    except ModelBroken as error:
        raise LoraBroken(path, error.reason) from error


def _told_hash(header: SafetensorsHeader) -> str:
    told = header.metadata.get(_HASH_IN_METADATA, "")
    return told[:HASH_DIGITS] if _SHA256.fullmatch(told) else ""


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
