"""Each way in which programs name the layers of a transformer's LoRA finds all of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from core.engine import families
from core.engine.devices.device import plan
from core.engine.loading.lora_layers import LoraLayers
from core.families import FAMILIES
from core.lora.file import read_lora
from core.lora.library import LoraLibrary
from core.models.catalogue import Catalogue, Model
from core.request.request import Lora
from tests.tiny_families import TINY_MODELS

MODELS = ("chroma", "flux1", "flux2_klein", "krea2", "qwen_image", "stable_diffusion_3")
STYLES: dict[str, Callable[[str], str]] = {
    "kohya": lambda name: f"lora_unet_{name.replace('.', '_')}",
    "ComfyUI": lambda name: f"diffusion_model.{name}",
    "peft": lambda name: f"base_model.model.{name}",
    "diffusers": lambda name: f"transformer.{name}",
}


@pytest.fixture(scope="module", params=MODELS)
def loaded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Model, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("models")
    TINY_MODELS[request.param].make(folder / request.param)
    model = Catalogue((folder,)).find(request.param)
    return model, families.load(model, plan("cpu", "float32")).parts()


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("is_original", [True, False])
def test_all_layers_are_found_by_every_name(
    style: str, is_original: bool, loaded: tuple[Model, dict[str, Any]], tmp_path: Path
) -> None:
    model, parts = loaded
    family = FAMILIES[model.family]
    network: torch.nn.Module = parts[family.network]
    layers = {path: layer for path, layer in network.named_modules() if isinstance(layer, torch.nn.Linear)}
    assert family.lora is not None
    named = family.lora.original_names(layers) if is_original else {path: (path,) for path in layers}
    joined = {path for paths in named.values() if len(paths) > 1 for path in paths}
    tensors: dict[str, torch.Tensor] = {}
    expected: dict[str, torch.Tensor] = {}
    for name, paths in named.items():
        if name in joined:
            continue
        outputs = sum(layers[path].out_features for path in paths)
        down, up = torch.randn(2, layers[paths[0]].in_features), torch.randn(outputs, 2)
        key = STYLES[style](name)
        tensors |= {f"{key}.lora_down.weight": down, f"{key}.lora_up.weight": up}
        rows = (up @ down).split([layers[path].out_features for path in paths])
        expected |= dict(zip(paths, rows, strict=True))
    file = tmp_path / "loras" / "ink.safetensors"
    file.parent.mkdir()
    save_file(tensors, file)
    assert read_lora(file).made_for in (family.name, family.lora.like)
    adapted = LoraLayers(model, parts)
    adapted.apply((Lora("ink"),), LoraLibrary((tmp_path,), (), Catalogue(()).memory))
    assert adapted.usages[0].applied == len(tensors) // 2
    assert expected.keys() == layers.keys()
    for path, change in expected.items():
        x = torch.randn(1, layers[path].in_features)
        found = network.get_submodule(path)(x) - layers[path](x)
        assert torch.allclose(found, x @ change.T, atol=1e-4), path
    adapted.apply((), LoraLibrary((tmp_path,), (), Catalogue(()).memory))
