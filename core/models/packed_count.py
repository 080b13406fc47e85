"""Counts the weights in a file by its header: those that are unpacked, and the bytes of those that stay packed."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from core.checkpoints.packing import packing_of
from core.files.safetensors_header import SafetensorsHeader

_DIMENSIONS = (2, 4)
"""Of the weights of layers that can keep them packed: linear ones, tables of words, and convolutions."""

_TABLE = re.compile(r"(^|\.)(embed_tokens|token_embd|shared|token_embedding|position_embedding)\.weight$")
"""Of words, of which few rows are unpacked at a time."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Weights of a part.

    Attributes:
        plain: number of weights that are unpacked when they are read, or come so.
        packed: bytes of the others.
        largest: number of values of the largest of those.
    """

    plain: int = 0
    packed: int = 0
    largest: int = 0

    def __add__(self, other: Counted) -> Counted:
        largest = max(self.largest, other.largest)
        return Counted(self.plain + other.plain, self.packed + other.packed, largest)


def count(header: SafetensorsHeader, kind_of: Callable[[str], str | None]) -> dict[str, Counted]:
    """Returns the weights of a file by kind of part (``"text"``, ``"network"``, ``"vae"``), told by their names.

    Those of no kind are left out. Autoencoders are always unpacked. Raises ModelBroken.
    """
    counts: dict[str, Counted] = {}
    packing = packing_of(header)
    for name, entry in header.tensors.items():
        kind = kind_of(name)
        if kind is None or name in packing.beside:
            continue
        packed = packing.weights.get(name)
        one = Counted(math.prod(entry.shape if packed is None else packed.shape))
        if packed is not None and kind != "vae" and name.endswith(".weight") and len(packed.shape) in _DIMENSIONS:
            one = Counted(packed=packed.bytes, largest=0 if _TABLE.search(name) else one.plain)
        counts[kind] = counts.get(kind, Counted()) + one
    return counts
