"""Tiny real components: the real classes of diffusers and transformers with a few thousand random weights."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.transformers.transformer_z_image import ZImageTransformer2DModel
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from tokenizers import pre_tokenizers
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    Qwen2Tokenizer,
    Qwen3Config,
    Qwen3Model,
)

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


def text_encoder(vocabulary: int, width: int = WIDTH) -> CLIPTextModel:
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=vocabulary,
            hidden_size=width,
            intermediate_size=2 * width,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=MAX_TOKENS,
            projection_dim=width,
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


def autoencoder(**changes: Any) -> AutoencoderKL:
    config: dict[str, Any] = {
        "block_out_channels": (4, 8, 8),
        "down_block_types": ("DownEncoderBlock2D",) * 3,
        "up_block_types": ("UpDecoderBlock2D",) * 3,
        "latent_channels": 4,
        "norm_num_groups": 4,
        "sample_size": 64,
        "scaling_factor": 0.5,
    }
    return AutoencoderKL(**(config | changes)).eval()


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


def stable_diffusion_xl(
    folder: Path,
    prediction_type: str = "epsilon",
    seed: int = 0,
    zeros: bool = True,
    second: int = WIDTH,
    **unet_changes: Any,
) -> Path:
    """Makes Stable Diffusion XL; ``zeros`` is the flag of its index, ``second`` the second encoder's width."""
    torch.manual_seed(seed)
    for name in ("tokenizer", "tokenizer_2"):
        words = tokenizer(folder / name)
        words.save_pretrained(folder / name)
    text_encoder(len(words)).save_pretrained(folder / "text_encoder")
    projecting = CLIPTextModelWithProjection(text_encoder(len(words), second).config).eval()
    projecting.save_pretrained(folder / "text_encoder_2")
    unet(
        cross_attention_dim=WIDTH + second,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=6 * 8 + second,
        **{"transformer_layers_per_block": (1, 2), **unet_changes},
    ).save_pretrained(folder / "unet")
    autoencoder().save_pretrained(folder / "vae")
    scheduler(prediction_type).save_pretrained(folder / "scheduler")
    more = {
        "text_encoder_2": ["transformers", "CLIPTextModelWithProjection"],
        "tokenizer_2": ["transformers", "CLIPTokenizer"],
    }
    write_index(folder, "StableDiffusionXLPipeline", force_zeros_for_empty_prompt=zeros, **more)
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


def z_image(folder: Path, seed: int = 0, shift: float = 3.0) -> Path:
    """Makes Z-Image: a flow-matching transformer, Qwen3 as its text encoder, latents with a shift."""
    torch.manual_seed(seed)
    words = chat_tokenizer(folder / "tokenizer")
    words.save_pretrained(folder / "tokenizer")
    Qwen3Model(
        Qwen3Config(
            vocab_size=len(words),
            hidden_size=WIDTH,
            intermediate_size=2 * WIDTH,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=1,
            head_dim=16,
        )
    ).eval().save_pretrained(folder / "text_encoder")
    z_image_transformer().save_pretrained(folder / "transformer")
    autoencoder(latent_channels=4, scaling_factor=0.36, shift_factor=0.12).save_pretrained(folder / "vae")
    FlowMatchEulerDiscreteScheduler(shift=shift).save_pretrained(folder / "scheduler")
    index = {
        "_class_name": "ZImagePipeline",
        "_diffusers_version": "0.42.1",
        "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
        "text_encoder": ["transformers", "Qwen3Model"],
        "tokenizer": ["transformers", "Qwen2Tokenizer"],
        "transformer": ["diffusers", "ZImageTransformer2DModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    }
    (folder / "model_index.json").write_text(json.dumps(index), "utf-8")
    return folder


def z_image_transformer() -> ZImageTransformer2DModel:
    model = ZImageTransformer2DModel(
        in_channels=4,
        dim=WIDTH,
        n_layers=2,
        n_refiner_layers=1,
        n_heads=2,
        n_kv_heads=2,
        cap_feat_dim=WIDTH,
        axes_dims=[4, 6, 6],
        axes_lens=[256, 32, 32],
    ).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.1)  # its pad tokens are left uninitialised
    return model


def chat_tokenizer(folder: Path, merges: Sequence[str] = (), more: Sequence[str] = ()) -> Qwen2Tokenizer:
    """Qwen's tokenizer with all bytes, and the template that puts a prompt into a conversation."""
    folder.mkdir(parents=True, exist_ok=True)
    joined = (merge.replace(" ", "") for merge in merges)
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    entries = [*letters, *joined, "<|endoftext|>", "<|im_start|>", "<|im_end|>", *more]
    words = Qwen2Tokenizer(
        vocab={entry: i for i, entry in enumerate(entries)},
        merges=[tuple(merge.split(" ")) for merge in merges],  # pyright: ignore[reportArgumentType]
        extra_special_tokens=["<|im_start|>", "<|im_end|>", *more],
    )
    words.chat_template = (
        "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
        "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    return words


def lora(path: Path, part: torch.nn.Module, prefix: str, kohya: bool = False, seed: int = 7) -> Path:
    """Saves a LoRA of rank 2 for all attention layers of a part, named as kohya's sd-scripts or peft name them.

    ``prefix``: ``unet`` or ``text_encoder``; for kohya's names ``lora_unet`` or ``lora_te_text_model``.
    """
    generator = torch.Generator().manual_seed(seed)
    weights: dict[str, torch.Tensor] = {}
    for name, layer in part.named_modules():
        if not isinstance(layer, torch.nn.Linear) or not name.endswith(
            ("to_q", "to_k", "to_v", "q_proj", "k_proj", "v_proj", "out_proj")
        ):
            continue
        down = torch.randn((2, layer.in_features), generator=generator)
        up = torch.randn((layer.out_features, 2), generator=generator)
        if kohya:
            flat = f"{prefix}_{name.replace('.', '_')}"
            weights |= {
                f"{flat}.lora_down.weight": down,
                f"{flat}.lora_up.weight": up,
                f"{flat}.alpha": torch.tensor(2.0),
            }
        else:
            weights |= {f"{prefix}.{name}.lora_A.weight": down, f"{prefix}.{name}.lora_B.weight": up}
    path.parent.mkdir(parents=True, exist_ok=True)
    safetensors.torch.save_file(weights, path)
    return path
