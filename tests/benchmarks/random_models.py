"""Checkpoints of real architectures with random weights: they cost what the trained ones cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

from tests import tiny

TOKENS = 77


def stable_diffusion_15(folder: Path, dtype: torch.dtype) -> Path:
    """Stable Diffusion 1.5: U-Net 859.5 M, autoencoder 83.7 M, text encoder 123 M parameters."""
    unet: dict[str, Any] = {"cross_attention_dim": 768, "attention_head_dim": 8, "sample_size": 64}
    autoencoder: dict[str, Any] = {
        "block_out_channels": (128, 256, 512, 512),
        "down_block_types": ("DownEncoderBlock2D",) * 4,
        "up_block_types": ("UpDecoderBlock2D",) * 4,
        "layers_per_block": 2,
        "latent_channels": 4,
        "sample_size": 512,
        "scaling_factor": 0.18215,
    }
    torch.manual_seed(0)
    words = tiny.tokenizer(folder / "tokenizer", max_tokens=TOKENS)
    words.save_pretrained(folder / "tokenizer")
    text_config = CLIPTextConfig(
        vocab_size=49408,
        hidden_size=768,
        intermediate_size=3072,
        num_hidden_layers=12,
        num_attention_heads=12,
        max_position_embeddings=TOKENS,
    )
    parts: dict[str, Any] = {
        "text_encoder": CLIPTextModel(text_config),
        "unet": UNet2DConditionModel(**unet),
        "vae": AutoencoderKL(**autoencoder),
    }
    for name, part in parts.items():
        part.to(dtype).save_pretrained(folder / name)
    tiny.scheduler().save_pretrained(folder / "scheduler")
    tiny.write_index(folder)
    return folder
