"""The configurations that ship build the real networks, and the vocabulary is Qwen's."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from transformers import Qwen2Tokenizer, Qwen3Model

from core.engine.weights.components import load_tokenizer
from core.engine.weights.fit import empty
from core.families import FAMILIES
from core.file_kinds.encoders import encoder_config
from core.files.weights_header import read_header
from core.models.catalogue import read_model
from core.paths import resources
from core.prompt.tokenizer_files import read_tokenizer
from tests.core.models.made_files import safetensors

SHIPPED = resources() / "families"
APART = tuple(key for key, family in FAMILIES.items() if (SHIPPED / key).is_dir() and family.roles)
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
}
"""Some that the files of the real models have."""


@pytest.mark.parametrize("family", APART)
def test_the_configurations_build_the_real_networks(family: str) -> None:
    twin = import_module(FAMILIES[family].engine)
    for (part, name), shape in SHAPES[family].items():
        config = json.loads((resources() / "families" / family / part / "config.json").read_text("utf-8"))
        module: Any = empty(twin.KINDS[part], config)
        assert tuple(module.state_dict()[name].shape) == shape


@pytest.mark.parametrize("family", APART)
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


def test_a_language_model_of_another_size_is_built_by_its_file(tmp_path: Path) -> None:
    start = "model.layers.0"
    shapes = {
        "model.embed_tokens.weight": (151936, 4096),
        f"{start}.input_layernorm.weight": (4096,),
        f"{start}.self_attn.q_norm.weight": (128,),
        f"{start}.self_attn.q_proj.weight": (4096, 4096),
        f"{start}.mlp.gate_proj.weight": (12288, 4096),
        **{f"model.layers.{layer}.self_attn.k_proj.weight": (1024, 4096) for layer in (0, 35)},
    }
    path = safetensors(tmp_path / "qwen_3_8b.safetensors", shapes)
    config = json.loads((SHIPPED / "flux2_klein" / "text_encoder" / "config.json").read_text("utf-8"))
    built = encoder_config(read_header(path), "model.", config)
    module: Any = empty(Qwen3Model, built)
    state = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    for name in ("layers.35.self_attn.k_proj.weight", "layers.0.mlp.gate_proj.weight", "embed_tokens.weight"):
        assert state[name] == shapes[f"model.{name}"]
    assert len([name for name in state if name.endswith("q_norm.weight")]) == 36
