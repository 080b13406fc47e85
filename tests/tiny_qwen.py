"""Tiny models of the families with the autoencoder of Qwen-Image, see `tests.tiny`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl_qwenimage import AutoencoderKLQwenImage
from diffusers.models.transformers.transformer_krea2 import Krea2Transformer2DModel
from diffusers.models.transformers.transformer_qwenimage import QwenImageTransformer2DModel
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration, Qwen3VLConfig, Qwen3VLModel

from tests import tiny
from tests.tiny_flows import settle, write_index

SEEN = ("<|vision_start|>", "<|image_pad|>", "<|vision_end|>")


def qwen_image(
    folder: Path, seed: int = 0, pipeline: str = "QwenImagePipeline", *, zero_cond_t: bool = False
) -> Path:
    """Makes Qwen-Image: a language model that sees, an autoencoder of films, a schedule with an end of its own.

    ``pipeline`` may be one that edits; ``zero_cond_t`` is as in 2511.
    """
    torch.manual_seed(seed)
    words = tiny.chat_tokenizer(folder / "tokenizer", more=SEEN)
    words.save_pretrained(folder / "tokenizer")
    qwen_vl(len(words), image_token_id=words.convert_tokens_to_ids(SEEN[1])).save_pretrained(
        folder / "text_encoder"
    )
    qwen_image_transformer(zero_cond_t=zero_cond_t).save_pretrained(folder / "transformer")
    qwen_autoencoder().save_pretrained(folder / "vae")
    FlowMatchEulerDiscreteScheduler(
        use_dynamic_shifting=True, base_shift=0.5, max_shift=0.9, max_image_seq_len=8192, shift_terminal=0.02
    ).save_pretrained(folder / "scheduler")
    parts = {
        "text_encoder": ["transformers", "Qwen2_5_VLForConditionalGeneration"],
        "tokenizer": ["transformers", "Qwen2Tokenizer"],
        "transformer": ["diffusers", "QwenImageTransformer2DModel"],
        "vae": ["diffusers", "AutoencoderKLQwenImage"],
    }
    return write_index(folder, pipeline, parts)


def qwen_vl(vocabulary: int, **tokens: Any) -> Any:
    config = Qwen2_5_VLConfig(
        **tokens,
        text_config={
            "vocab_size": vocabulary,
            "bos_token_id": None,
            "eos_token_id": None,
            "hidden_size": 16,
            "intermediate_size": 16,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "rope_parameters": {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 10000.0},
        },
        vision_config={
            "depth": 1,
            "hidden_size": 16,
            "intermediate_size": 16,
            "num_heads": 2,
            "out_hidden_size": 16,
            "fullatt_block_indexes": [0],
        },
    )
    return settle(Qwen2_5_VLForConditionalGeneration(config))


def qwen_image_transformer(**changes: Any) -> QwenImageTransformer2DModel:
    model = QwenImageTransformer2DModel(
        in_channels=16,
        out_channels=4,
        num_layers=2,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=16,
        axes_dims_rope=(4, 6, 6),
        **changes,
    )
    return settle(model)


def qwen_autoencoder() -> AutoencoderKLQwenImage:
    vae = AutoencoderKLQwenImage(
        base_dim=4,
        z_dim=4,
        dim_mult=[1, 2],
        num_res_blocks=1,
        temperal_downsample=[False],
        latents_mean=[0.1, -0.2, 0.3, 0.0],
        latents_std=[1.5, 0.7, 2.0, 1.0],
    )
    return settle(vae)


def krea2(folder: Path, *, is_distilled: bool = False, seed: int = 0) -> Path:
    """Makes Krea 2, whose text is that of three layers here."""
    torch.manual_seed(seed)
    words = tiny.chat_tokenizer(folder / "tokenizer")
    words.save_pretrained(folder / "tokenizer")
    config = Qwen3VLConfig(
        text_config={
            "vocab_size": len(words),
            "bos_token_id": None,
            "eos_token_id": None,
            "hidden_size": 16,
            "intermediate_size": 16,
            "num_hidden_layers": 3,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "head_dim": 8,
            "rope_parameters": {"rope_type": "default", "mrope_section": [2, 1, 1], "rope_theta": 10000.0},
        },
        vision_config={
            "depth": 1,
            "hidden_size": 16,
            "intermediate_size": 16,
            "num_heads": 2,
            "out_hidden_size": 16,
            "num_position_embeddings": 16,
            "deepstack_visual_indexes": [0],
        },
    )
    settle(Qwen3VLModel(config)).save_pretrained(folder / "text_encoder")
    krea2_transformer().save_pretrained(folder / "transformer")
    qwen_autoencoder().save_pretrained(folder / "vae")
    FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True).save_pretrained(folder / "scheduler")
    parts = {
        "text_encoder": ["transformers", "Qwen3VLModel"],
        "tokenizer": ["transformers", "Qwen2Tokenizer"],
        "transformer": ["diffusers", "Krea2Transformer2DModel"],
        "vae": ["diffusers", "AutoencoderKLQwenImage"],
    }
    flags: dict[str, object] = {"is_distilled": is_distilled, "text_encoder_select_layers": [0, 2, 3]}
    return write_index(folder, "Krea2Pipeline", parts, **flags, patch_size=2)


def krea2_transformer() -> Krea2Transformer2DModel:
    model = Krea2Transformer2DModel(
        in_channels=16,
        num_layers=2,
        attention_head_dim=16,
        num_attention_heads=2,
        num_key_value_heads=1,
        intermediate_size=16,
        timestep_embed_dim=16,
        text_hidden_dim=16,
        num_text_layers=3,
        text_num_attention_heads=2,
        text_num_key_value_heads=2,
        text_intermediate_size=16,
        num_layerwise_text_blocks=1,
        num_refiner_text_blocks=1,
        axes_dims_rope=(4, 6, 6),
    )
    return settle(model)
