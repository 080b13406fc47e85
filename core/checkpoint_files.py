"""A first look at a model's weights: are the files whole and of a safe format, before anything reads them.

diffusers answers every damaged file with the same sentence, after reading all of it; the header of a safetensors
file (8 bytes length, then JSON with an offset for each tensor) tells in microseconds whether the file is whole.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, cast

from core.errors import ModelBroken

LARGEST_HEADER = 100_000_000
"""Bytes; the limit of the safetensors library itself."""


def weights_of(folder: Path) -> tuple[tuple[Path, ...], str | None]:
    """The safetensors files of one component, checked, and their variant (``"fp16"``) if only that is there.

    Raises:
        ModelBroken: no weights, only pickled ones, or a damaged file.
    """
    if not folder.is_dir():
        raise ModelBroken(folder, "this folder of the model is missing")
    files = tuple(sorted(folder.glob("*.safetensors")))
    if not files:
        pickled = any(folder.glob("*.bin")) or any(folder.glob("*.ckpt"))
        reason = (
            "only pickled weights (.bin); Emulsion loads .safetensors, which cannot run code"
            if pickled
            else ("no .safetensors weights in this folder")
        )
        raise ModelBroken(folder, reason)
    plain = tuple(file for file in files if ".fp16." not in file.name)
    chosen = plain or files
    for file in chosen:
        read_header(file)
    return chosen, None if plain else "fp16"


def read_header(path: Path) -> dict[str, Any]:
    """The header of a safetensors file: each tensor's dtype, shape and data_offsets. Raises ModelBroken."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > LARGEST_HEADER or 8 + length > size:
            raise ModelBroken(path, "the file is cut off or is not a safetensors file")
        try:
            header = json.loads(file.read(length))
        except ValueError as error:
            raise ModelBroken(path, "its header is damaged") from error
    if not isinstance(header, dict):
        raise ModelBroken(path, "its header is damaged")
    tensors = cast("dict[str, Any]", header)
    try:
        end = max(
            (int(entry["data_offsets"][1]) for name, entry in tensors.items() if name != "__metadata__"), default=0
        )
    except (TypeError, KeyError, IndexError, ValueError) as error:
        raise ModelBroken(path, "its header is damaged") from error
    if 8 + length + end != size:
        raise ModelBroken(
            path, f"the file has {size:,} bytes where {8 + length + end:,} are expected: it is cut off"
        )
    return tensors


def short_hash(path: Path) -> str:
    """The first 10 hexadecimal digits of the file's SHA-256, as AUTOMATIC1111 writes it into recipes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:10]
