"""Networks and text encoders in GGUF files of their own, with llama.cpp's names, are read and find one another."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from safetensors.torch import save_file
from transformers import T5Config, T5EncoderModel

from core.engine.weights.packed_layers import Packed
from core.engine.weights.single_file import WeightFile
from core.files.weights_header import read_header
from core.models.catalogue import Catalogue
from core.models.folders import FixedPlaces
from core.pictures.pixels import Pixels
from tests import original_names, packed_weights
from tests.weight_files import Place, Weights, of_folder, picture

QWEN = (
    ("embed_tokens", "token_embd"),
    ("self_attn.q_norm", "attn_q_norm"),
    ("self_attn.k_norm", "attn_k_norm"),
    ("self_attn.o_proj", "attn_output"),
    (r"self_attn\.([qkv])_proj", r"attn_\1"),
    (r"mlp\.(gate|up|down)_proj", r"ffn_\1"),
    ("input_layernorm", "attn_norm"),
    ("post_attention_layernorm", "ffn_norm"),
    (r"layers\.(\d+)", r"blk.\1"),
    (r"^norm\.", "output_norm."),
)
T5 = (
    ("shared", "token_embd"),
    (r"encoder\.block\.(\d+)\.", r"enc.blk.\1."),
    (r"layer\.0\.layer_norm", "attn_norm"),
    (r"layer\.1\.layer_norm", "ffn_norm"),
    (r"layer\.0\.SelfAttention\.relative_attention_bias", "attn_rel_b"),
    (r"layer\.0\.SelfAttention\.([qkvo])\.", r"attn_\1."),
    (r"layer\.1\.DenseReluDense\.wi_0", "ffn_gate"),
    (r"layer\.1\.DenseReluDense\.wi_1", "ffn_up"),
    (r"layer\.1\.DenseReluDense\.wo", "ffn_down"),
    (r"encoder\.final_layer_norm", "enc.output_norm"),
)


def llama(weights: Weights, renames: tuple[tuple[str, str], ...]) -> Weights:
    for old, new in renames:
        weights = {re.sub(old, new, name): value for name, value in weights.items()}
    return weights


def back(weights: Weights, to: Weights, renames: tuple[tuple[str, str], ...]) -> Weights:
    """Returns the weights with the names that they had before `llama`."""
    return {name: weights[other] for name, other in zip(to, llama(dict(to), renames), strict=True)}


@pytest.mark.parametrize("form", packed_weights.GGUF_TYPES)
def test_a_network_and_an_encoder_in_gguf_make_the_picture_of_what_they_mean(
    form: str, z: Place, tmp_path: Path
) -> None:
    encoder = of_folder(z, "text_encoder", "")
    pictures: list[Pixels] = []
    for kind in ("packed", "meant"):
        models = tmp_path / kind / "models"
        for folder in ("diffusion_models", "text_encoders", "vae"):
            (models / folder).mkdir(parents=True)
        network, text = (models / folder / f"one-{form}.gguf" for folder in ("diffusion_models", "text_encoders"))
        network_means = packed_weights.write_gguf(network, z.plain, form)
        text_means = packed_weights.write_gguf(text, llama(encoder, QWEN), form, "qwen3")
        if kind == "meant":
            for path, weights in ((network, network_means), (text, back(text_means, encoder, QWEN))):
                path.unlink()
                save_file(weights, path.with_suffix(".safetensors"))
        vae = AutoencoderKL.from_pretrained(z.whole / "vae")
        original_names.autoencoder(vae, models / "vae" / "ae.safetensors", prefix="")
        shutil.copytree(z.whole, tmp_path / "layouts" / "z_image", dirs_exist_ok=True, ignore=_WEIGHTS)
        places = FixedPlaces((models,))
        catalogue = Catalogue(lambda places=places: places, layouts=tmp_path / "layouts")
        (model,) = (model for model in catalogue.models() if model.family == "z_image")
        assert model.parts.places["text_encoder"].parent.name == "text_encoders"
        pixels, told = picture(catalogue, model.place)
        assert told == []
        pictures.append(pixels)
    assert np.array_equal(pictures[0], pictures[1])
    assert pictures[0].std() > 0


_WEIGHTS = shutil.ignore_patterns("*.safetensors")


def test_t5_with_the_names_of_llama_computes_as_transformers_own(tmp_path: Path) -> None:
    torch.manual_seed(0)
    config = T5Config(
        vocab_size=64, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4, feed_forward_proj="gated-gelu"
    )
    own = T5EncoderModel(config).eval()
    weights = {name: value for name, value in own.state_dict().items() if "embed_tokens" not in name}
    means = packed_weights.write_gguf(tmp_path / "t5.gguf", llama(weights, T5), "Q8_0", "t5encoder")
    own.load_state_dict(back(means, weights, T5), strict=False)
    source = WeightFile.of(read_header(tmp_path / "t5.gguf"))
    read, used = source.build(T5EncoderModel, config.to_dict(), torch.float32, "it", keeps_packed=True)
    assert used == set(means)
    assert sum(isinstance(layer, Packed) for layer in read.modules()) > 6
    words = torch.tensor([[1, 5, 9, 63]])
    with torch.inference_mode():
        expected = own(words).last_hidden_state
        torch.testing.assert_close(read(words).last_hidden_state, expected, rtol=1e-4, atol=1e-5)
