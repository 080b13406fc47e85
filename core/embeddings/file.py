"""Files of textual inversion embeddings (Gal et al. 2022), as far as their headers tell. Light: nothing is loaded.

Forms: ``emb_params`` (n, width), as AUTOMATIC1111's program converts its own; ``clip_l`` and ``clip_g`` for Stable
Diffusion XL; one tensor under any name, (n, width) or (width,), as diffusers' training saves it. A LoRA's file may
bring some of these, with ``bundle_emb.<name>.`` before their tensors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import ModelBroken
from core.files.safetensors_header import TensorEntry, read_safetensors_header
from core.language.words import tr
from core.lora.file import name_of_width

SUFFIX = ".safetensors"
_OF_XL = ("clip_l", "clip_g")
_BUNDLED = re.compile(r"bundle_emb\.([^.]+)\.(.+)")


@dataclass(frozen=True, slots=True)
class EmbeddingFile:
    """The facts in an embedding's header.

    Attributes:
        name: what prompts call it: the file's name without its ending.
        vectors: how many tokens it takes the place of.
        tensors: their names in the file, in the order of a model's text encoders.
        widths: of the vectors of each.
    """

    path: Path
    name: str
    vectors: int
    tensors: tuple[str, ...]
    widths: tuple[int, ...]

    @property
    def made_for(self) -> str:
        """Returns the kind of model, as users know it: by the width of the text that its network reads."""
        return name_of_width(sum(self.widths))


def read_embedding(path: Path) -> EmbeddingFile:
    """Checks the header. Raises ModelBroken when it is no embedding, or damaged."""
    tensors = read_safetensors_header(path).tensors
    file = _of_tensors(path, path.stem, {name: name for name in tensors}, tensors)
    if file is None:
        raise ModelBroken(path, tr("it is not an embedding: one set of vectors, or two for Stable Diffusion XL"))
    return file


def read_bundled(path: Path) -> tuple[EmbeddingFile, ...]:
    """Returns the embeddings that the file of a LoRA brings. Raises ModelBroken."""
    tensors = read_safetensors_header(path).tensors
    found: dict[str, dict[str, str]] = {}
    for match in filter(None, map(_BUNDLED.fullmatch, tensors)):
        found.setdefault(match[1], {})[match[2]] = match[0]
    files = (_of_tensors(path, name, own, tensors) for name, own in found.items())
    return tuple(file for file in files if file is not None)


def _of_tensors(
    path: Path, name: str, own: Mapping[str, str], tensors: Mapping[str, TensorEntry]
) -> EmbeddingFile | None:
    """Returns the embedding of these tensors, whose names in the file are the values of ``own``; None for none."""
    names = tuple(own[part] for part in _OF_XL) if set(_OF_XL) <= own.keys() else tuple(own.values())
    shapes = [tensors[name].shape for name in names]
    sizes = {shape[0] if len(shape) == 2 else 1 for shape in shapes}
    is_one = len(names) == 1 or (len(names) == len(_OF_XL) and set(_OF_XL) <= own.keys())
    if not is_one or len(sizes) != 1 or 0 in sizes or not all(1 <= len(shape) <= 2 for shape in shapes):
        return None
    return EmbeddingFile(path, name, sizes.pop(), names, tuple(shape[-1] for shape in shapes))
