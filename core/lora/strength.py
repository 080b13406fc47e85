"""The scale of a LoRA's layers that its tensors do not tell: alpha and rank as peft writes them beside.

diffusers keeps peft's configuration as JSON in the header (``lora_adapter_metadata``, each name behind that of the
part), peft itself in ``adapter_config.json`` beside the file. Without them alpha is the rank.
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

_IN_HEADER = "lora_adapter_metadata"
_BESIDE = "adapter_config.json"
_OF_PEFT = "adapter_model.safetensors"
_LARGEST_BYTES = 2**20


class ToldScales:
    """Scales by the part and path of a layer, as far as they are told."""

    def __init__(self, path: Path, metadata: Mapping[str, str]) -> None:
        self._told = _object(metadata.get(_IN_HEADER, ""))
        beside = path.with_name(_BESIDE)
        if (
            not self._told
            and path.name == _OF_PEFT
            and beside.is_file()
            and beside.stat().st_size < _LARGEST_BYTES
        ):
            self._told = _object(beside.read_text("utf-8", "replace"))

    def alpha(self, part: str, path: str, rank: int) -> float:
        """Returns the alpha of a layer of this rank, so that alpha / rank is its scale."""
        patterns = self._value(part, "alpha_pattern")
        own = cast("dict[str, object]", patterns).items() if isinstance(patterns, dict) else ()
        named = (value for name, value in own if f".{path}".endswith(f".{name.strip('^$')}"))
        alpha = _number(next(named, self._value(part, "lora_alpha")))
        if alpha is None:
            return float(rank)
        is_stable = self._value(part, "use_rslora") is True  # Kalajdzievski 2023: alpha / sqrt(rank)
        return alpha * math.sqrt(rank) if is_stable else alpha

    def _value(self, part: str, name: str) -> object:
        return self._told.get(f"{part}.{name}", self._told.get(name))


def _number(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_number else None  # pyright: ignore[reportArgumentType]


def _object(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", content) if isinstance(content, dict) else {}
