"""Builds ControlNets and T2I-Adapters from their files: those of diffusers, and those with their makers' names.

A lone file has no configuration. Its shapes tell what it has of its own; all else is as in the U-Net that it was
made for, of which a ControlNet is a copy of the first half (Zhang et al. 2023; ``ControlNetModel.from_unet``).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

import torch
from diffusers.models.adapter import T2IAdapter
from diffusers.models.controlnets.controlnet import ControlNetModel
from diffusers.models.controlnets.controlnet_flux import FluxControlNetModel
from diffusers.models.controlnets.controlnet_qwenimage import QwenImageControlNetModel
from diffusers.models.controlnets.controlnet_union import ControlNetUnionModel
from diffusers.models.controlnets.controlnet_z_image import ZImageControlNetModel

from core.control.file import (
    ADAPTER,
    CONTROL_LORA,
    DIFFERENCE,
    FLUX_1,
    HINT_LAYERS,
    INSIDE,
    IP_ADAPTER,
    LLLITE,
    OF_FAMILIES,
    QWEN,
    UNION,
    UNREAD,
    Z_IMAGE,
    ControlFile,
    other_layers,
)
from core.control.library import ControlLibrary
from core.engine.devices.device import DevicePlan
from core.engine.weights.control_changes import of_difference, of_low_rank
from core.engine.weights.fit import empty
from core.engine.weights.guard import loading
from core.engine.weights.ip_adapter_files import read_ip_adapter
from core.engine.weights.lllite_files import read_lllite
from core.engine.weights.names import adapter_name
from core.engine.weights.pickles import keep, read_pickle
from core.engine.weights.single_file import WeightFile
from core.engine.weights.transformer_controls import (
    Shapes,
    flux_config,
    qwen_config,
    without_unused,
    z_image_config,
)
from core.errors import ControlBroken, ModelBroken
from core.files.json_file import read_json
from core.files.weights_header import read_header
from core.language.words import tr
from core.request.control import Control

LARGEST_GB = 8
"""Of a pickle; the first ControlNets hold a whole model of 5.7 GB."""

_SQUARES = {64: 8, 192: 8, 256: 16, 768: 16}
"""Pixels along a side that an adapter's first layer takes at once, by its channels; in grey or in colour."""

_JOINING = re.compile(r"transformer_layes\.(\d+)\.")
_POOLS = re.compile(r"shuffle", re.IGNORECASE)
"""In a lone file only its name tells that its outputs are averaged over the picture, as ComfyUI decides, too."""


def read_network(file: ControlFile, unet: Any, plan: DevicePlan) -> Any:
    """Returns the network where the plan loads weights; ``unet`` is the model's own network, also a transformer.

    Raises ControlBroken, also for one that does not fit.
    """
    try:
        if file.kind == IP_ADAPTER:
            return read_ip_adapter(file, unet, plan).to(plan.loads_on)
        with loading(file.path, tr("its network")):
            is_small = file.kind == LLLITE
            module = read_lllite(file, unet, plan.dtype) if is_small else _network(file, unet, plan.dtype)
    except ControlBroken:
        raise
    except ModelBroken as error:
        raise ControlBroken(file.path, error.reason, is_damaged=error.is_damaged) from error
    return module.to(plan.loads_on)


def found_control(library: ControlLibrary, wanted: Control) -> ControlFile:
    """Returns the network of a control; a pickle is read once, without running anything, and kept as safetensors.

    Raises ControlMissing, or ModelBroken for one that cannot be read or kept.
    """
    file = library.find(wanted)
    if file.kind != UNREAD:
        return file
    copy = library.copy_for(file)
    weights = read_pickle(file.weights, LARGEST_GB, ControlBroken)
    inside = {name: one for name, one in weights.items() if name.startswith(INSIDE)}
    if inside:  # the first ones hold a whole model beside it
        weights = inside | {
            name: one for name, one in weights.items() if name in ("difference", "lora_controlnet")
        }
    if reason := keep(weights, copy):
        raise ControlBroken(file.path, tr("its weights cannot be kept as safetensors: {reason}", reason=reason))
    try:
        return library.find(wanted)
    except ControlBroken:
        copy.unlink(missing_ok=True)
        raise


def _network(file: ControlFile, unet: Any, dtype: torch.dtype) -> Any:
    headers = tuple(map(read_header, file.files))
    shapes = {
        name.removeprefix(file.start): tuple(entry.shape)
        for header in headers
        for name, entry in header.tensors.items()
        if name.startswith(file.start)
    }
    kind, config = _ways(file.kind)(file, shapes, unet.config)
    if file.kind not in OF_FAMILIES:  # for these, shapes and the model tell all
        config = _config_beside(file) or config
    if file.kind == UNION:
        config |= _union_config(file, shapes, unet.config)
    if file.kind == CONTROL_LORA:
        return of_low_rank(headers[0], file.start, unet, empty(kind, config), dtype)
    read_as = torch.float32 if file.kind == DIFFERENCE else dtype
    headers = [without_unused(config, header) for header in headers]
    network, _ = WeightFile.of(*headers).build(kind, config, read_as, tr("its network"), file.start)
    return of_difference(network, unet, dtype) if file.kind == DIFFERENCE else network


def _ways(kind: str) -> Callable[[ControlFile, Shapes, Mapping[str, Any]], tuple[Any, dict[str, Any]]]:
    """Returns the way to a network's class, and to the configuration of a lone file, by its kind."""
    return {ADAPTER: _adapter, FLUX_1: _flux, QWEN: _qwen, Z_IMAGE: _z_image}.get(kind, _controlnet)


def _adapter(file: ControlFile, shapes: Shapes, unet: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    shapes = {adapter_name(name, shapes): shape for name, shape in shapes.items()}
    _check_levels(file, _levels_of_adapter(shapes), tuple(unet["block_out_channels"]))
    return T2IAdapter, _adapter_config(shapes)


def _controlnet(file: ControlFile, shapes: Shapes, unet: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    _check_levels(file, _residuals(shapes), _skips(unet))
    kind = ControlNetUnionModel if file.kind == UNION else ControlNetModel
    return kind, _controlnet_config(kind, file, shapes, unet)


def _flux(file: ControlFile, shapes: Shapes, transformer: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    return FluxControlNetModel, flux_config(file, shapes, transformer)


def _qwen(file: ControlFile, shapes: Shapes, transformer: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    return QwenImageControlNetModel, qwen_config(file, shapes, transformer)


def _z_image(file: ControlFile, shapes: Shapes, transformer: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    return ZImageControlNetModel, z_image_config(file, shapes, transformer, _config_beside(file))


def _config_beside(file: ControlFile) -> dict[str, Any]:
    if not file.path.is_dir():
        return {}
    content = read_json(file.path / "config.json")
    return {name: value for name, value in content.items() if not name.startswith("_")}


def _controlnet_config(kind: Any, file: ControlFile, shapes: Shapes, unet: Mapping[str, Any]) -> dict[str, Any]:
    taken = inspect.signature(kind.__init__).parameters
    first = shapes.get("conv_in.weight") or shapes.get("input_blocks.0.0.weight") or (0, 4)
    config = {name: unet[name] for name in taken if name in unet}
    config |= {
        "in_channels": first[1],
        "conditioning_embedding_out_channels": _hint_channels(shapes),
        "conditioning_channels": _hint_shape(shapes)[1],
        "global_pool_conditions": bool(_POOLS.search(file.name)),
    }
    if "conv_in.weight" in shapes:  # such files exist with fewer layers of attention than the U-Net
        depths = [_depth(shapes, f"down_blocks.{n}") for n in range(len(unet["block_out_channels"]))]
        config["down_block_types"] = tuple("CrossAttnDownBlock2D" if depth else "DownBlock2D" for depth in depths)
        config["transformer_layers_per_block"] = tuple(max(1, depth) for depth in depths)
        if not _depth(shapes, "mid_block"):
            config["mid_block_type"] = "UNetMidBlock2D"
    return {name: value for name, value in config.items() if name in taken}


def _union_config(file: ControlFile, shapes: Shapes, unet: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the sizes of what joins the maps of a union. Raises ControlBroken where they fit no such U-Net."""
    types, width = shapes["task_embedding"]
    first = unet["block_out_channels"][0]
    if not (width,) == shapes.get("spatial_ch_projs.weight", ())[:1] == (first,):
        raise other_layers(file)
    layers = {match[1] for name in shapes if (match := _JOINING.match(name))}
    return {
        "num_control_type": types,
        "num_trans_channel": width,
        "num_trans_layer": len(layers),
        "num_proj_channel": width,
    }


def _depth(shapes: Shapes, block: str) -> int:
    """Returns the transformer's layers in each attention of a block."""
    pattern = re.compile(rf"{re.escape(block)}\.attentions\.0\.transformer_blocks\.(\d+)\.")
    return len({match[1] for name in shapes if (match := pattern.match(name))})


def _hint_shape(shapes: Shapes) -> tuple[int, ...]:
    found = shapes.get("controlnet_cond_embedding.conv_in.weight") or shapes.get("input_hint_block.0.weight")
    return found if found is not None and len(found) == 4 else (16, 3, 3, 3)


def _hint_channels(shapes: Shapes) -> tuple[int, ...]:
    """Returns the channels of the layers by which the picture becomes as small as a latent."""
    return (_hint_shape(shapes)[0], *(shapes[name][0] for name in HINT_LAYERS if name in shapes))


def _adapter_config(shapes: Shapes) -> dict[str, Any]:
    is_light = "adapter.conv_in.weight" not in shapes
    first = shapes["adapter.body.0.in_conv.weight" if is_light else "adapter.conv_in.weight"][1]
    side = _SQUARES.get(first, 8)
    full = "full_adapter_xl" if side == 16 else "full_adapter"
    levels = _levels_of_adapter(shapes)
    resnets = {match[1] for name in shapes if (match := re.match(r"adapter\.body\.0\.resnets\.(\d+)\.", name))}
    return {
        "in_channels": max(1, first // side**2),
        "channels": list(levels[:-1] if is_light else levels),  # light ones repeat the last
        "num_res_blocks": len(resnets),
        "downscale_factor": side,
        "adapter_type": "light_adapter" if is_light else full,
    }


def _levels_of_adapter(shapes: Shapes) -> tuple[int, ...]:
    lasts = ("out_conv", "resnets.0.block2")
    named = ([f"adapter.body.{number}.{last}.weight" for last in lasts] for number in range(8))
    return tuple(
        shapes[name][0] for names in named for name in [next(filter(shapes.__contains__, names), "")] if name
    )


def _residuals(shapes: Shapes) -> tuple[int, ...]:
    names = ([f"controlnet_down_blocks.{n}.weight", f"zero_convs.{n}.0.weight"] for n in range(len(shapes)))
    return tuple(shapes[name][0] for both in names for name in both if name in shapes)


def _skips(unet: Mapping[str, Any]) -> tuple[int, ...]:
    """Returns the channels of what a U-Net's first half hands to its second."""
    channels, layers = unet["block_out_channels"], unet["layers_per_block"]
    each = [layers] * len(channels) if isinstance(layers, int) else layers
    levels = [(*(width,) * count, width) for width, count in zip(channels, each, strict=True)]
    return (channels[0], *(width for level in levels for width in level))[: sum(each) + len(channels)]


def _check_levels(file: ControlFile, found: tuple[int, ...], expected: tuple[int, ...]) -> None:
    """Raises ControlBroken. Adapters may have a level more than the model, for what is between its halves."""
    if file.kind == ADAPTER:
        found, expected = found[: len(expected)], expected[: len(found)]
    if not found or found != expected:
        raise other_layers(file)
