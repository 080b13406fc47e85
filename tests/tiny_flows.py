"""Tiny models of the families that match a flow, see `tests.tiny`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl_flux2 import AutoencoderKLFlux2
from diffusers.models.transformers.transformer_chroma import ChromaTransformer2DModel
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from diffusers.models.transformers.transformer_flux2 import Flux2Transformer2DModel
from diffusers.models.transformers.transformer_sd3 import SD3Transformer2DModel
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from transformers import (
    CLIPTextModelWithProjection,
    Qwen3Config,
    Qwen3ForCausalLM,
    T5Config,
    T5EncoderModel,
    T5Tokenizer,
)

from tests import tiny


def write_index(folder: Path, pipeline: str, parts: dict[str, Any], **flags: object) -> Path:
    """Writes ``model_index.json``, where the parts have the classes that are named."""
    scheduler = {"scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"]}
    index = {"_class_name": pipeline, "_diffusers_version": "0.42.1", **scheduler, **parts, **flags}
    (folder / "model_index.json").write_text(json.dumps(index), "utf-8")
    return folder


def settle(module: torch.nn.Module) -> Any:
    """Gives all weights values, also those that are left uninitialised or begin as nothing."""
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return module.eval()


def flux2_klein(folder: Path, *, is_distilled: bool = False, seed: int = 0) -> Path:
    """Makes FLUX.2 klein: joined latents with statistics, and as many layers of Qwen3 as are read."""
    torch.manual_seed(seed)
    words = tiny.chat_tokenizer(folder / "tokenizer")
    words.chat_template = str(words.chat_template).replace(
        "<|im_start|>assistant\n{% endif %}", "<|im_start|>assistant\n<think>\n\n</think>\n\n{% endif %}"
    )
    words.save_pretrained(folder / "tokenizer")
    config = Qwen3Config(
        vocab_size=len(words),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=28,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
        tie_word_embeddings=True,
    )
    Qwen3ForCausalLM(config).eval().save_pretrained(folder / "text_encoder")
    flux2_transformer().save_pretrained(folder / "transformer")
    vae = AutoencoderKLFlux2(
        block_out_channels=(4, 8),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        latent_channels=2,
        norm_num_groups=4,
        sample_size=32,
    )
    torch.nn.init.normal_(vae.bn.running_mean, std=0.3)  # pyright: ignore[reportArgumentType]
    torch.nn.init.uniform_(vae.bn.running_var, 0.5, 2.0)  # pyright: ignore[reportArgumentType]
    vae.eval().save_pretrained(folder / "vae")
    FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True).save_pretrained(folder / "scheduler")
    parts = {
        "text_encoder": ["transformers", "Qwen3ForCausalLM"],
        "tokenizer": ["transformers", "Qwen2Tokenizer"],
        "transformer": ["diffusers", "Flux2Transformer2DModel"],
        "vae": ["diffusers", "AutoencoderKLFlux2"],
    }
    return write_index(folder, "Flux2KleinPipeline", parts, is_distilled=is_distilled)


def flux2_transformer() -> Flux2Transformer2DModel:
    model = Flux2Transformer2DModel(
        in_channels=8,
        num_layers=1,
        num_single_layers=2,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=48,
        timestep_guidance_channels=16,
        axes_dims_rope=(4, 4, 4, 4),
        guidance_embeds=False,
    )
    return settle(model)


def flux1(folder: Path, *, is_guided: bool = True, seed: int = 0) -> Path:
    """Makes FLUX.1: dev, whose guidance scale is an input of the network, or schnell without one."""
    torch.manual_seed(seed)
    words = tiny.tokenizer(folder / "tokenizer")
    words.save_pretrained(folder / "tokenizer")
    settle(tiny.text_encoder(len(words))).save_pretrained(folder / "text_encoder")
    t5(folder)
    flux1_transformer(guidance_embeds=is_guided).save_pretrained(folder / "transformer")
    vae = tiny.autoencoder(latent_channels=2, scaling_factor=0.36, shift_factor=0.12)
    vae.save_pretrained(folder / "vae")
    FlowMatchEulerDiscreteScheduler(
        shift=3.0 if is_guided else 1.0, use_dynamic_shifting=is_guided
    ).save_pretrained(folder / "scheduler")
    parts = {
        "text_encoder": ["transformers", "CLIPTextModel"],
        "text_encoder_2": ["transformers", "T5EncoderModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "tokenizer_2": ["transformers", "T5Tokenizer"],
        "transformer": ["diffusers", "FluxTransformer2DModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    }
    return write_index(folder, "FluxPipeline", parts)


def t5(folder: Path, name: str = "_2", width: int = 24) -> None:
    """Saves a tiny T5 and its tokenizer, which knows letters, and words at their beginning by a space."""
    marks = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("\u2581", -2.0)]
    words = T5Tokenizer(vocab=[*marks, *((chr(letter), -3.0) for letter in range(33, 127))], extra_ids=0)
    words.save_pretrained(folder / f"tokenizer{name}")
    config = T5Config(
        vocab_size=len(words),
        d_model=width,
        d_kv=8,
        d_ff=24,
        num_layers=2,
        num_heads=3,
        feed_forward_proj="gated-gelu",
    )
    settle(T5EncoderModel(config)).save_pretrained(folder / f"text_encoder{name}")


def flux1_transformer(**changes: Any) -> FluxTransformer2DModel:
    model = FluxTransformer2DModel(
        in_channels=8,
        num_layers=1,
        num_single_layers=2,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=24,
        pooled_projection_dim=tiny.WIDTH,
        axes_dims_rope=(4, 6, 6),
        **changes,
    )
    return settle(model)


def chroma(folder: Path, seed: int = 0) -> Path:
    """Makes Chroma, with T5 alone and a fixed shift."""
    torch.manual_seed(seed)
    t5(folder, "")
    chroma_transformer().save_pretrained(folder / "transformer")
    vae = tiny.autoencoder(latent_channels=2, scaling_factor=0.36, shift_factor=0.12)
    vae.save_pretrained(folder / "vae")
    FlowMatchEulerDiscreteScheduler(shift=3.0).save_pretrained(folder / "scheduler")
    parts = {
        "text_encoder": ["transformers", "T5EncoderModel"],
        "tokenizer": ["transformers", "T5Tokenizer"],
        "transformer": ["diffusers", "ChromaTransformer2DModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    }
    return write_index(folder, "ChromaPipeline", parts)


def chroma_transformer() -> ChromaTransformer2DModel:
    model = ChromaTransformer2DModel(
        in_channels=8,
        num_layers=1,
        num_single_layers=2,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=24,
        axes_dims_rope=(4, 6, 6),
        approximator_num_channels=8,
        approximator_hidden_dim=16,
        approximator_layers=2,
    )
    return settle(model)


def stable_diffusion_3(
    folder: Path, *, is_medium: bool = True, has_t5: bool = True, has_norm: bool = True, seed: int = 0
) -> Path:
    """Makes Stable Diffusion 3.5: medium, whose first blocks have a second attention, or large; T5 may be away.

    Stable Diffusion 3 is as large, without the norms (``has_norm``) of queries and keys.
    """
    torch.manual_seed(seed)
    parts: dict[str, Any] = {}
    for number, width in (("", 24), ("_2", 40)):
        words = tiny.tokenizer(folder / f"tokenizer{number}")
        words.save_pretrained(folder / f"tokenizer{number}")
        clip = CLIPTextModelWithProjection(tiny.text_encoder(len(words), width).config)
        settle(clip)
        if not number and is_medium:  # as in the makers' own
            torch.nn.init.eye_(clip.text_projection.weight)
        clip.save_pretrained(folder / f"text_encoder{number}")
        parts[f"text_encoder{number}"] = ["transformers", "CLIPTextModelWithProjection"]
        parts[f"tokenizer{number}"] = ["transformers", "CLIPTokenizer"]
    if has_t5:
        t5(folder, "_3", width=72)
    parts["text_encoder_3"] = ["transformers", "T5EncoderModel"] if has_t5 else [None, None]
    parts["tokenizer_3"] = ["transformers", "T5Tokenizer"] if has_t5 else [None, None]
    stable_diffusion_3_transformer(is_medium=is_medium, has_norm=has_norm).save_pretrained(folder / "transformer")
    tiny.autoencoder(latent_channels=2, scaling_factor=1.53, shift_factor=0.06).save_pretrained(folder / "vae")
    FlowMatchEulerDiscreteScheduler(shift=3.0).save_pretrained(folder / "scheduler")
    parts |= {"transformer": ["diffusers", "SD3Transformer2DModel"], "vae": ["diffusers", "AutoencoderKL"]}
    return write_index(folder, "StableDiffusion3Pipeline", parts)


def stable_diffusion_3_transformer(*, is_medium: bool = True, has_norm: bool = True) -> SD3Transformer2DModel:
    model = SD3Transformer2DModel(
        sample_size=16,
        in_channels=2,
        out_channels=2,
        num_layers=9,
        attention_head_dim=8,
        num_attention_heads=2,
        joint_attention_dim=72,
        caption_projection_dim=16,
        pooled_projection_dim=64,
        pos_embed_max_size=24,
        dual_attention_layers=(0, 1, 2) if is_medium else (),
        qk_norm="rms_norm" if has_norm else None,
    )
    return settle(model)
