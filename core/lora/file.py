"""LoRA files: what they are for, as far as their headers tell. Light: nothing is loaded.

A LoRA (low-rank adaptation, Hu et al. 2021) adds a product of two small matrices to some layers of a model. The
kin of LoRA (LyCORIS, DoRA) changes layers in other ways, see `core.checkpoints.lora_keys`.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from core.checkpoints.detection import recognise
from core.checkpoints.lora_keys import LoraLayer, is_addition, lora_layers, refusal, title
from core.errors import LoraBroken, ModelBroken, NotAModel
from core.families import FAMILIES
from core.files.atomic import words_of
from core.files.safetensors_header import SafetensorsHeader, read_safetensors_header
from core.language.words import tr
from core.lora.trigger_words import trigger_words
from core.lora.usage import LoraUsage, unsupported

HASH_DIGITS = 12
SUFFIX = ".safetensors"
_HASH_IN_METADATA = "sshs_model_hash"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_OF_FLUX = re.compile(r"single_blocks[._]\d+[._]linear1$|double_blocks[._]\d+[._](img|txt)_mlp[._]0$")
_FLUX_RATIOS = {9: "FLUX.2 klein", 6: "FLUX.2 klein", 7: "FLUX.1", 4: "FLUX.1"}
"""The makers named layers of both alike; these have so many outputs for each input."""

_TEXT_LAYER = re.compile(
    r"^(?!(.*(former|unet|model)[._])?transformer_blocks[._]).*attn2[._](processor[._])?to_[kv]$"
)
"""Of a U-Net; the transformer of Stable Diffusion 3 has a second attention outside of such blocks."""

_OTHER_FAMILIES = (("Wan", r"(^|[._])blocks[._]\d+[._](self|cross)_attn"),)
"""Families that cannot be loaded, with names of layers that only they have."""


@dataclass(frozen=True, slots=True)
class LoraFile:
    """The facts in a LoRA file's header.

    Attributes:
        name: what recipes and lists call it: the file's name without its ending.
        made_for: the kind of model, as users know it; "" when the keys do not tell.
        usage: its layers, and those of them that act on no model.
        kind: ``"a LoRA"``, or what of its kin it is.
        words: of the prompt that call for what it was taught, see `core.lora.trigger_words`; from outside.
        hash: as `lora_hash`, where the header tells it; else "".
        has_embeddings: it brings some, see `core.embeddings.file.read_bundled`.
    """

    path: Path
    name: str
    made_for: str
    usage: LoraUsage
    kind: str
    words: tuple[str, ...] = ()
    hash: str = ""
    has_embeddings: bool = False


def read_lora(path: Path) -> LoraFile:
    """Checks the header. Raises LoraBroken when it is no LoRA, damaged, or of a kind that cannot be applied."""
    header = _header(path)
    layers = lora_layers(header.tensors)
    if reason := refusal(layers):
        raise LoraBroken(path, reason)
    if not is_addition(layers):
        raise LoraBroken(path, _instead(header))
    usage = LoraUsage.of(len(layers), filter(None, map(unsupported, layers)))
    made_for = _made_for(header, _text_width(header, layers)) or _flux_of(header, layers)
    words = trigger_words(header.metadata)
    bundle = any(name.startswith("bundle_emb.") for name in header.tensors)
    return LoraFile(path, path.stem, made_for, usage, title(layers), words, _told_hash(header), bundle)


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
        raise LoraBroken(path, tr("it cannot be read ({strerror})", strerror=words_of(error))) from error


def name_of_width(width: int) -> str:
    """Returns the kind of U-Net that reads prompts of this width."""
    formats = (family.lora for family in FAMILIES.values() if family.lora is not None)
    names = (lora.kinds[width] for lora in formats if width in lora.kinds)
    return next(names, tr("a network for prompts of width {width}", width=width))


def _header(path: Path) -> SafetensorsHeader:
    try:
        return read_safetensors_header(path)
    except ModelBroken as error:
        raise LoraBroken(path, error.reason) from error


def _instead(header: SafetensorsHeader) -> str:
    try:
        recognise(header)
    except NotAModel as error:
        return error.reason
    except ModelBroken:
        return tr("it is not a LoRA: none of its weights changes a layer as a LoRA does")
    return tr("it is a model, not a LoRA: add it on the page Models")


def _told_hash(header: SafetensorsHeader) -> str:
    told = header.metadata.get(_HASH_IN_METADATA, "")
    return told[:HASH_DIGITS] if _SHA256.fullmatch(told) else ""


def _text_width(header: SafetensorsHeader, layers: tuple[LoraLayer, ...]) -> int | None:
    for layer in layers:
        key = layer.tensors.get("down") or layer.tensors.get("hada_w1_b") or layer.tensors.get("diff")
        shape = header.tensors[key].shape if key and _TEXT_LAYER.search(layer.name) else ()
        if len(shape) > 1:
            return shape[1]
    return None


def _flux_of(header: SafetensorsHeader, layers: tuple[LoraLayer, ...]) -> str:
    """Returns the kind of FLUX by the sizes of its layers; "" for others, or where no such layer is there."""
    for layer in layers:
        if {"down", "up"} <= layer.tensors.keys() and _OF_FLUX.search(layer.name):
            down, up = (header.tensors[layer.tensors[role]].shape for role in ("down", "up"))
            return _FLUX_RATIOS.get(up[0] // down[1], "") if len(down) > 1 and up else ""
    return ""


def _made_for(header: SafetensorsHeader, width: int | None) -> str:
    if width is not None:
        return name_of_width(width)
    formats = ((family.name, family.lora) for family in FAMILIES.values())
    patterns = (*_OTHER_FAMILIES, *((name, lora.key) for name, lora in formats if lora is not None and lora.key))
    found = (name for name, pattern in patterns if any(re.search(pattern, key) for key in header.tensors))
    return next(found, "")
