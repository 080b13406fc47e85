"""Tiny IP-Adapters with random weights, under their makers' names, and the CLIP that reads pictures for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

WIDTH, PROJECTED, QUERIES = 64, 24, 3


def encoder() -> CLIPVisionModelWithProjection:
    torch.manual_seed(21)
    config = CLIPVisionConfig(
        hidden_size=WIDTH,
        intermediate_size=48,
        num_hidden_layers=3,
        num_attention_heads=16,
        patch_size=56,
        image_size=224,
        projection_dim=PROJECTED,
        hidden_act="gelu",
    )
    return CLIPVisionModelWithProjection(config).eval()


def save_encoder(folder: Path, *, is_lone: bool = False) -> Path:
    """Saves it as diffusers does, or as a file that does not tell its configuration."""
    if not is_lone:
        encoder().save_pretrained(folder / "image_encoder")
        return folder / "image_encoder"
    (folder / "clip_vision").mkdir(parents=True)
    path = folder / "clip_vision" / "tiny.safetensors"
    save_file(encoder().state_dict(), path)
    return path


def weights(model: Path, kind: str = "plain", seed: int = 5) -> dict[str, dict[str, torch.Tensor]]:
    """Returns the tensors of an adapter for a tiny model: ``plain``, ``plus`` or ``full``."""
    torch.manual_seed(seed)
    unet = UNet2DConditionModel.from_pretrained(model / "unet")
    text = unet.config["cross_attention_dim"]
    layers: dict[str, torch.Tensor] = {}
    names = [name for name in unet.attn_processors if name.endswith("attn2.processor")]
    for number, name in enumerate(names):
        attention: Any = unet.get_submodule(name.removesuffix(".processor"))
        for side in ("k", "v"):
            layers[f"{2 * number + 1}.to_{side}_ip.weight"] = torch.randn(attention.to_q.out_features, text) * 0.3
    return {"image_proj": PROJECTIONS[kind](text), "ip_adapter": layers}


def _plain(text: int) -> dict[str, torch.Tensor]:
    shapes = {"proj.weight": (4 * text, PROJECTED), "proj.bias": (4 * text,), "norm.weight": (text,)}
    return _random({**shapes, "norm.bias": (text,)})


def _full(text: int) -> dict[str, torch.Tensor]:
    shapes: dict[str, tuple[int, ...]] = {"proj.0.weight": (WIDTH, WIDTH), "proj.0.bias": (WIDTH,)}
    shapes |= {"proj.2.weight": (text, WIDTH), "proj.2.bias": (text,)}
    return _random({**shapes, "proj.3.weight": (text,), "proj.3.bias": (text,)})


def _plus(text: int) -> dict[str, torch.Tensor]:
    wide = 64  # of one head
    shapes: dict[str, tuple[int, ...]] = {
        "latents": (1, QUERIES, wide),
        "proj_in.weight": (wide, WIDTH),
        "proj_in.bias": (wide,),
        "proj_out.weight": (text, wide),
        "proj_out.bias": (text,),
        "norm_out.weight": (text,),
        "norm_out.bias": (text,),
    }
    for number in range(4):
        layer = f"layers.{number}"
        for norm in ("0.norm1", "0.norm2", "1.0"):
            shapes |= {f"{layer}.{norm}.weight": (wide,), f"{layer}.{norm}.bias": (wide,)}
        shapes |= {
            f"{layer}.0.to_q.weight": (wide, wide),
            f"{layer}.0.to_kv.weight": (2 * wide, wide),
            f"{layer}.0.to_out.weight": (wide, wide),
            f"{layer}.1.1.weight": (4 * wide, wide),
            f"{layer}.1.3.weight": (wide, 4 * wide),
        }
    return _random(shapes)


def _random(shapes: dict[str, tuple[int, ...]]) -> dict[str, torch.Tensor]:
    return {name: torch.randn(shape) * 0.3 for name, shape in shapes.items()}


PROJECTIONS: dict[str, Any] = {"plain": _plain, "plus": _plus, "full": _full}


def save(model: Path, folder: Path, name: str, kind: str = "plain", seed: int = 5) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    parts = weights(model, kind, seed)
    path = folder / f"{name}.safetensors"
    save_file({f"{part}.{key}": value for part, tensors in parts.items() for key, value in tensors.items()}, path)
    return path
