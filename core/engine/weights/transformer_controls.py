"""Configurations of ControlNets for transformers: a lone file's shapes tell what it has of its own.

All else is as in the transformer that it was made for, of which such a ControlNet is a copy with fewer blocks
(``FluxControlNetModel.from_transformer`` in diffusers).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from core.control.file import ControlFile, other_layers

Shapes = Mapping[str, tuple[int, ...]]

_X, _TEXT = ("x_embedder.weight", "img_in.weight"), ("context_embedder.weight", "txt_in.weight")
_GUIDANCE = ("time_text_embed.guidance_embedder.linear_1.weight", "guidance_in.in_layer.weight")
_MODES = "controlnet_mode_embedder.weight"
_HINT = ("input_hint_block.conv_out.weight", "input_hint_block.14.weight")


def flux_config(file: ControlFile, shapes: Shapes, transformer: Mapping[str, Any]) -> dict[str, Any]:
    """Returns that of a FluxControlNetModel by the names of diffusers, or of XLabs (``x-flux``).

    Raises ControlBroken for one of a transformer of another width.
    """
    inner, channels = _shape(shapes, _X)
    width = transformer["num_attention_heads"] * transformer["attention_head_dim"]
    if (inner, _shape(shapes, _TEXT)[1]) != (width, transformer["joint_attention_dim"]):
        raise other_layers(file)
    taken = ("attention_head_dim", "num_attention_heads", "joint_attention_dim", "pooled_projection_dim")
    hint = next((shapes[name][0] for name in _HINT if name in shapes), None)
    return {
        **{name: transformer[name] for name in (*taken, "axes_dims_rope")},
        "in_channels": channels,
        "num_layers": _count(shapes, "transformer_blocks", "double_blocks"),
        "num_single_layers": _count(shapes, "single_transformer_blocks", "single_blocks"),
        "guidance_embeds": any(name in shapes for name in _GUIDANCE),
        "num_mode": shapes[_MODES][0] if _MODES in shapes else None,
        "conditioning_embedding_channels": hint,
        "patch_size": 1 if hint is None else 2,
    }


def _shape(shapes: Shapes, names: tuple[str, ...]) -> tuple[int, int]:
    """Returns that of the first name that is there, (0, 0) for no matrix."""
    found = next((shapes[name] for name in names if name in shapes), ())
    return (found[0], found[1]) if len(found) == 2 else (0, 0)


def _count(shapes: Shapes, *names: str) -> int:
    numbers = re.compile(rf"(?:{'|'.join(names)})\.(\d+)\.")
    return len({match[1] for name in shapes if (match := numbers.match(name))})
