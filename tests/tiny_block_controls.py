"""Tiny ControlNets for transformers with random weights, as diffusers and as their makers save them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import torch
from diffusers.models.controlnets.controlnet_flux import FluxControlNetModel
from diffusers.models.controlnets.controlnet_qwenimage import QwenImageControlNetModel
from diffusers.models.controlnets.controlnet_z_image import ZImageControlNetModel
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from diffusers.models.transformers.transformer_qwenimage import QwenImageTransformer2DModel
from diffusers.models.transformers.transformer_z_image import ZImageTransformer2DModel
from safetensors.torch import save_file

from tests import original_flows, tiny, tiny_flows, tiny_qwen


def flux1(folder: Path, *, is_guided: bool = True) -> Path:
    """Saves a FLUX.1 with several blocks, and an autoencoder that makes a picture as small as real ones do."""
    tiny_flows.flux1(folder, is_guided=is_guided)
    torch.manual_seed(1)
    larger: Any = FluxTransformer2DModel.from_config({**_config(folder), "num_layers": 3, "num_single_layers": 4})
    tiny_flows.settle(larger).save_pretrained(folder / "transformer")
    levels = {"block_out_channels": (4, 4, 8, 8), "down_block_types": ("DownEncoderBlock2D",) * 4}
    vae = tiny.autoencoder(
        latent_channels=2,
        scaling_factor=0.36,
        shift_factor=0.12,
        up_block_types=("UpDecoderBlock2D",) * 4,
        **levels,
    )
    vae.save_pretrained(folder / "vae")
    return folder


def flux_controlnet(model: Path, seed: int = 3, **changes: Any) -> FluxControlNetModel:
    """Returns one for a tiny FLUX.1: of InstantX's kind, with ``num_mode`` a union."""
    torch.manual_seed(seed)
    config = _config(model)
    taken = ("in_channels", "attention_head_dim", "num_attention_heads", "joint_attention_dim")
    more = ("pooled_projection_dim", "axes_dims_rope", "guidance_embeds")
    own: dict[str, Any] = {
        **{name: config[name] for name in taken + more},
        "num_layers": 2,
        "num_single_layers": 2,
    }
    return tiny_flows.settle(FluxControlNetModel(**{**own, **changes}))


def qwen_image(folder: Path, **kind: Any) -> Path:
    """Saves a Qwen-Image with several blocks."""
    tiny_qwen.qwen_image(folder, **kind)
    torch.manual_seed(1)
    larger: Any = QwenImageTransformer2DModel.from_config({**_config(folder), "num_layers": 3})
    tiny_flows.settle(larger).save_pretrained(folder / "transformer")
    return folder


def qwen_controlnet(model: Path, seed: int = 3, layers: int = 2) -> QwenImageControlNetModel:
    torch.manual_seed(seed)
    config = _config(model)
    taken = ("patch_size", "in_channels", "attention_head_dim", "num_attention_heads", "joint_attention_dim")
    own: dict[str, Any] = {name: config[name] for name in (*taken, "axes_dims_rope")}
    return tiny_flows.settle(QwenImageControlNetModel(**own, num_layers=layers))


def z_image(folder: Path) -> Path:
    """Saves a Z-Image with several blocks."""
    tiny.z_image(folder)
    torch.manual_seed(1)
    larger: Any = ZImageTransformer2DModel.from_config({**_config(folder), "n_layers": 4, "n_refiner_layers": 2})
    tiny_flows.settle(larger).save_pretrained(folder / "transformer")
    return folder


def z_image_controlnet(
    model: Path, way: str | None = "control_noise_refiner", places: tuple[int, ...] = (0, 2), seed: int = 3
) -> ZImageControlNetModel:
    """Returns one for a tiny Z-Image: without a ``way`` of the first version, else of 2.0 or 2.1."""
    torch.manual_seed(seed)
    config = _config(model)
    taken = ("all_patch_size", "all_f_patch_size", "dim", "n_refiner_layers", "n_heads", "n_kv_heads")
    own: dict[str, Any] = {name: config[name] for name in (*taken, "norm_eps", "qk_norm")}
    channels = config["in_channels"]
    own["control_in_dim"] = channels if way is None else 2 * channels + 1
    own |= {"control_layers_places": list(places), "control_refiner_layers_places": [0, 1]}
    return tiny_flows.settle(ZImageControlNetModel(add_control_noise_refiner=way, **own))  # pyright: ignore[reportArgumentType]


def save_z_image(network: Any, other: Any, folder: Path, name: str, *, comfy: bool = False) -> Path:
    """Saves a file as VideoX-Fun does; that of 2.0 has refiners as ``other``, whose first layers are zero."""
    weights = {name: one.contiguous().clone() for name, one in network.state_dict().items()}
    if network.config["add_control_noise_refiner"] == "control_layers":
        more = {name: one.clone() for name, one in other.state_dict().items() if "control_noise_refiner" in name}
        weights |= {name: torch.zeros_like(one) if "_proj" in name else one for name, one in more.items()}
    for key in list(weights) if comfy else []:  # ComfyUI's own have one layer for three
        if key.endswith("attention.to_q.weight"):
            three = [weights.pop(key.replace("to_q", part)) for part in ("to_q", "to_k", "to_v")]
            weights[key.replace("to_q", "qkv")] = torch.cat(three)
    names = {"attention.to_out.0": "attention.out", "norm_q": "q_norm", "norm_k": "k_norm"} if comfy else {}
    for old, new in names.items():
        weights = {key.replace(old, new): value for key, value in weights.items()}
    folder.mkdir(parents=True, exist_ok=True)
    save_file(weights, folder / f"{name}.safetensors")
    return folder / f"{name}.safetensors"


def _config(model: Path) -> dict[str, Any]:
    return json.loads((model / "transformer" / "config.json").read_text("utf-8"))


def xlabs_controlnet(model: Path, seed: int = 5) -> FluxControlNetModel:
    """Returns one that makes its picture small by itself, whose two blocks act again and again."""
    hint = {"conditioning_embedding_channels": 2, "patch_size": 2}
    return flux_controlnet(model, seed, num_single_layers=0, **hint)


def save_lone(network: Any, folder: Path, name: str, *, xlabs: bool = False) -> Path:
    """Saves a file without a configuration, also with the names of ``src/flux/controlnet.py`` of x-flux."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: one.contiguous().clone() for name, one in network.state_dict().items()}
    if xlabs:
        own = {name: weights.pop(name) for name in list(weights) if name.startswith(("controlnet_", "input_hint"))}
        weights = original_flows.flux1_named(weights)
        weights |= {xlabs_name(name): value for name, value in own.items()}
    save_file(weights, folder / f"{name}.safetensors")
    return folder / f"{name}.safetensors"


def xlabs_name(name: str) -> str:
    tables = (
        (r"controlnet_x_embedder\.", "pos_embed_input."),
        (r"input_hint_block\.conv_in\.", "input_hint_block.0."),
        (r"input_hint_block\.conv_out\.", "input_hint_block.14."),
    )
    for pattern, new in tables:
        name = re.sub(pattern, new, name)
    return re.sub(
        r"input_hint_block\.blocks\.(\d+)\.", lambda match: f"input_hint_block.{2 + 2 * int(match[1])}.", name
    )
