"""Single files of transformers as their makers wrote them, from diffusers folders: the way back, name by name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from safetensors.torch import load_file, save_file

from tests import original_names

Weights = dict[str, torch.Tensor]
Renames = tuple[tuple[str, str], ...]

FLUX_2: Renames = (
    (r"^x_embedder\.", "img_in."),
    (r"^context_embedder\.", "txt_in."),
    (r"^time_guidance_embed\.(timestep|guidance)_embedder\.linear_1\.", r"\1_in.in_layer."),
    (r"^time_guidance_embed\.(timestep|guidance)_embedder\.linear_2\.", r"\1_in.out_layer."),
    (r"^timestep_in", "time_in"),
    (r"_modulation(_img|_txt)?\.linear\.", r"_modulation\1.lin."),
    (r"^proj_out\.", "final_layer.linear."),
    (r"^transformer_blocks\.(\d+)\.attn\.to_out\.0\.", r"double_blocks.\1.img_attn.proj."),
    (r"^transformer_blocks\.(\d+)\.attn\.to_add_out\.", r"double_blocks.\1.txt_attn.proj."),
    (r"^transformer_blocks\.(\d+)\.attn\.norm_q\.weight", r"double_blocks.\1.img_attn.norm.query_norm.scale"),
    (r"^transformer_blocks\.(\d+)\.attn\.norm_k\.weight", r"double_blocks.\1.img_attn.norm.key_norm.scale"),
    (
        r"^transformer_blocks\.(\d+)\.attn\.norm_added_q\.weight",
        r"double_blocks.\1.txt_attn.norm.query_norm.scale",
    ),
    (r"^transformer_blocks\.(\d+)\.attn\.norm_added_k\.weight", r"double_blocks.\1.txt_attn.norm.key_norm.scale"),
    (r"^transformer_blocks\.(\d+)\.ff\.linear_in\.", r"double_blocks.\1.img_mlp.0."),
    (r"^transformer_blocks\.(\d+)\.ff\.linear_out\.", r"double_blocks.\1.img_mlp.2."),
    (r"^transformer_blocks\.(\d+)\.ff_context\.linear_in\.", r"double_blocks.\1.txt_mlp.0."),
    (r"^transformer_blocks\.(\d+)\.ff_context\.linear_out\.", r"double_blocks.\1.txt_mlp.2."),
    (r"^single_transformer_blocks\.(\d+)\.attn\.to_qkv_mlp_proj\.", r"single_blocks.\1.linear1."),
    (r"^single_transformer_blocks\.(\d+)\.attn\.to_out\.", r"single_blocks.\1.linear2."),
    (r"^single_transformer_blocks\.(\d+)\.attn\.norm_q\.weight", r"single_blocks.\1.norm.query_norm.scale"),
    (r"^single_transformer_blocks\.(\d+)\.attn\.norm_k\.weight", r"single_blocks.\1.norm.key_norm.scale"),
)


STREAMS: Renames = FLUX_2[7:13]
FLUX_1: Renames = (
    *FLUX_2[:2],
    (r"^time_text_embed\.timestep_embedder\.", "time_in."),
    (r"^time_text_embed\.guidance_embedder\.", "guidance_in."),
    (r"^time_text_embed\.text_embedder\.", "vector_in."),
    (r"_in\.linear_1\.", "_in.in_layer."),
    (r"_in\.linear_2\.", "_in.out_layer."),
    (r"^proj_out\.", "final_layer.linear."),
    *STREAMS,
    (r"^transformer_blocks\.(\d+)\.norm1\.linear\.", r"double_blocks.\1.img_mod.lin."),
    (r"^transformer_blocks\.(\d+)\.norm1_context\.linear\.", r"double_blocks.\1.txt_mod.lin."),
    (r"^transformer_blocks\.(\d+)\.ff\.net\.0\.proj\.", r"double_blocks.\1.img_mlp.0."),
    (r"^transformer_blocks\.(\d+)\.ff\.net\.2\.", r"double_blocks.\1.img_mlp.2."),
    (r"^transformer_blocks\.(\d+)\.ff_context\.net\.0\.proj\.", r"double_blocks.\1.txt_mlp.0."),
    (r"^transformer_blocks\.(\d+)\.ff_context\.net\.2\.", r"double_blocks.\1.txt_mlp.2."),
    (r"^single_transformer_blocks\.(\d+)\.norm\.linear\.", r"single_blocks.\1.modulation.lin."),
    (r"^single_transformer_blocks\.(\d+)\.proj_out\.", r"single_blocks.\1.linear2."),
    *FLUX_2[-2:],
)


def flux1(folder: Path, file: Path, prefix: str = "model.diffusion_model.", renames: Renames = FLUX_1) -> Path:
    """Black Forest Labs' names behind ComfyUI's prefix; one layer makes all that a single block reads."""
    weights = load_file(folder / "transformer" / "diffusion_pytorch_model.safetensors")
    return save({f"{prefix}{name}": value for name, value in flux1_named(weights, renames).items()}, file)


def flux1_named(weights: Weights, renames: Renames = FLUX_1) -> Weights:
    """Returns weights with the makers' names."""
    read = ("attn.to_q", "attn.to_k", "attn.to_v", "proj_mlp")
    named: Weights = {}
    for name in list(weights):
        if match := re.fullmatch(r"(single_transformer_blocks\.(\d+)\.)attn\.to_q\.(\w+)", name):
            parts = [weights.pop(f"{match[1]}{part}.{match[3]}") for part in read]
            named[f"single_blocks.{match[2]}.linear1.{match[3]}"] = torch.cat(parts)
    return named | in_streams(weights, renames)


CHROMA: Renames = (
    *FLUX_1,
    (r"^(distilled_guidance_layer\.layers\.\d+)\.linear_1\.", r"\1.in_layer."),
    (r"^(distilled_guidance_layer\.layers\.\d+)\.linear_2\.", r"\1.out_layer."),
    (r"^(distilled_guidance_layer\.norms\.\d+)\.weight", r"\1.scale"),
)


def chroma(folder: Path, file: Path, prefix: str = "") -> Path:
    """The names of FLUX.1, and those of the layers that take the place of its modulation."""
    return flux1(folder, file, prefix, CHROMA)


def flux2(folder: Path, file: Path, prefix: str = "") -> Path:
    """Black Forest Labs' own; ComfyUI's have the same names, also behind ``model.diffusion_model.``."""
    weights = load_file(folder / "transformer" / "diffusion_pytorch_model.safetensors")
    return save({f"{prefix}{name}": value for name, value in in_streams(weights, FLUX_2).items()}, file)


def in_streams(weights: Weights, renames: Renames) -> Weights:
    """Joins queries, keys and values, swaps the halves of the last modulation, and renames all others."""
    named: Weights = {}
    for name, value in weights.items():
        if match := re.fullmatch(r"transformer_blocks\.(\d+)\.attn\.(to_q|add_q_proj)\.(weight|bias)", name):
            stream = "img" if match[2] == "to_q" else "txt"
            parts = [weights[name.replace("q", letter)] if letter != "q" else value for letter in "qkv"]
            named[f"double_blocks.{match[1]}.{stream}_attn.qkv.{match[3]}"] = torch.cat(parts)
        elif match := re.fullmatch(r"norm_out\.linear\.(\w+)", name):
            scale, shift = value.chunk(2)
            named[f"final_layer.adaLN_modulation.1.{match[1]}"] = torch.cat([shift, scale])
        elif not re.search(r"\.attn\.(to_[kv]|add_[kv]_proj)\.", name):
            named[renamed(name, renames)] = value
    return named


SD_3: Renames = (
    (r"^pos_embed\.pos_embed$", "pos_embed"),
    (r"^pos_embed\.proj\.", "x_embedder.proj."),
    (r"^time_text_embed\.timestep_embedder\.", "t_embedder."),
    (r"^time_text_embed\.text_embedder\.", "y_embedder."),
    (r"_embedder\.linear_1\.", "_embedder.mlp.0."),
    (r"_embedder\.linear_2\.", "_embedder.mlp.2."),
    (r"^proj_out\.", "final_layer.linear."),
    (r"^norm_out\.linear\.", "final_layer.adaLN_modulation.1."),
    (r"^transformer_blocks\.(\d+)\.", r"joint_blocks.\1."),
    (r"\.norm1\.linear\.", ".x_block.adaLN_modulation.1."),
    (r"\.norm1_context\.linear\.", ".context_block.adaLN_modulation.1."),
    (r"\.ff\.net\.0\.proj\.", ".x_block.mlp.fc1."),
    (r"\.ff\.net\.2\.", ".x_block.mlp.fc2."),
    (r"\.ff_context\.net\.0\.proj\.", ".context_block.mlp.fc1."),
    (r"\.ff_context\.net\.2\.", ".context_block.mlp.fc2."),
    (r"\.attn\.to_add_out\.", ".context_block.attn.proj."),
    (r"\.attn\.norm_added_([qk])\.", r".context_block.attn.ln_\1."),
    (r"\.(attn2?)\.to_out\.0\.", r".x_block.\1.proj."),
    (r"\.(attn2?)\.norm_([qk])\.", r".x_block.\1.ln_\2."),
)


def stable_diffusion_3(
    folder: Path, file: Path, prefix: str = "model.diffusion_model.", with_encoders: bool = False
) -> Path:
    """Stability AI's names, with the autoencoder, and in larger files with the text encoders."""
    weights = load_file(folder / "transformer" / "diffusion_pytorch_model.safetensors")
    last = max(int(name.split(".")[1]) for name in weights if name.startswith("transformer_blocks."))
    swapped = ("norm_out.", f"transformer_blocks.{last}.norm1_context.")
    named: Weights = {}
    for name, value in weights.items():
        if match := re.fullmatch(r"(.*)\.(attn2?)\.(to|add)_q(?:_proj)?\.(\w+)", name):
            end = "" if match[3] == "to" else "_proj"
            parts = [weights[f"{match[1]}.{match[2]}.{match[3]}_{one}{end}.{match[4]}"] for one in "qkv"]
            block = "x_block" if match[3] == "to" else "context_block"
            named[f"{renamed(match[1] + '.', SD_3)}{block}.{match[2]}.qkv.{match[4]}"] = torch.cat(parts)
        elif not re.search(r"\.attn2?\.(to_[kv]|add_[kv]_proj)\.", name):
            named[renamed(name, SD_3)] = torch.cat(value.chunk(2)[::-1]) if name.startswith(swapped) else value
    tensors = {f"{prefix}{name}": value for name, value in named.items()}
    tensors |= original_names.autoencoder_weights(AutoencoderKL.from_pretrained(folder / "vae"))
    for part, name in (("", "clip_l"), ("_2", "clip_g"), ("_3", "t5xxl")) if with_encoders else ():
        place = folder / f"text_encoder{part}" / "model.safetensors"
        encoder = load_file(place) if place.is_file() else {}
        tensors |= {f"text_encoders.{name}.transformer.{key}": value for key, value in encoder.items()}
    return save(tensors, file)


KREA_2: Renames = (
    (r"^img_in\.", "first."),
    (r"^time_embed\.linear_1\.", "tmlp.0."),
    (r"^time_embed\.linear_2\.", "tmlp.2."),
    (r"^time_mod_proj\.", "tproj.1."),
    (r"^txt_in\.norm\.weight", "txtmlp.0.scale"),
    (r"^txt_in\.linear_1\.", "txtmlp.1."),
    (r"^txt_in\.linear_2\.", "txtmlp.3."),
    (r"^text_fusion\.", "txtfusion."),
    (r"^final_layer\.linear\.", "last.linear."),
    (r"^final_layer\.norm\.weight", "last.norm.scale"),
    (r"^final_layer\.scale_shift_table", "last.modulation.lin"),
    (r"^transformer_blocks\.(\d+)\.scale_shift_table", r"blocks.\1.mod.lin"),
    (r"^transformer_blocks\.", "blocks."),
    (r"\.attn\.to_([qkv])\.", r".attn.w\1."),
    (r"\.attn\.to_out\.0\.", ".attn.wo."),
    (r"\.attn\.to_gate\.", ".attn.gate."),
    (r"\.attn\.norm_([qk])\.weight", r".attn.qknorm.\1norm.scale"),
    (r"\.ff\.", ".mlp."),
    (r"\.norm1\.weight", ".prenorm.scale"),
    (r"\.norm2\.weight", ".postnorm.scale"),
)


def krea2(folder: Path, file: Path, prefix: str = "model.diffusion_model.") -> Path:
    """Krea's own names; the six changes of each block lie in one row."""
    weights = load_file(folder / "transformer" / "diffusion_pytorch_model.safetensors")
    named = {renamed(name, KREA_2): value for name, value in weights.items()}
    flat = {name: value.flatten() if name.endswith(".mod.lin") else value for name, value in named.items()}
    return save({f"{prefix}{name}": value for name, value in flat.items()}, file)


def as_it_is(folder: Path, file: Path, prefix: str = "model.diffusion_model.") -> Path:
    """A transformer with the names of diffusers, as ComfyUI has those of Qwen-Image."""
    weights = load_file(folder / "transformer" / "diffusion_pytorch_model.safetensors")
    return save({f"{prefix}{name}": value for name, value in weights.items()}, file)


def renamed(name: str, renames: Renames) -> str:
    for pattern, new in renames:
        name = re.sub(pattern, new, name)
    return name


def save(weights: dict[str, Any], file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: value.contiguous().clone() for name, value in weights.items()}, file)
    return file
