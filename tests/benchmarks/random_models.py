"""Checkpoints of real architectures with random weights: they cost what the trained ones cost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from tests import tiny

CPU = torch.device("cpu")
TOKENS = 77
DEVIATION = 0.02


def stable_diffusion_15(folder: Path, dtype: torch.dtype, device: torch.device = CPU) -> Path:
    """Stable Diffusion 1.5: U-Net 859.5 M, autoencoder 83.7 M, text encoder 123 M parameters."""
    _save(folder / "text_encoder", dtype, device, lambda: CLIPTextModel(_clip_l()))
    _save(
        folder / "unet",
        dtype,
        device,
        lambda: UNet2DConditionModel(cross_attention_dim=768, attention_head_dim=8, sample_size=64),
    )
    _save(folder / "vae", dtype, device, lambda: _autoencoder(0.18215, 512))
    _save_words(folder, "tokenizer")
    tiny.write_index(folder)
    return folder


def stable_diffusion_xl(folder: Path, dtype: torch.dtype, device: torch.device = CPU) -> Path:
    """Stable Diffusion XL: U-Net 2,567 M, autoencoder 83.7 M, text encoders 123 M and 695 M parameters."""
    _save(folder / "text_encoder", dtype, device, lambda: CLIPTextModel(_clip_l()))
    _save(folder / "text_encoder_2", dtype, device, lambda: CLIPTextModelWithProjection(_clip_big_g()))
    _save(folder / "unet", dtype, device, _unet_xl)
    _save(folder / "vae", dtype, device, lambda: _autoencoder(0.13025, 1024))
    _save_words(folder, "tokenizer")
    _save_words(folder, "tokenizer_2")
    more = {
        "text_encoder_2": ["transformers", "CLIPTextModelWithProjection"],
        "tokenizer_2": ["transformers", "CLIPTokenizer"],
    }
    tiny.write_index(folder, "StableDiffusionXLPipeline", force_zeros_for_empty_prompt=True, **more)
    return folder


def _save(folder: Path, dtype: torch.dtype, device: torch.device, make: Callable[[], Any]) -> None:
    """Weights are drawn in their own dtype, on a device: in float32 billions would take long, and much room.

    Norms change nothing, so that errors grow as in trained networks and no faster.
    """
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device("meta"):
            part = make()
    finally:
        torch.set_default_dtype(before)
    part.to_empty(device=device)
    rng = torch.Generator(device).manual_seed(0)
    with torch.no_grad():
        for name, parameter in part.named_parameters():
            if parameter.ndim == 1:
                parameter.fill_(1.0 if name.endswith("weight") else 0.0)
            else:
                parameter.normal_(std=DEVIATION, generator=rng)
    part.to(CPU).save_pretrained(folder)


def _save_words(folder: Path, name: str) -> None:
    tiny.tokenizer(folder / name, max_tokens=TOKENS).save_pretrained(folder / name)
    tiny.scheduler().save_pretrained(folder / "scheduler")


def _clip_l() -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=49408,
        hidden_size=768,
        intermediate_size=3072,
        num_hidden_layers=12,
        num_attention_heads=12,
        max_position_embeddings=TOKENS,
    )


def _clip_big_g() -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=49408,
        hidden_size=1280,
        intermediate_size=5120,
        num_hidden_layers=32,
        num_attention_heads=20,
        max_position_embeddings=TOKENS,
        hidden_act="gelu",
        projection_dim=1280,
    )


def _unet_xl() -> UNet2DConditionModel:
    config: dict[str, Any] = {
        "sample_size": 128,
        "block_out_channels": (320, 640, 1280),
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        "transformer_layers_per_block": (1, 2, 10),
        "attention_head_dim": (5, 10, 20),
        "cross_attention_dim": 2048,
        "use_linear_projection": True,
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 256,
        "projection_class_embeddings_input_dim": 2816,
    }
    return UNet2DConditionModel(**config)


def _autoencoder(scaling_factor: float, sample_size: int) -> AutoencoderKL:
    config: dict[str, Any] = {
        "block_out_channels": (128, 256, 512, 512),
        "down_block_types": ("DownEncoderBlock2D",) * 4,
        "up_block_types": ("UpDecoderBlock2D",) * 4,
        "layers_per_block": 2,
        "latent_channels": 4,
        "sample_size": sample_size,
        "scaling_factor": scaling_factor,
    }
    return AutoencoderKL(**config)
