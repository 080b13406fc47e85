"""Networks and text encoders in GGUF files of their own, with llama.cpp's names, are read and find one another."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from safetensors.torch import load_file, save_file
from transformers import Qwen2_5_VLModel, T5Config, T5EncoderModel

from core.autoencoders.file import AutoencoderLibrary
from core.checkpoints.cache import CheckpointCache
from core.engine.devices.device import plan as device_plan
from core.engine.loading.autoencoders import read_weights
from core.engine.weights import packed_layers
from core.engine.weights.packed_layers import Packed
from core.engine.weights.single_file import WeightFile
from core.errors import ModelBroken
from core.files.json_file import read_json
from core.files.weights_header import read_header
from core.models.catalogue import Catalogue
from core.models.folders import FixedPlaces
from core.pictures.pixels import Pixels
from core.request.request import Autoencoder
from tests import original_names, packed_weights, tiny_qwen
from tests.weight_files import TEXT, UNET, Place, Weights, of_folder, picture

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


def test_qwen_vl_in_gguf_reads_texts_without_its_half_for_pictures(tmp_path: Path) -> None:
    own = tiny_qwen.qwen_vl(64).model
    weights = {name.removeprefix("language_model."): value for name, value in own.state_dict().items()}
    weights = {name: value for name, value in weights.items() if not name.startswith("visual.")}
    means = packed_weights.write_gguf(tmp_path / "q.gguf", llama(weights, QWEN), "Q8_0", "qwen2vl")
    own.language_model.load_state_dict(back(means, weights, QWEN))
    source = WeightFile.of(read_header(tmp_path / "q.gguf"))
    read, used = source.build(Qwen2_5_VLModel, own.config.to_dict(), torch.float32, "it", keeps_packed=True)
    assert used == set(means)
    words = torch.tensor([[1, 5, 9, 63]])
    with torch.inference_mode():
        torch.testing.assert_close(
            read(words).last_hidden_state, own(words).last_hidden_state, rtol=1e-4, atol=1e-5
        )
    with pytest.raises(ModelBroken, match="without its half that reads pictures"):
        read.visual(words)


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


def test_t5_unpacks_each_weight_once_for_a_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = T5Config(
        vocab_size=64, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4, feed_forward_proj="gated-gelu"
    )
    weights = {name: value for name, value in T5EncoderModel(config).state_dict().items() if "embed" not in name}
    packed_weights.write_gguf(tmp_path / "t5.gguf", llama(weights, T5), "Q8_0", "t5encoder")
    source = WeightFile.of(read_header(tmp_path / "t5.gguf"))
    read, _ = source.build(T5EncoderModel, config.to_dict(), torch.float32, "it", keeps_packed=True)
    packed = sum(isinstance(layer, Packed) for layer in read.modules())
    unpacked: list[str] = []
    unpack = packed_layers.unpack

    def counted(form: str, *more: Any) -> torch.Tensor:
        unpacked.append(form)
        return unpack(form, *more)

    monkeypatch.setattr(packed_layers, "unpack", counted)
    with torch.inference_mode():
        read(torch.tensor([[1, 5, 9]]))
    assert len(unpacked) == packed - 1  # two names of one table of words


def test_a_u_net_of_city96_finds_its_text_encoder_and_autoencoder(sd: Place, tmp_path: Path) -> None:
    """Its converter drops the prefix, and flattens convolutions whose rows are no whole blocks."""
    models = tmp_path / "models"
    for folder in ("diffusion_models", "text_encoders", "vae"):
        (models / folder).mkdir(parents=True)
    unet = {name.removeprefix(UNET): value for name, value in sd.plain.items() if name.startswith(UNET)}
    means = packed_weights.write_gguf(models / "diffusion_models" / "sd15-Q8_0.gguf", unet, "Q8_0", "sd1")
    text = {name.removeprefix(TEXT): value for name, value in sd.plain.items() if name.startswith(TEXT)}
    save_file(text, models / "text_encoders" / "clip_l.safetensors")
    vae = AutoencoderKL.from_pretrained(sd.whole / "vae")
    vae_file = original_names.autoencoder(vae, models / "vae" / "any.safetensors", prefix="")
    layouts = tmp_path / "layouts"
    shutil.copytree(sd.whole, layouts / "stable_diffusion_1", ignore=_WEIGHTS)
    places = FixedPlaces((models,))
    catalogue = Catalogue(lambda: places, layouts=layouts)
    model = catalogue.find("sd15-Q8_0")
    assert model.parts.places["text_encoder"].name == "clip_l.safetensors"
    pixels, _ = picture(catalogue, model.place, Autoencoder(vae_file.stem))
    whole = sd.plain | {f"{UNET}{name}": value for name, value in means.items()}
    assert np.array_equal(pixels, sd.picture(whole)[0])


def test_a_u_net_without_a_text_encoder_says_what_is_missing(sd: Place, tmp_path: Path) -> None:
    unet = {name.removeprefix(UNET): value for name, value in sd.plain.items() if name.startswith(UNET)}
    packed_weights.write_gguf(tmp_path / "sd15.gguf", unet, "Q4_0", "sd1")
    shutil.copytree(sd.whole, tmp_path / "layouts" / "stable_diffusion_1", ignore=_WEIGHTS)
    places = FixedPlaces((tmp_path,))
    with pytest.raises(ModelBroken, match=r"missing: CLIP of width 32 \(text encoder\)"):
        Catalogue(lambda: places, layouts=tmp_path / "layouts").find("sd15")


def test_an_autoencoder_in_gguf_is_found_and_unpacked(sd: Place, tmp_path: Path) -> None:
    vae = AutoencoderKL.from_pretrained(sd.whole / "vae")
    plain = load_file(original_names.autoencoder(vae, tmp_path / "plain.safetensors", prefix=""))
    (tmp_path / "vae").mkdir()
    means = packed_weights.write_gguf(tmp_path / "vae" / "mine.gguf", plain, "Q8_0", "pig")
    library = AutoencoderLibrary((tmp_path,), CheckpointCache())
    file = library.find(Autoencoder("mine"))
    config = read_json(sd.whole / "vae" / "config.json")
    read = read_weights(file, config, device_plan("cpu", "float32"))
    assert not any(isinstance(layer, Packed) for layer in read.modules())
    assert torch.equal(read.decoder.conv_in.weight, means["decoder.conv_in.weight"])
