"""Writes sparse files of weights with given names, types and shapes: safetensors, with notes, and GGUF."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from pathlib import Path

from core.files.gguf_header import BLOCKS
from core.files.safetensors_header import BITS

Shapes = Mapping[str, tuple[int, ...] | tuple[str, tuple[int, ...]]]
"""Shape of each tensor, or its type and shape; the others have the type of the file."""

_CODES = {"F32": 0, "F16": 1, "Q4_0": 2, "Q8_0": 8, "Q4_K": 12, "Q5_K": 13, "Q6_K": 14, "IQ4_XS": 23, "BF16": 30}


def safetensors(path: Path, tensors: Shapes, dtype: str = "BF16", **metadata: str) -> Path:
    """Writes a sparse file of that size; uint8 tensors that hold notes get them by `noted`."""
    header: dict[str, object] = {"__metadata__": metadata} if metadata else {}
    at = 0
    for name, (kind, shape) in _typed(tensors, dtype).items():
        size = math.prod(shape) * BITS[kind] // 8
        header[name] = {"dtype": kind, "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    encoded = json.dumps(header).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(len(encoded).to_bytes(8, "little") + encoded)
        file.truncate(8 + len(encoded) + at)
    return path


def noted(path: Path, tensors: Shapes, layer: str, note: Mapping[str, object], dtype: str = "I8") -> Path:
    """Writes a file with ComfyUI's note about a layer as its last tensor."""
    content = json.dumps(note).encode()
    named = {**tensors, f"{layer}.comfy_quant": ("U8", (len(content),))}
    safetensors(path, named, dtype)
    with path.open("r+b") as file:
        file.seek(-len(content), 2)
        file.write(content)
    return path


def gguf(path: Path, tensors: Shapes, dtype: str = "Q8_0", architecture: str = "") -> Path:
    """Writes a sparse GGUF file, version 3."""
    typed = _typed(tensors, dtype)
    entries = [(b"general.architecture", architecture.encode())] if architecture else []
    head = struct.pack("<4sIQQ", b"GGUF", 3, len(typed), len(entries))
    for name, text in entries:
        head += struct.pack("<Q", len(name)) + name + struct.pack("<IQ", 8, len(text)) + text
    at = 0
    for name, (kind, shape) in typed.items():
        kind = kind if len(shape) > 1 else "F32"
        values, size = BLOCKS[kind]
        head += struct.pack("<Q", len(name)) + name.encode() + struct.pack("<I", len(shape))
        head += struct.pack(f"<{len(shape)}Q", *reversed(shape)) + struct.pack("<IQ", _CODES[kind], at)
        at = -(-(at + math.prod(shape) // values * size) // 32) * 32
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(head)
        file.truncate(-(-len(head) // 32) * 32 + at)
    return path


def _typed(tensors: Shapes, dtype: str) -> dict[str, tuple[str, tuple[int, ...]]]:
    typed: dict[str, tuple[str, tuple[int, ...]]] = {}
    for name, shape in tensors.items():
        match shape:
            case (str() as kind, tuple() as sizes):
                typed[name] = kind, sizes
            case _:
                typed[name] = dtype, shape  # pyright: ignore[reportArgumentType]
    return typed
