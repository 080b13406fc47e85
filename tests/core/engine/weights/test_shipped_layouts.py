"""The configurations that ship build the real networks, and the vocabulary is Qwen's."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from transformers import Qwen2Tokenizer, Qwen3Model, T5Tokenizer

from core.engine.weights.components import load_tokenizer
from core.engine.weights.fit import empty
from core.families import FAMILIES
from core.file_kinds.encoders import encoder_config
from core.files.weights_header import read_header
from core.models.reading import read_model
from core.paths import resources
from core.prompt.tokenizer_files import read_tokenizer
from tests.core.models.made_files import gguf, safetensors

SHIPPED = resources() / "families"
SHAPES = {
    "z_image": {
        ("transformer", "layers.29.attention.to_q.weight"): (3840, 3840),
        ("transformer", "cap_embedder.1.weight"): (3840, 2560),
        ("text_encoder", "layers.35.mlp.gate_proj.weight"): (9728, 2560),
        ("text_encoder", "layers.0.self_attn.k_proj.weight"): (1024, 2560),
        ("vae", "decoder.conv_in.weight"): (512, 16, 3, 3),
    },
    "flux2_klein": {
        ("transformer", "context_embedder.weight"): (3072, 7680),
        ("transformer", "single_transformer_blocks.19.attn.norm_q.weight"): (128,),
        ("text_encoder", "layers.35.mlp.gate_proj.weight"): (9728, 2560),
        ("vae", "decoder.conv_in.weight"): (512, 32, 3, 3),
        ("vae", "bn.running_mean"): (128,),
    },
    "flux1": {
        ("transformer", "single_transformer_blocks.37.proj_mlp.weight"): (12288, 3072),
        ("transformer", "time_text_embed.guidance_embedder.linear_1.weight"): (3072, 256),
        ("text_encoder", "encoder.layers.11.mlp.fc1.weight"): (3072, 768),
        ("text_encoder_2", "encoder.block.23.layer.1.DenseReluDense.wi_1.weight"): (10240, 4096),
        ("vae", "decoder.conv_in.weight"): (512, 16, 3, 3),
    },
    "chroma": {
        ("transformer", "distilled_guidance_layer.layers.4.linear_1.weight"): (5120, 5120),
        ("text_encoder", "shared.weight"): (32128, 4096),
        ("vae", "decoder.conv_in.weight"): (512, 16, 3, 3),
    },
    "qwen_image": {
        ("transformer", "transformer_blocks.59.attn.add_q_proj.weight"): (3072, 3072),
        ("text_encoder", "language_model.layers.27.self_attn.k_proj.bias"): (512,),
        ("text_encoder", "visual.merger.mlp.2.weight"): (3584, 5120),
        ("vae", "decoder.conv_in.weight"): (384, 16, 3, 3, 3),
    },
    "krea2": {
        ("transformer", "img_in.weight"): (6144, 64),
        ("text_encoder", "language_model.layers.35.self_attn.k_proj.weight"): (1024, 2560),
        ("text_encoder", "visual.deepstack_merger_list.2.linear_fc2.weight"): (2560, 4096),
        ("vae", "decoder.conv_in.weight"): (384, 16, 3, 3, 3),
    },
    "stable_diffusion_3": {
        ("transformer", "transformer_blocks.37.attn.to_q.weight"): (2432, 2432),
        ("transformer", "pos_embed.pos_embed"): (1, 192 * 192, 2432),
        ("text_encoder_2", "text_projection.weight"): (1280, 1280),
        ("text_encoder_3", "encoder.final_layer_norm.weight"): (4096,),
        ("vae", "decoder.conv_in.weight"): (512, 16, 3, 3),
    },
}
"""Some that the files of the real models have."""

APART = tuple(SHAPES)
GGUF_ROWS = ("attn_q_norm", "attn_q", "attn_k", "ffn_gate")


@pytest.mark.parametrize("family", APART)
def test_the_configurations_build_the_real_networks(family: str) -> None:
    twin = import_module(FAMILIES[family].engine)
    for (part, name), shape in SHAPES[family].items():
        config = json.loads((resources() / "families" / family / part / "config.json").read_text("utf-8"))
        module: Any = empty(twin.KINDS[part], config)
        assert tuple(module.state_dict()[name].shape) == shape


@pytest.mark.parametrize(
    ("family", "name"), [("stable_diffusion_3", "tokenizer_3"), ("flux1", "tokenizer_2"), ("chroma", "tokenizer")]
)
def test_the_vocabulary_numbers_words_as_t5_does(family: str, name: str) -> None:
    folder = resources() / "families" / family
    tokenizer = load_tokenizer(T5Tokenizer, folder / name)
    assert tokenizer("a photo of a cat").input_ids == [3, 9, 1202, 13, 3, 9, 1712, 1]  # of T5's own tokenizer
    assert tokenizer.pad_token_id == 0
    if FAMILIES[family].tokenizer.kind == "t5":
        ours, _ = read_tokenizer(read_model(folder, family))
        assert ours.encode("a photo of a cat").ids == [3, 9, 1202, 13, 3, 9, 1712, 1]


@pytest.mark.parametrize("family", [name for name in APART if FAMILIES[name].tokenizer.kind == "qwen2"])
def test_the_vocabulary_numbers_words_as_qwen_does(family: str) -> None:
    folder = resources() / "families" / family
    tokenizer = load_tokenizer(Qwen2Tokenizer, folder / "tokenizer")
    text = "<|im_start|>user\na red house<|im_end|>\n<|im_start|>assistant\n"
    numbers = [151644, 872, 198, 64, 2518, 3753, 151645, 198, 151644, 77091, 198]  # of Qwen2's own tokenizer
    assert tokenizer(text).input_ids == numbers
    told = tokenizer.apply_chat_template(
        [{"role": "user", "content": "a red house"}], tokenize=False, add_generation_prompt=True
    )
    assert told == text
    ours, _ = read_tokenizer(read_model(folder, family))
    assert len(ours.encode(text).ids) == len(numbers)


@pytest.mark.parametrize("form", ["safetensors", "gguf"])
def test_a_language_model_of_another_size_is_built_by_its_file(tmp_path: Path, form: str) -> None:
    rows = {"q_norm": (128,), "q_proj": (4096, 4096), "k_proj": (1024, 4096), "gate_proj": (12288, 4096)}
    layer = "model.layers.{}"
    heads = [f"{layer}.self_attn.{name}" for name in ("q_norm", "q_proj", "k_proj")]
    names = ["model.embed_tokens", f"{layer}.input_layernorm", *heads, f"{layer}.mlp.gate_proj"]
    if form == "gguf":
        names = ["token_embd", *(f"blk.{{}}.{name}" for name in ("attn_norm", *GGUF_ROWS))]
    shapes = dict(zip(names, ((151936, 4096), (4096,), *rows.values()), strict=True))
    tensors = {f"{name.format(layer)}.weight": shape for name, shape in shapes.items() for layer in (0, 35)}
    tensors["model.layers.9999.x"] = (1,)  # a network of so many layers would never be built
    path = safetensors(tmp_path / "q", tensors) if form == "safetensors" else gguf(tmp_path / "q", tensors)
    config = json.loads((SHIPPED / "flux2_klein" / "text_encoder" / "config.json").read_text("utf-8"))
    built = encoder_config(read_header(path), "model." if form == "safetensors" else "", config)
    module: Any = empty(Qwen3Model, built)
    state = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    assert state["embed_tokens.weight"] == (151936, 4096)
    assert state["layers.35.self_attn.k_proj.weight"] == (1024, 4096)
    assert state["layers.0.mlp.gate_proj.weight"] == (12288, 4096)
    assert len([name for name in state if name.endswith("q_norm.weight")]) == 36


SMALLER = {
    ("flux1", "text_encoder"): {"hidden_size": 128, "num_attention_heads": 2, "intermediate_size": 96},
    ("stable_diffusion_3", "text_encoder_2"): {
        "hidden_size": 192,
        "num_attention_heads": 3,
        "num_hidden_layers": 2,
        "vocab_size": 70,
    },
    ("flux1", "text_encoder_2"): {"d_model": 96, "d_kv": 16, "d_ff": 80, "num_layers": 5, "num_heads": 6},
    ("z_image", "text_encoder"): {"hidden_size": 96, "num_attention_heads": 6, "num_key_value_heads": 2},
    ("qwen_image", "text_encoder"): {"hidden_size": 512, "num_attention_heads": 4, "num_key_value_heads": 2},
    ("krea2", "text_encoder"): {"hidden_size": 512, "num_attention_heads": 8, "num_hidden_layers": 3},
}


@pytest.mark.parametrize("wrapper", ["", "model.", "text_model."])
@pytest.mark.parametrize(("family", "part"), SMALLER)
def test_an_encoder_of_another_size_is_built_by_the_shapes_of_its_file(
    family: str, part: str, wrapper: str, tmp_path: Path
) -> None:
    config = json.loads((SHIPPED / family / part / "config.json").read_text("utf-8"))
    kind = import_module(FAMILIES[family].engine).KINDS[part]
    smaller: dict[str, Any] = {**config, **SMALLER[family, part]}
    if "text_config" in config:
        text = {**config["text_config"], **SMALLER[family, part], "vocab_size": 300}
        seen = {**config["vision_config"], "out_hidden_size": text["hidden_size"]}
        smaller = {**config, "text_config": text, "vision_config": seen}
    expected = {name: tuple(value.shape) for name, value in empty(kind, smaller).state_dict().items()}
    written = {
        f"{wrapper}{name.removeprefix(wrapper)}": expected[name] for name in expected if "visual" not in name
    }
    header = read_header(safetensors(tmp_path / "encoder", written))
    start = "" if wrapper == "text_model." and "clip" in config["model_type"] else wrapper
    built: Any = empty(kind, encoder_config(header, start, config))
    assert {name: tuple(value.shape) for name, value in built.state_dict().items()} == expected
