"""Single files as the makers of the models wrote them, from diffusers folders: the way back of its conversion."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.transformers.transformer_z_image import ZImageTransformer2DModel
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPTextModel, CLIPTextModelWithProjection

Weights = dict[str, torch.Tensor]
Renames = Sequence[tuple[str, str]]


def stable_diffusion_1(folder: Path, file: Path) -> Path:
    """CompVis' names, as in all files for Stable Diffusion 1.x."""
    clip = CLIPTextModel.from_pretrained(folder / "text_encoder")
    return _save(_networks(folder) | _clip(clip, "cond_stage_model.transformer."), file)


def stable_diffusion_2(folder: Path, file: Path) -> Path:
    """Writes Stable Diffusion 2 as a single file, with the text encoder of OpenCLIP."""
    clip = CLIPTextModel.from_pretrained(folder / "text_encoder")
    return _save(_networks(folder) | _open_clip(clip, "cond_stage_model.model."), file)


def stable_diffusion_xl(folder: Path, file: Path, **more: torch.Tensor) -> Path:
    """Stability AI's names."""
    first = CLIPTextModel.from_pretrained(folder / "text_encoder")
    second = CLIPTextModelWithProjection.from_pretrained(folder / "text_encoder_2")
    weights = _networks(folder) | _clip(first, "conditioner.embedders.0.transformer.")
    return _save(weights | _open_clip(second, "conditioner.embedders.1.model.") | more, file)


def autoencoder(vae: AutoencoderKL, file: Path, prefix: str = "") -> Path:
    """An autoencoder alone, as vae-ft-mse-840000 has it."""
    weights = {name.removeprefix("first_stage_model."): value for name, value in autoencoder_weights(vae).items()}
    return _save({f"{prefix}{name}": value for name, value in weights.items()}, file)


def z_image(folder: Path, file: Path, prefix: str = "model.diffusion_model.") -> Path:
    """The transformer alone, as ComfyUI has it."""
    weights = _state(ZImageTransformer2DModel.from_pretrained(folder / "transformer"))
    named: Weights = {}
    for name, value in weights.items():
        if name.endswith(".attention.to_q.weight"):
            start = name.removesuffix("to_q.weight")
            parts = [weights[f"{start}to_{part}.weight"] for part in "qkv"]
            named[f"{prefix}{start}qkv.weight"] = torch.cat(parts)
        elif not re.search(r"\.to_[kv]\.weight$", name):
            named[prefix + _renamed(name, Z_IMAGE)] = value
    return _save(named, file)


Z_IMAGE = (
    (r"^all_final_layer\.2-1\.", "final_layer."),
    (r"^all_x_embedder\.2-1\.", "x_embedder."),
    (r"\.attention\.to_out\.0\.", ".attention.out."),
    (r"\.attention\.norm_([qk])\.", r".attention.\1_norm."),
)
RESNET = (
    (r"\bnorm1\.", "in_layers.0."),
    (r"\bconv1\.", "in_layers.2."),
    (r"\btime_emb_proj\.", "emb_layers.1."),
    (r"\bnorm2\.", "out_layers.0."),
    (r"\bconv2\.", "out_layers.3."),
    (r"\bconv_shortcut\.", "skip_connection."),
)
UNET = (
    (r"^conv_in\.", "input_blocks.0.0."),
    (r"^time_embedding\.linear_1\.", "time_embed.0."),
    (r"^time_embedding\.linear_2\.", "time_embed.2."),
    (r"^add_embedding\.linear_1\.", "label_emb.0.0."),
    (r"^add_embedding\.linear_2\.", "label_emb.0.2."),
    (r"^conv_norm_out\.", "out.0."),
    (r"^conv_out\.", "out.2."),
    (r"^mid_block\.attentions\.0\.", "middle_block.1."),
)
AUTOENCODER = (
    (r"\.conv_norm_out\.", ".norm_out."),
    (r"\.mid_block\.attentions\.0\.", ".mid.attn_1."),
    (r"\.group_norm\.", ".norm."),
    (r"\.to_([qkv])\.", r".\1."),
    (r"\.to_out\.0\.", ".proj_out."),
    (r"\.conv_shortcut\.", ".nin_shortcut."),
)


def _networks(folder: Path) -> Weights:
    unet = UNet2DConditionModel.from_pretrained(folder / "unet")
    vae = AutoencoderKL.from_pretrained(folder / "vae")
    return unet_weights(unet) | autoencoder_weights(vae)


def unet_weights(unet: Any) -> Weights:
    """Returns the weights of a U-Net in the names of the makers of Stable Diffusion."""
    layers = unet.config.layers_per_block
    named: Weights = {}
    for name, value in _state(unet).items():
        new = _renamed(name, UNET)
        if match := re.match(r"(down|up)_blocks\.(\d+)\.(resnets|attentions)\.(\d+)\.(.*)", name):
            way, level, kind, layer, rest = match[1], int(match[2]), match[3], int(match[4]), match[5]
            block = level * (layers + 1) + layer + (way == "down")
            rest = f"0.{_renamed(rest, RESNET)}" if kind == "resnets" else f"1.{rest}"
            new = f"{'input' if way == 'down' else 'output'}_blocks.{block}.{rest}"
        elif match := re.match(r"down_blocks\.(\d+)\.downsamplers\.0\.conv\.(.*)", name):
            new = f"input_blocks.{(int(match[1]) + 1) * (layers + 1)}.0.op.{match[2]}"
        elif match := re.match(r"up_blocks\.(\d+)\.upsamplers\.0\.conv\.(.*)", name):
            place = 2 if "Attn" in unet.config.up_block_types[int(match[1])] else 1
            new = f"output_blocks.{int(match[1]) * (layers + 1) + layers}.{place}.conv.{match[2]}"
        elif match := re.match(r"mid_block\.resnets\.(\d)\.(.*)", name):
            new = f"middle_block.{2 * int(match[1])}.{_renamed(match[2], RESNET)}"
        named[f"model.diffusion_model.{new}"] = value
    return named


def autoencoder_weights(vae: Any) -> Weights:
    levels = len(vae.config.block_out_channels)
    named: Weights = {}
    for name, value in _state(vae).items():
        new = _renamed(name, AUTOENCODER)
        if match := re.search(r"(down|up)_blocks\.(\d+)\.(resnets|downsamplers|upsamplers)\.(\d+)\.(.*)", new):
            way, level = match[1], int(match[2])
            level = level if way == "down" else levels - 1 - level
            part = f"block.{match[4]}" if match[3] == "resnets" else f"{way}sample"
            new = f"{new[: match.start()]}{way}.{level}.{part}.{match[5]}"
        new = re.sub(r"mid_block\.resnets\.(\d)", lambda found: f"mid.block_{int(found[1]) + 1}", new)
        is_attention = ".mid.attn_1." in new and new.endswith(".weight") and value.ndim == 2
        named[f"first_stage_model.{new}"] = value[:, :, None, None] if is_attention else value
    return named


def _clip(encoder: Any, prefix: str) -> Weights:
    state = {name.removeprefix("text_model."): value for name, value in _state(encoder).items()}
    return {f"{prefix}text_model.{name}": value for name, value in state.items()}


OPEN_CLIP = (
    (r"^embeddings\.token_embedding\.", "token_embedding."),
    (r"^embeddings\.position_embedding\.weight", "positional_embedding"),
    (r"^final_layer_norm\.", "ln_final."),
    (r"^encoder\.layers\.", "transformer.resblocks."),
    (r"\.layer_norm([12])\.", r".ln_\1."),
    (r"\.mlp\.fc1\.", ".mlp.c_fc."),
    (r"\.mlp\.fc2\.", ".mlp.c_proj."),
    (r"\.self_attn\.out_proj\.", ".attn.out_proj."),
)


def _open_clip(encoder: Any, prefix: str) -> Weights:
    state = {name.removeprefix("text_model."): value for name, value in _state(encoder).items()}
    named: Weights = {}
    for name, value in state.items():
        if match := re.match(r"encoder\.layers\.(\d+)\.self_attn\.q_proj\.(weight|bias)", name):
            parts = [state[name.replace("q_proj", f"{part}_proj")] for part in "qkv"]
            named[f"{prefix}transformer.resblocks.{match[1]}.attn.in_proj_{match[2]}"] = torch.cat(parts)
        elif name == "text_projection.weight":
            named[f"{prefix}text_projection"] = value.T
        elif not re.search(r"\.[kv]_proj\.", name):
            named[prefix + _renamed(name, OPEN_CLIP)] = value
    return named


def _renamed(name: str, renames: Renames) -> str:
    for pattern, new in renames:
        name = re.sub(pattern, new, name)
    return name


def _state(network: Any) -> Weights:
    return dict(network.state_dict())


def _save(weights: Weights, file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: value.contiguous().clone() for name, value in weights.items()}, file)
    return file
