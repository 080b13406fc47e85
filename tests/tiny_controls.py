"""Tiny ControlNets and T2I-Adapters with random weights, as diffusers and as their makers save them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers.models.adapter import T2IAdapter
from diffusers.models.controlnets.controlnet import ControlNetModel
from diffusers.models.controlnets.controlnet_union import ControlNetUnionModel
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from PIL import Image
from safetensors.torch import load_file, save_file

from core.families.unet_files import original_unet_names
from core.request.request import Size

HINT = (4, 8, 8)
"""Channels by which a control picture becomes as small as the latents of a tiny autoencoder: a quarter."""


def controlnet(model: Path, seed: int = 3, **changes: Any) -> ControlNetModel:
    """Returns one for a tiny model, none of whose weights is zero."""
    torch.manual_seed(seed)
    unet = UNet2DConditionModel.from_pretrained(model / "unet")
    made = ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=HINT)
    if changes:
        made = ControlNetModel.from_config({**made.config, **changes})
    return _random(made)


def union(model: Path, seed: int = 3, types: int = 6) -> ControlNetUnionModel:
    """Returns one for several kinds of maps; ProMax knows 8 of them."""
    torch.manual_seed(seed)
    unet = UNet2DConditionModel.from_pretrained(model / "unet")
    width = unet.config["block_out_channels"][0]
    config = {name: value for name, value in controlnet(model, seed).config.items() if name != "mid_block_type"}
    sizes = {"num_control_type": types, "num_trans_channel": width, "num_proj_channel": width}
    return _random(ControlNetUnionModel.from_config({**config, **sizes}))


def adapter(
    model: Path, seed: int = 4, channels: int = 3, kind: str = "full_adapter", side: int = 4
) -> T2IAdapter:
    """Returns one for a tiny model; that of Stable Diffusion XL begins a level lower, and has one more."""
    torch.manual_seed(seed)
    widths = list(UNet2DConditionModel.from_pretrained(model / "unet").config["block_out_channels"])
    is_xl = kind == "full_adapter_xl"
    widths = widths + widths[-1:] * 2 if is_xl else widths[:-1] if kind == "light_adapter" else widths
    made = T2IAdapter(channels, widths, 2, downscale_factor=2 * side if is_xl else side, adapter_type=kind)
    return _random(made)


def _random(made: Any) -> Any:
    for weight in made.parameters():
        weight.data = torch.randn(weight.shape) * 0.2
    return made.eval()


def save(network: Any, folder: Path, name: str) -> Path:
    """Saves a folder of diffusers."""
    network.save_pretrained(folder / name)
    return folder / name


def save_lone(network: Any, folder: Path, name: str, *, original: bool = False, prefix: str = "") -> Path:
    """Saves a file without a configuration, also with the names of the program that made the first ones."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: one.contiguous() for name, one in network.state_dict().items()}
    if original:
        is_net = isinstance(network, ControlNetModel)
        weights = {
            controlnet_name(name, network) if is_net else adapter_name(name): value
            for name, value in weights.items()
        }
    path = folder / f"{name}.safetensors"
    save_file({f"{prefix}{name}": value for name, value in weights.items()}, path)
    return path


def save_control_lora(network: Any, unet: Any, folder: Path, name: str, rank: int = 2) -> dict[str, torch.Tensor]:
    """Saves a Control-LoRA as ComfyUI's node ``ControlLoraSave`` does, with random changes in float16.

    Returns the weights that the network has with it, by the names of diffusers.
    """
    torch.manual_seed(9)
    own, result = unet.state_dict(), dict[str, torch.Tensor]()
    kept = {"lora_controlnet": torch.zeros(0)}
    for key, value in network.state_dict().items():
        layer, _, role = controlnet_name(key, network).rpartition(".")
        result[key] = value.half().float()
        if key not in own or value.ndim < 2:
            kept[f"{layer}.{role}"] = value.half()
            continue
        ones = (1, 1)[: value.ndim - 2]
        up, down = torch.randn(len(value), rank, *ones) * 0.1, torch.randn(rank, *value.shape[1:]) * 0.1
        kept |= {f"{layer}.up": up.half(), f"{layer}.down": down.half()}
        change = up.half().float().flatten(1) @ down.half().float().flatten(1)
        result[key] = own[key] + change.reshape(value.shape)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(kept, folder / f"{name}.safetensors")
    return result


def makers_names(unet: Any) -> dict[str, str]:
    """Returns for each layer of a U-Net its name in the programs of CompVis and Stability AI."""
    return {path: name for name, (path,) in original_unet_names(one for one, _ in unet.named_modules()).items()}


def lllite(unet: Any, seed: int = 6, inner: int = 3, seen: int = 4) -> dict[str, torch.Tensor]:
    """Returns the tensors of a ControlNet-LLLite as kohya-ss names them, for the attention of the first block."""
    torch.manual_seed(seed)
    made: dict[str, torch.Tensor] = {}
    names = makers_names(unet)
    for path, layer in unet.named_modules():
        if not re.search(r"attn1\.to_[qkv]$|attn2\.to_q$", path):
            continue
        start, wide = f"lllite_unet_{names[path].replace('.', '_')}", layer.in_features
        shapes = {"conditioning1.0": (seen // 2, 3, 4, 4), "conditioning1.2": (seen, seen // 2, 2, 2)}
        shapes |= {"down.0": (inner, wide), "mid.0": (inner, inner + seen), "up.0": (wide, inner)}
        for name, shape in shapes.items():
            made |= {f"{start}.{name}.weight": torch.randn(shape), f"{start}.{name}.bias": torch.randn(shape[0])}
    return made


def save_difference(network: Any, unet: Any, folder: Path, name: str) -> dict[str, torch.Tensor]:
    """Saves the difference of a ControlNet to a U-Net, in float16, as kohya-ss/ControlNet-diff-modules has it.

    Returns the weights that the network has with it, by the names of diffusers.
    """
    own = unet.state_dict()
    parts = {
        key: (value - own[key] if key in own else value).half() for key, value in network.state_dict().items()
    }
    inside = {f"control_model.{controlnet_name(key, network)}": value for key, value in parts.items()}
    folder.mkdir(parents=True, exist_ok=True)
    save_file({**inside, "difference": torch.zeros(0)}, folder / f"{name}.safetensors")
    return {key: value.float() + own[key] if key in own else value.float() for key, value in parts.items()}


def controlnet_name(name: str, network: ControlNetModel) -> str:
    """Returns the name in ``cldm/cldm.py`` of lllyasviel/ControlNet, where all blocks are numbered in one row."""
    each = network.config["layers_per_block"] + 1
    tables = (
        (r"time_embedding\.linear_1\.", "time_embed.0."),
        (r"time_embedding\.linear_2\.", "time_embed.2."),
        (r"add_embedding\.linear_1\.", "label_emb.0.0."),
        (r"add_embedding\.linear_2\.", "label_emb.0.2."),
        (r"^conv_in\.", "input_blocks.0.0."),
        (r"controlnet_cond_embedding\.conv_in\.", "input_hint_block.0."),
        (r"controlnet_cond_embedding\.conv_out\.", "input_hint_block.14."),
        (r"controlnet_mid_block\.", "middle_block_out.0."),
        (r"controlnet_down_blocks\.(\d+)\.", r"zero_convs.\1.0."),
        (r"mid_block\.resnets\.0\.", "middle_block.0."),
        (r"mid_block\.resnets\.1\.", "middle_block.2."),
        (r"mid_block\.attentions\.0\.", "middle_block.1."),
    )
    if match := re.match(r"controlnet_cond_embedding\.blocks\.(\d+)\.(.*)", name):
        return f"input_hint_block.{2 + 2 * int(match[1])}.{match[2]}"
    if match := re.match(r"down_blocks\.(\d+)\.(resnets|attentions|downsamplers)\.(\d+)\.(.*)", name):
        block, kind, layer, rest = int(match[1]), match[2], int(match[3]), match[4]
        place = 1 + block * each + (each - 1 if kind == "downsamplers" else layer)
        inner = {"resnets": "0.", "attentions": "1.", "downsamplers": "0.op."}[kind]
        name = f"input_blocks.{place}.{inner}{rest.removeprefix('conv.') if kind == 'downsamplers' else rest}"
    for pattern, new in tables:
        name = re.sub(pattern, new, name)
    if ".transformer_blocks." in name or not re.match(r"(input_blocks\.\d+\.0|middle_block\.[02])\.", name):
        return name
    for new, old in (
        ("norm1.", "in_layers.0."),
        ("conv1.", "in_layers.2."),
        ("norm2.", "out_layers.0."),
        ("conv2.", "out_layers.3."),
        ("time_emb_proj.", "emb_layers.1."),
        ("conv_shortcut.", "skip_connection."),
    ):
        name = name.replace(new, old)
    return name


def adapter_name(name: str) -> str:
    """Returns the name in ``models/adapters.py`` of TencentARC/T2I-Adapter for a full adapter."""
    name = name.removeprefix("adapter.")
    if match := re.match(r"body\.(\d+)\.resnets\.(\d+)\.(.*)", name):
        return f"body.{2 * int(match[1]) + int(match[2])}.{match[3]}"
    if match := re.match(r"body\.(\d+)\.in_conv\.(.*)", name):
        return f"body.{2 * int(match[1])}.in_conv.{match[2]}"
    return name


def picture(folder: Path, size: Size, seed: int = 8, name: str = "drawing.png") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (size.height, size.width, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(folder / name)
    return folder / name


def weights(path: Path) -> dict[str, torch.Tensor]:
    return load_file(path)
