"""Every way in which programs name the layers of a LoRA finds all of them, on the right layers."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from diffusers.models.transformers.transformer_z_image import ZImageTransformer2DModel
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTextModelWithProjection, Qwen3Model

from core.engine.loading.lora_additions import AdaptedLayer, Product
from core.engine.loading.lora_layers import LoraLayers
from core.families import FAMILIES
from core.lora.library import LoraLibrary
from core.models.catalogue import Catalogue, Model
from core.request.request import Lora
from tests import tiny

Pairs = dict[str, dict[str, tuple[torch.Tensor, torch.Tensor]]]
"""Down and up of each layer, by part and path."""
Named = dict[str, torch.Tensor]
Writer = Callable[[str, Pairs], Named]

MODELS = ("sd1", "sd2", "xl", "z")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    models = tmp_path_factory.mktemp("names")
    blocks = ("CrossAttnDownBlock2D", "DownBlock2D"), ("UpBlock2D", "CrossAttnUpBlock2D")
    tiny.stable_diffusion(models / "sd1", down_block_types=blocks[0], up_block_types=blocks[1], layers_per_block=2)
    tiny.stable_diffusion(models / "sd2", use_linear_projection=True)
    tiny.stable_diffusion_xl(models / "xl", second=64)
    tiny.z_image(models / "z")
    return models


@pytest.fixture(scope="module")
def loaded(folder: Path) -> dict[str, tuple[Model, dict[str, Any], Pairs]]:
    """Each model with its parts, and a pair for every linear layer and convolution of them."""
    kinds: dict[str, Any] = {
        "unet": UNet2DConditionModel,
        "transformer": ZImageTransformer2DModel,
        "text_encoder_2": CLIPTextModelWithProjection,
    }
    found: dict[str, tuple[Model, dict[str, Any], Pairs]] = {}
    for name in MODELS:
        model = Catalogue((folder,)).find(name)
        names = FAMILIES[model.family].parts[:-1]
        kinds["text_encoder"] = Qwen3Model if name == "z" else CLIPTextModel
        parts = {part: kinds[part].from_pretrained(folder / name / part) for part in names}
        found[name] = model, parts, {part: pairs_for(module) for part, module in parts.items()}
    return found


def pairs_for(module: torch.nn.Module) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    pairs: dict[str, tuple[torch.Tensor, torch.Tensor]] = {}
    for path, layer in module.named_modules():
        if isinstance(layer, torch.nn.Linear):
            pairs[path] = torch.randn(2, layer.in_features), torch.randn(layer.out_features, 2)
        elif isinstance(layer, torch.nn.Conv2d):
            down = torch.randn(2, layer.in_channels, *layer.kernel_size)
            pairs[path] = down, torch.randn(layer.out_channels, 2, 1, 1)
    return pairs


def each(model: str, pairs: Pairs, prefixes: Mapping[str, str], original: bool) -> Iterator[tuple[str, str, str]]:
    """Part, path, and the name with its prefix, for the parts that have one."""
    family = FAMILIES["z_image" if model == "z" else "stable_diffusion"]
    for part, prefix in prefixes.items():
        names: dict[str, str] = {}
        if original and part == family.network:
            assert family.lora is not None
            found = family.lora.original_names(pairs[part]).items()
            names = {paths[0]: name for name, paths in found if len(paths) == 1}
        for path in pairs.get(part, ()):
            name = names.get(path, path)
            is_clip = part.startswith("text_encoder") and path.startswith("encoder.")
            yield part, path, f"{prefix}text_model.{name}" if is_clip else f"{prefix}{name}"


def kohya(prefixes: Mapping[str, str], original: bool = False) -> Writer:
    """Underscores only, alpha beside."""

    def write(model: str, pairs: Pairs) -> Named:
        found: Named = {}
        for part, path, name in each(model, pairs, prefixes, original):
            flat, (down, up) = name.replace(".", "_"), pairs[part][path]
            found |= {f"{flat}.lora_down.weight": down, f"{flat}.lora_up.weight": up}
            found[f"{flat}.alpha"] = torch.tensor(2.0)
        return found

    return write


def dotted(prefixes: Mapping[str, str], down: str, up: str, original: bool = False) -> Writer:
    def write(model: str, pairs: Pairs) -> Named:
        found: Named = {}
        for part, path, name in each(model, pairs, prefixes, original):
            found |= {f"{name}{down}": pairs[part][path][0], f"{name}{up}": pairs[part][path][1]}
        return found

    return write


def old_diffusers(prefix: str) -> Writer:
    """Attention only, by its processors, and the text encoder's linear layers (diffusers 0.12 to 0.20)."""

    def write(model: str, pairs: Pairs) -> Named:
        found: Named = {}
        for path, (down, up) in pairs["unet"].items():
            name = re.sub(r"(attn[12])\.(to_[qkv]|to_out)(\.0)?$", r"\1.processor.\2_lora", path)
            if name != path:
                found |= {f"{prefix}{name}.down.weight": down, f"{prefix}{name}.up.weight": up}
        for path, (down, up) in pairs["text_encoder"].items():
            name = re.sub(r"self_attn\.([qkv]|out)_proj$", r"self_attn.to_\1_lora", path)
            end = "" if name != path else ".lora_linear_layer"
            found |= {
                f"text_encoder.text_model.{name}{end}.down.weight": down,
                f"text_encoder.text_model.{name}{end}.up.weight": up,
            }
        return found

    return write


def fused(prefix: str, separator: str) -> Writer:
    """ComfyUI's Z-Image: one layer makes queries, keys and values, as musubi-tuner converts them."""

    def write(model: str, pairs: Pairs) -> Named:
        found: Named = {}
        for part, path, name in each(model, pairs, {"transformer": prefix}, original=True):
            down, up = pairs[part][path]
            if path.endswith("to_q"):
                three = [pairs[part][f"{path[:-1]}{letter}"] for letter in "qkv"]
                down, up = torch.cat([pair[0] for pair in three]), torch.block_diag(*(pair[1] for pair in three))
                name = name.replace("to_q", "qkv")
            elif path.endswith(("to_k", "to_v")):
                continue
            name = name.replace(".", separator)
            found |= {f"{name}.lora_down.weight": down, f"{name}.lora_up.weight": up}
            found[f"{name}.alpha"] = torch.tensor(float(len(down)))
        return found

    return write


DOWN_UP = ".lora_down.weight", ".lora_up.weight"
A_B = ".lora_A.weight", ".lora_B.weight"
WITH_TAG = ".lora_A.default.weight", ".lora_B.default.weight"
NAMES = ("unet", "transformer", "text_encoder", "text_encoder_2")
DIFFUSERS = {name: f"{name}." for name in NAMES}
PEFT = {name: f"{name}.base_model.model." for name in NAMES}
KOHYA = {"unet": "lora_unet_", "text_encoder": "lora_te_"}
KOHYA_XL = {"unet": "lora_unet_", "text_encoder": "lora_te1_", "text_encoder_2": "lora_te2_"}
ONETRAINER = {"unet": "unet.", "text_encoder": "clip_l.", "text_encoder_2": "clip_g."}
COMFY = {
    "unet": "diffusion_model.",
    "text_encoder": "text_encoders.clip_l.transformer.",
    "text_encoder_2": "text_encoders.clip_g.transformer.",
}
QWEN = "text_encoders.qwen3_4b.transformer.model."

UNETS: Mapping[str, Writer] = {
    "kohya": kohya(KOHYA),
    "kohya, XL": kohya(KOHYA_XL),
    "kohya, sgm names": kohya(KOHYA_XL, original=True),
    "diffusers": dotted(DIFFUSERS, *A_B),
    "diffusers, lora.down": dotted(DIFFUSERS, ".lora.down.weight", ".lora.up.weight"),
    "diffusers, .processor.": old_diffusers("unet."),
    "diffusers, oldest": old_diffusers(""),
    "peft": dotted(PEFT, *A_B),
    "peft, with the adapter's name": dotted(PEFT, *WITH_TAG),
    "peft, a network alone": dotted({"unet": "base_model.model."}, *A_B),
    "ComfyUI": dotted(COMFY, *DOWN_UP, original=True),
    "ComfyUI, lora_A": dotted(COMFY, *A_B, original=True),
    "sgm": dotted({"unet": "model.diffusion_model."}, *DOWN_UP, original=True),
    "OneTrainer": dotted(ONETRAINER, *DOWN_UP, original=True),
    "OneTrainer, dots": dotted({n: f"lora_{p}" for n, p in ONETRAINER.items()}, *DOWN_UP, original=True),
    "OneTrainer, older": kohya(KOHYA_XL),
    "ai-toolkit": kohya(KOHYA_XL),
    "SimpleTuner": kohya({"unet": "lycoris_"}),
    "without a prefix": dotted({"unet": ""}, *A_B),
}
Z_IMAGE: Mapping[str, Writer] = {
    "musubi-tuner": kohya({"transformer": "lora_unet_"}),
    "musubi-tuner, for ComfyUI": fused("lora_unet_", "_"),
    "ai-toolkit": dotted({"transformer": "diffusion_model."}, *A_B),
    "ComfyUI, fused": fused("diffusion_model.", "."),
    "diffusers": dotted(DIFFUSERS, *A_B),
    "peft": dotted({"transformer": "base_model.model."}, *WITH_TAG),
    "OneTrainer": dotted(DIFFUSERS, *DOWN_UP),
    "OneTrainer, older": kohya({"transformer": "lora_transformer_"}),
    "SimpleTuner": kohya({"transformer": "lycoris_"}),
    "DiffSynth": dotted({"transformer": ""}, *WITH_TAG),
    "ComfyUI, with Qwen3": dotted({"transformer": "diffusion_model.", "text_encoder": QWEN}, *A_B),
    "kohya, with Qwen3": kohya({"transformer": "lora_unet_", "text_encoder": "lora_te_model_"}),
}
WALK = [(model, name) for model in MODELS for name in (Z_IMAGE if model == "z" else UNETS)]


@pytest.mark.parametrize(("model", "name"), WALK)
def test_all_layers_are_found_whatever_program_named_them(
    loaded: Mapping[str, tuple[Model, dict[str, Any], Pairs]], tmp_path: Path, model: str, name: str
) -> None:
    found, parts, pairs = loaded[model]
    writer = (Z_IMAGE if model == "z" else UNETS)[name]
    state = writer(model, pairs)
    safetensors.torch.save_file(
        {key: value.contiguous() for key, value in state.items()}, tmp_path / "a.safetensors"
    )
    layers = LoraLayers(found, parts)
    layers.apply((Lora("a"),), LoraLibrary((), (tmp_path,)))
    (usage,) = layers.usages
    acting = 0
    for part, module in parts.items():
        for path, layer in module.named_modules():
            if isinstance(layer, AdaptedLayer):
                (addition,) = layer.lora_additions
                assert isinstance(addition, Product)
                down, up = pairs[part][path]
                assert torch.equal(
                    addition.up.flatten(1) @ addition.down.flatten(1), up.flatten(1) @ down.flatten(1)
                )
                assert addition.alpha == addition.rank
                acting += 1
    layers.apply((), LoraLibrary(()))
    sys.stdout.write(f"{model:4} {name:32} {usage.describe()}, on {acting} layers of the model\n")
    assert usage.applied == usage.layers
    assert acting == usage.layers + (2 * sum("qkv" in key for key in state) // 3)
    assert not any(isinstance(layer, AdaptedLayer) for part in parts.values() for layer in part.modules())
