"""LoRA files: what they are for, as far as their headers tell. Light: nothing is loaded.

A LoRA (low-rank adaptation, Hu et al. 2021) adds a product of two small matrices to some layers of a model. Files
come with the key names of kohya's sd-scripts (``lora_unet_...lora_down.weight``) or of diffusers and peft
(``unet....lora_A.weight``).
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from core.errors import LoraBroken, ModelBroken
from core.families import FAMILIES
from core.files.safetensors_header import SafetensorsHeader, read_safetensors_header
from core.lora.trigger_words import trigger_words

HASH_DIGITS = 12
SUFFIX = ".safetensors"
_HASH_IN_METADATA = "sshs_model_hash"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TEXT_WIDTH = re.compile(r"attn2[._]to_[kv][._](lora_down|lora_A(\.default)?|lora\.down)\.weight$")
_DOWN = re.compile(r"(lora_down|lora_A(\.\w+)?|lora\.down|lora_linear_layer\.down)\.weight$")
_OTHER_FAMILIES = (("FLUX", r"double_blocks|single_transformer_blocks|single_blocks"),)
"""Families that cannot be loaded, with names of layers that only they have."""


@dataclass(frozen=True, slots=True)
class LoraFile:
    """The facts in a LoRA file's header.

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
    """Returns the kind of U-Net that reads prompts of this width."""
    formats = (family.lora for family in FAMILIES.values() if family.lora is not None)
    names = (lora.kinds[width] for lora in formats if width in lora.kinds)
    return next(names, f"a network for prompts of width {width}")


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
    formats = ((family.name, family.lora) for family in FAMILIES.values())
    patterns = (*_OTHER_FAMILIES, *((name, lora.key) for name, lora in formats if lora is not None and lora.key))
    found = (name for name, pattern in patterns if any(re.search(pattern, key) for key in header.tensors))
    return next(found, "")
