"""Gives text encoders from GGUF files the names of transformers.

The names of these files are llama.cpp's (``gguf-py/gguf/tensor_mapping.py``), the same for many models.
Rows of queries and keys are in transformers' order but for the architecture ``llama``, which no family reads with.
"""

import re
from collections.abc import Mapping

import torch

_DECODER = (
    (r"^token_embd\.", "embed_tokens."),
    (r"^output_norm\.", "norm."),
    (r"^output\.", "lm_head."),
    (r"^blk\.(\d+)\.", r"layers.\1."),
    (r"\.attn_norm\.", ".input_layernorm."),
    (r"\.ffn_norm\.", ".post_attention_layernorm."),
    (r"\.attn_([qkv])\.", r".self_attn.\1_proj."),
    (r"\.attn_output\.", ".self_attn.o_proj."),
    (r"\.attn_([qk])_norm\.", r".self_attn.\1_norm."),
    (r"\.ffn_(gate|up|down)\.", r".mlp.\1_proj."),
)
_T5 = (
    (r"^token_embd\.", "shared."),
    (r"^enc\.output_norm\.", "encoder.final_layer_norm."),
    (r"^enc\.blk\.(\d+)\.", r"encoder.block.\1."),
    (r"\.attn_norm\.", ".layer.0.layer_norm."),
    (r"\.attn_([qkvo])\.", r".layer.0.SelfAttention.\1."),
    (r"\.attn_rel_b\.", ".layer.0.SelfAttention.relative_attention_bias."),
    (r"\.ffn_norm\.", ".layer.1.layer_norm."),
    (r"\.ffn_gate\.", ".layer.1.DenseReluDense.wi_0."),
    (r"\.ffn_up\.", ".layer.1.DenseReluDense.wi_1."),
    (r"\.ffn_down\.", ".layer.1.DenseReluDense.wo."),
)


def from_llama(weights: Mapping[str, torch.Tensor], expected: Mapping[str, object]) -> dict[str, torch.Tensor]:
    """Returns the weights of an encoder with the names that a network expects; others stay as they are."""
    if "token_embd.weight" not in weights:
        return dict(weights)
    is_t5 = any(name.startswith("enc.blk.") for name in weights)
    start = "language_model." if "language_model.norm.weight" in expected else ""
    named = {f"{start}{_renamed(name, _T5 if is_t5 else _DECODER)}": value for name, value in weights.items()}
    if is_t5 and "encoder.embed_tokens.weight" in expected:
        named["encoder.embed_tokens.weight"] = named["shared.weight"]
    return named


def _renamed(name: str, renames: tuple[tuple[str, str], ...]) -> str:
    for pattern, other in renames:
        name = re.sub(pattern, other, name)
    return name
