"""Tiny real components: the real classes of diffusers and transformers with a few thousand random weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from tokenizers import pre_tokenizers
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

MAX_TOKENS = 16
WIDTH = 32


def tokenizer(folder: Path, max_tokens: int = MAX_TOKENS) -> CLIPTokenizer:
    """A CLIP tokenizer that knows single letters only."""
    folder.mkdir(parents=True, exist_ok=True)
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    entries = [*letters, *(letter + "</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({entry: i for i, entry in enumerate(entries)}), "utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", "utf-8")
    return CLIPTokenizer(
        vocab=str(folder / "vocab.json"), merges=str(folder / "merges.txt"), model_max_length=max_tokens
    )


def text_encoder(vocabulary: int) -> CLIPTextModel:
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=vocabulary,
            hidden_size=WIDTH,
            intermediate_size=2 * WIDTH,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=MAX_TOKENS,
            projection_dim=WIDTH,
            bos_token_id=vocabulary - 2,
            eos_token_id=vocabulary - 1,
            pad_token_id=vocabulary - 1,
        )
    ).eval()


def unet(**changes: Any) -> UNet2DConditionModel:
    config: dict[str, Any] = {
        "sample_size": 16,
        "in_channels": 4,
        "out_channels": 4,
        "block_out_channels": (8, 16),
        "layers_per_block": 1,
        "norm_num_groups": 4,
        "attention_head_dim": 4,
        "cross_attention_dim": WIDTH,
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
    }
    return UNet2DConditionModel(**(config | changes)).eval()


def autoencoder() -> AutoencoderKL:
    config: dict[str, Any] = {
        "block_out_channels": (4, 8, 8),
        "down_block_types": ("DownEncoderBlock2D",) * 3,
        "up_block_types": ("UpDecoderBlock2D",) * 3,
        "latent_channels": 4,
        "norm_num_groups": 4,
        "sample_size": 64,
        "scaling_factor": 0.5,
    }
    return AutoencoderKL(**config).eval()


def stable_diffusion(folder: Path, prediction_type: str = "epsilon", seed: int = 0, **unet_changes: Any) -> Path:
    """Saves a whole tiny Stable Diffusion checkpoint as a diffusers folder and returns the folder."""
    torch.manual_seed(seed)
    words = tokenizer(folder / "tokenizer")
    words.save_pretrained(folder / "tokenizer")
    text_encoder(len(words)).save_pretrained(folder / "text_encoder")
    unet(**unet_changes).save_pretrained(folder / "unet")
    autoencoder().save_pretrained(folder / "vae")
    scheduler(prediction_type).save_pretrained(folder / "scheduler")
    write_index(folder)
    return folder


def stable_diffusion_xl(folder: Path, prediction_type: str = "epsilon", seed: int = 0, zeros: bool = True) -> Path:
    """The same for Stable Diffusion XL; ``zeros``: what stands for an empty negative prompt."""
    torch.manual_seed(seed)
    for name in ("tokenizer", "tokenizer_2"):
        words = tokenizer(folder / name)
        words.save_pretrained(folder / name)
    text_encoder(len(words)).save_pretrained(folder / "text_encoder")
    projecting = CLIPTextModelWithProjection(text_encoder(len(words)).config).eval()
    projecting.save_pretrained(folder / "text_encoder_2")
    unet(
        cross_attention_dim=2 * WIDTH,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=6 * 8 + WIDTH,
        transformer_layers_per_block=(1, 2),
    ).save_pretrained(folder / "unet")
    autoencoder().save_pretrained(folder / "vae")
    scheduler(prediction_type).save_pretrained(folder / "scheduler")
    second = {
        "text_encoder_2": ["transformers", "CLIPTextModelWithProjection"],
        "tokenizer_2": ["transformers", "CLIPTokenizer"],
    }
    write_index(folder, "StableDiffusionXLPipeline", force_zeros_for_empty_prompt=zeros, **second)
    return folder


def write_index(folder: Path, pipeline: str = "StableDiffusionPipeline", **more: object) -> None:
    """Writes ``model_index.json``, which makes the parts a checkpoint of this pipeline."""
    index = {
        "_class_name": pipeline,
        "_diffusers_version": "0.42.1",
        "feature_extractor": [None, None],
        "image_encoder": [None, None],
        "scheduler": ["diffusers", "DDIMScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    }
    if pipeline == "StableDiffusionPipeline":
        index |= {"requires_safety_checker": False, "safety_checker": [None, None]}
    (folder / "model_index.json").write_text(json.dumps(index | more), "utf-8")


def scheduler(prediction_type: str = "epsilon", **changes: Any) -> DDIMScheduler:
    """Stable Diffusion's own noise schedule; v-prediction gets zero terminal SNR, as its checkpoints have."""
    is_v = prediction_type == "v_prediction"
    config: dict[str, Any] = {
        "num_train_timesteps": 1000,
        "beta_start": 0.00085,
        "beta_end": 0.012,
        "beta_schedule": "scaled_linear",
        "clip_sample": False,
        "set_alpha_to_one": False,
        "steps_offset": 1,
        "prediction_type": prediction_type,
        "rescale_betas_zero_snr": is_v,
        "timestep_spacing": "trailing" if is_v else "leading",
    }
    return DDIMScheduler(**(config | changes))
