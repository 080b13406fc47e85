"""The text encoders that models of pictures read with, by transformers' names and by those of llama.cpp.

The rows follow ComfyUI's ``detect_te_model``. Widths are told by norms, which no packing changes.
"""

import re
from collections.abc import Mapping
from itertools import islice
from types import MappingProxyType
from typing import Any, cast

from core.file_kinds.kind import FileKind, FoundKind, Measure, Names, first_found
from core.files.safetensors_header import SafetensorsHeader
from core.language.words import tr

_HIDDEN = Measure(("layers.0.input_layernorm.weight", "blk.0.attn_norm.weight"))
_T5_WIDTH = Measure(
    ("encoder.block.0.layer.0.layer_norm.weight", "encoder.final_layer_norm.weight", "enc.output_norm.weight")
)
_ATTENTION = "layers.0.self_attn"

ENCODERS: tuple[FileKind, ...] = (
    FileKind(
        "text encoder",
        "t5",
        "T5",
        (
            ("encoder.block.0.layer.0.SelfAttention.q.weight",),
            ("enc.blk.0.attn_q.weight",),
        ),
        lacks=(
            "encoder.block.1.layer.0.SelfAttention.relative_attention_bias.weight",
            "enc.blk.1.attn_rel_b.weight",
        ),
        width=_T5_WIDTH,
        sizes=MappingProxyType({4096: "T5 XXL", 2048: "T5 XL", 1024: "T5 large", 768: "T5 base"}),
        architectures=("t5", "t5encoder"),
    ),
    FileKind(
        "text encoder",
        "umt5",
        "UMT5",
        (
            ("encoder.block.1.layer.0.SelfAttention.relative_attention_bias.weight",),
            ("enc.blk.1.attn_rel_b.weight",),
        ),
        width=_T5_WIDTH,
        architectures=("t5", "t5encoder"),
    ),
    FileKind(
        "text encoder",
        "clip",
        "CLIP",
        (
            ("text_model.encoder.layers.0.mlp.fc1.weight",),
            ("text_model.embeddings.",),
            ("encoder.layers.0.mlp.fc1.weight", "final_layer_norm.weight", "embeddings.token_embedding.weight"),
            ("transformer.resblocks.0.mlp.c_fc.weight", "ln_final.weight"),
        ),
        width=Measure(("text_model.final_layer_norm.weight", "final_layer_norm.weight", "ln_final.weight")),
        sizes=MappingProxyType({768: "CLIP-L", 1024: "CLIP-H", 1280: "CLIP-G"}),
    ),
    FileKind(
        "text encoder",
        "qwen3_vl",
        "Qwen3-VL",
        (
            ("layers.0.input_layernorm.weight", "visual.deepstack_merger_list.0.norm.weight"),
            ("layers.0.input_layernorm.weight", "^visual.deepstack_merger_list.0.norm.weight"),
            ("language_model.layers.0.input_layernorm.weight", "visual.deepstack_merger_list.0.norm.weight"),
            ("blk.0.attn_q_norm.weight",),
        ),
        width=Measure(
            ("layers.0.input_layernorm.weight", "language_model.layers.0.input_layernorm.weight", *_HIDDEN.names)
        ),
        sizes=MappingProxyType({2560: "Qwen3-VL 4B", 4096: "Qwen3-VL 8B"}),
        architectures=("qwen3vl",),
    ),
    FileKind(
        "text encoder",
        "qwen2_5_vl",
        "Qwen2.5-VL",
        (
            (f"{_ATTENTION}.k_proj.bias", "visual.patch_embed.proj.weight"),
            (f"{_ATTENTION}.k_proj.bias", "^visual.patch_embed.proj.weight"),
            (f"language_model.{_ATTENTION}.k_proj.bias", "visual.patch_embed.proj.weight"),
            ("blk.0.attn_k.bias",),
        ),
        width=Measure((*_HIDDEN.names, "language_model.layers.0.input_layernorm.weight")),
        sizes=MappingProxyType({3584: "Qwen2.5-VL 7B", 2048: "Qwen2.5-VL 3B"}),
        architectures=("qwen2vl",),
    ),
    FileKind(
        "text encoder",
        "gemma3",
        "Gemma 3",
        (("layers.0.post_feedforward_layernorm.weight", f"{_ATTENTION}.q_norm.weight"),),
        width=_HIDDEN,
        architectures=("gemma3",),
    ),
    FileKind(
        "text encoder",
        "gemma2",
        "Gemma 2",
        (("layers.0.post_feedforward_layernorm.weight",), ("blk.0.post_ffw_norm.weight",)),
        width=_HIDDEN,
        sizes=MappingProxyType({2304: "Gemma 2 2B"}),
        architectures=("gemma2",),
    ),
    FileKind(
        "text encoder",
        "qwen3",
        "Qwen3",
        ((f"{_ATTENTION}.q_norm.weight",), ("blk.0.attn_q_norm.weight",)),
        width=_HIDDEN,
        sizes=MappingProxyType({1024: "Qwen3 0.6B", 2048: "Qwen3 1.7B", 2560: "Qwen3 4B", 4096: "Qwen3 8B"}),
        architectures=("qwen3",),
    ),
    FileKind(
        "text encoder",
        "qwen2",
        "Qwen2.5",
        ((f"{_ATTENTION}.k_proj.bias",), ("blk.0.attn_k.bias",)),
        width=_HIDDEN,
        sizes=MappingProxyType({3584: tr("Qwen2.5 7B without its half for pictures")}),
        architectures=("qwen2",),
    ),
    FileKind(
        "text encoder",
        "mistral",
        tr("a language model like Llama or Mistral"),
        ((f"{_ATTENTION}.q_proj.weight",), ("blk.0.attn_q.weight",)),
        width=_HIDDEN,
        sizes=MappingProxyType({5120: "Mistral Small 3", 3072: "Ministral 3B", 4096: "Llama 3.1 8B"}),
        architectures=("llama", "mistral", "mistral3"),
    ),
)

_STARTS = ("", "model.", "language_model.", "model.language_model.", "language_model.model.", "text_encoder.")
_MOST_IN_CHECKPOINTS = 16
_IN_CHECKPOINTS = re.compile(
    r"(text_encoders\.[^.]+\.(?:transformer\.)?(?:model\.)?"
    r"|cond_stage_model\.(?:transformer\.|model\.)|conditioner\.embedders\.\d\.(?:transformer\.|model\.)"
    r"|text_encoder(?:_\d)?\.)"
)


def encoders_in(names: Names) -> tuple[FoundKind, ...]:
    """Returns the text encoders of a file: one where it is an encoder alone, more in a whole checkpoint."""
    starts = dict.fromkeys(match[1] for name in names.header.tensors if (match := _IN_CHECKPOINTS.match(name)))
    found = (first_found(ENCODERS, names, (start,)) for start in islice(starts, _MOST_IN_CHECKPOINTS))
    in_checkpoint = tuple(one for one in found if one is not None)
    alone = first_found(ENCODERS, names, _STARTS)
    return in_checkpoint or (() if alone is None else (alone,))


_LAYER = re.compile(
    r"(?:(?:language_model|(?:text_model\.)?encoder)\.)?(?:layers|block|(?:enc\.)?blk)\.([0-9]{1,3})\."
)
"""A larger number is no layer of a model; a network of so many would be built for hours."""


def _of_layer(name: str, of_llama: str = "") -> Measure:
    """Returns the measure of rows in the first layer of a language model, by its names in all programs."""
    here = f"layers.0.{name}"
    return Measure((here, f"language_model.{here}", *((f"blk.0.{of_llama}",) if of_llama else ())))


_NORM = _of_layer("self_attn.q_norm.weight", "attn_q_norm.weight")
_LANGUAGE = {
    "vocab_size": Measure(("embed_tokens.weight", "language_model.embed_tokens.weight", "token_embd.weight")),
    "hidden_size": _of_layer("input_layernorm.weight", "attn_norm.weight"),
    "intermediate_size": _of_layer("mlp.gate_proj.weight", "ffn_gate.weight"),
    "num_attention_heads": _of_layer("self_attn.q_proj.weight", "attn_q.weight"),
    "num_key_value_heads": _of_layer("self_attn.k_proj.weight", "attn_k.weight"),
}
_T5 = {
    "vocab_size": Measure(("shared.weight", "encoder.embed_tokens.weight", "token_embd.weight")),
    "d_model": _T5_WIDTH,
    "d_ff": Measure(("encoder.block.0.layer.1.DenseReluDense.wi_0.weight", "enc.blk.0.ffn_gate.weight")),
    "d_kv": Measure(("encoder.block.0.layer.0.SelfAttention.q.weight", "enc.blk.0.attn_q.weight")),
    "num_heads": Measure(
        (
            "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
            "enc.blk.0.attn_rel_b.weight",
        ),
        dimension=1,
    ),
}
_CLIP = {
    "vocab_size": Measure(("text_model.embeddings.token_embedding.weight", "embeddings.token_embedding.weight")),
    "hidden_size": Measure(("text_model.final_layer_norm.weight", "final_layer_norm.weight")),
    "intermediate_size": Measure(
        ("text_model.encoder.layers.0.mlp.fc1.weight", "encoder.layers.0.mlp.fc1.weight")
    ),
}


def encoder_config(header: SafetensorsHeader, start: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the configuration of an encoder in a file without one, given that of its kind in another size.

    Files with other names, or packed so that they do not tell, have that of their kind. ``start`` begins the
    names. The half of a language model that sees pictures has its usual sizes.
    """
    if isinstance(text := config.get("text_config"), Mapping):
        text = encoder_config(header, start, cast("Mapping[str, Any]", text))
        sees = {**config.get("vision_config", {}), "out_hidden_size": text.get("hidden_size")}
        return {**config, "text_config": text, "vision_config": sees}
    is_t5, is_clip = "d_kv" in config, str(config.get("model_type", "")).startswith("clip")
    measures = _T5 if is_t5 else _CLIP if is_clip else _LANGUAGE
    rows = {key: size for key, measure in measures.items() if (size := measure.of(header, start))}
    numbers = [int(match[1]) for name in header.tensors if (match := _LAYER.match(name, len(start)))]
    if len(rows) < len(measures) or not numbers:
        return dict(config)
    if is_t5:
        rows["d_kv"] //= rows["num_heads"]
    else:
        usual = config.get("hidden_size", 1) // (config.get("num_attention_heads") or 1)
        head = _NORM.of(header, start) or usual or 1
        rows.setdefault("num_attention_heads", rows["hidden_size"])
        heads = [key for key in ("num_attention_heads", "num_key_value_heads") if key in rows]
        rows |= {key: rows[key] // head for key in heads} | ({"head_dim": head} if "head_dim" in config else {})
    return {**config, **rows, "num_layers" if is_t5 else "num_hidden_layers": 1 + max(numbers)}
