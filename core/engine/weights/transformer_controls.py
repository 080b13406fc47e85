"""Configurations of ControlNets for transformers: a lone file's shapes tell what it has of its own.

All else is as in the transformer that it was made for, of which such a ControlNet is a copy with fewer blocks
(``FluxControlNetModel.from_transformer`` in diffusers), or whose layers it shares (Z-Image).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from core.control.file import ControlFile, other_layers
from core.engine.weights.raw import read_tensor
from core.files.safetensors_header import SafetensorsHeader
from core.files.weights_header import read_header

Shapes = Mapping[str, tuple[int, ...]]

_X, _TEXT = ("x_embedder.weight", "img_in.weight"), ("context_embedder.weight", "txt_in.weight")
_GUIDANCE = ("time_text_embed.guidance_embedder.linear_1.weight", "guidance_in.in_layer.weight")
_MODES = "controlnet_mode_embedder.weight"
_CONTROL_X, _REFINER = "control_all_x_embedder.2-1.weight", "control_noise_refiner."
_WAYS = ("control_noise_refiner", "control_layers", None)
_LOOKS = f"{_REFINER}0.before_proj.weight"
_HINT = ("input_hint_block.conv_out.weight", "input_hint_block.14.weight")


def qwen_config(file: ControlFile, shapes: Shapes, transformer: Mapping[str, Any]) -> dict[str, Any]:
    """Returns that of a QwenImageControlNetModel, as InstantX saves it.

    Raises ControlBroken for one of a transformer of another width.
    """
    inner, channels = _shape(shapes, _X)
    width = transformer["num_attention_heads"] * transformer["attention_head_dim"]
    if (inner, _shape(shapes, _TEXT)[1]) != (width, transformer["joint_attention_dim"]):
        raise other_layers(file)
    taken = ("attention_head_dim", "num_attention_heads", "joint_attention_dim", "axes_dims_rope", "patch_size")
    layers = _count(shapes, "transformer_blocks")
    return {**{name: transformer[name] for name in taken}, "in_channels": channels, "num_layers": layers}


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


def z_image_config(
    file: ControlFile, shapes: Shapes, transformer: Mapping[str, Any], told: Mapping[str, Any]
) -> dict[str, Any]:
    """Returns that of a ZImageControlNetModel for a file of alibaba-pai (VideoX-Fun), of any version.

    The first one refines its map by two blocks of its own. Those of 2.0 lie in the file, untrained: the first
    control layers stand in for them. From 2.1 on they look at the picture that is made, too. A configuration in
    its folder may tell (``told``) the version, and behind which blocks its values belong.

    Raises ControlBroken for one of a transformer of another width, or with more layers.
    """
    inner, values = _shape(shapes, (_CONTROL_X,))
    layers, refiners = _count(shapes, "control_layers"), _count(shapes, "control_noise_refiner")
    blocks, channels = transformer["n_layers"], values // transformer["all_patch_size"][0] ** 2
    every = max(1, round(blocks / max(1, layers)))  # as ComfyUI places them, also those of the lite ones
    places = _told_places(told) or [every * layer for layer in range(layers)]
    fits = inner == transformer["dim"] and channels >= transformer["in_channels"]
    if not fits or not layers or len(places) != layers or 0 not in places or max(places) >= blocks:
        raise other_layers(file)
    if told.get("add_control_noise_refiner", "") in _WAYS:
        way = told["add_control_noise_refiner"]
    elif refiners and _LOOKS not in shapes:
        way = None
    else:
        way = _WAYS[0] if refiners and not _is_untrained(file) else _WAYS[1]
    hints = min(transformer["n_refiner_layers"], refiners if way == _WAYS[0] else layers)
    taken = ("all_patch_size", "all_f_patch_size", "dim", "n_heads", "n_kv_heads", "norm_eps", "qk_norm")
    return {
        **{name: transformer[name] for name in taken},
        "control_layers_places": places,
        "control_refiner_layers_places": list(range(hints)),
        "add_control_noise_refiner": way,
        "n_refiner_layers": refiners,
        "control_in_dim": channels,
    }


def _told_places(told: Mapping[str, Any]) -> list[int]:
    """Returns the blocks that a configuration names in rising order; [] where it names none."""
    places = told.get("control_layers_places")
    if not isinstance(places, list) or not all(type(place) is int for place in cast("list[Any]", places)):
        return []
    found = cast("list[int]", places)
    return found if found == sorted(set(found)) else []


def without_unused(config: Mapping[str, Any], header: SafetensorsHeader) -> SafetensorsHeader:
    """Returns a file's header without the layers of a ControlNet for Z-Image that its configuration leaves out."""
    if config.get("add_control_noise_refiner") != _WAYS[1]:
        return header
    kept = {name: entry for name, entry in header.tensors.items() if _REFINER not in name}
    return replace(header, tensors=kept)


def _is_untrained(file: ControlFile) -> bool:
    """Reads one weight, as diffusers and ComfyUI tell version 2.0."""
    name = f"{file.start}{_LOOKS}"
    header = next(header for header in map(read_header, file.files) if name in header.tensors)
    return not read_tensor(header, name).float().any()


def _shape(shapes: Shapes, names: tuple[str, ...]) -> tuple[int, int]:
    """Returns that of the first name that is there, (0, 0) for no matrix."""
    found = next((shapes[name] for name in names if name in shapes), ())
    return (found[0], found[1]) if len(found) == 2 else (0, 0)


def _count(shapes: Shapes, *names: str) -> int:
    numbers = re.compile(rf"(?:{'|'.join(names)})\.(\d+)\.")
    return len({match[1] for name in shapes if (match := numbers.match(name))})
