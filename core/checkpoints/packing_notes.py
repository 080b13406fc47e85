"""Reads the notes that programs keep in a file about its packed weights: ComfyUI's, and bitsandbytes' states."""

import json
from collections.abc import Mapping
from typing import Any, cast

from core.files.safetensors_header import SafetensorsHeader
from core.files.weights_header import read_bytes

_MOST_BYTES = 4096


def notes_of(header: SafetensorsHeader) -> Mapping[str, Mapping[str, Any]]:
    """Returns ComfyUI's notes about layers, from the metadata or else from the tensors beside the weights.

    Raises ModelBroken.
    """
    told = object_in(header.metadata.get("_quantization_metadata", "{}")).get("layers")
    layers = cast("dict[str, Any]", told) if isinstance(told, dict) else {}
    notes = {name: _flat(note) for name, note in layers.items()}
    for name in header.tensors:
        if name.endswith(".comfy_quant") and (layer := name.removesuffix(".comfy_quant")) not in notes:
            notes[layer] = _flat(note_in(header, name))
    return notes


def note_in(header: SafetensorsHeader, name: str) -> dict[str, Any]:
    """Returns the JSON object whose text is the content of a tensor, {} for another one. Raises ModelBroken."""
    return object_in(read_bytes(header, name, _MOST_BYTES))


def object_in(text: str | bytes) -> dict[str, Any]:
    """Returns the object of a JSON text, {} for another one."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", content) if isinstance(content, dict) else {}


def _flat(note: object) -> Mapping[str, Any]:
    """Returns a note with its parameters, which may be one level deeper."""
    if not isinstance(note, dict):
        return {}
    told = cast("dict[str, Any]", note)
    params = told.get("params")
    return {**cast("dict[str, Any]", params), **told} if isinstance(params, dict) else told
