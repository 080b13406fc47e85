"""Z-Image's makers have one layer for queries, keys and values: each method changes the right third of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import safetensors.torch
import torch
from diffusers.models.transformers.transformer_z_image import ZImageTransformer2DModel

from core.engine.loading.lora_layers import LoraLayers
from core.errors import LoraBroken
from core.lora.library import LoraLibrary
from core.models.catalogue import Catalogue
from core.request.request import Lora
from tests import tiny
from tests.tiny_loras import METHODS, dora, lora, made

FUSED = "diffusion_model.layers.1.attention.qkv"
WEIGHT = 0.6


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.z_image(tmp_path_factory.mktemp("fused") / "tiny")


@pytest.mark.parametrize("method", [name for name in METHODS if "Tucker" not in name and name != "DoRA by inputs"])
def test_each_third_gets_its_rows(folder: Path, tmp_path: Path, method: str) -> None:
    network = ZImageTransformer2DModel.from_pretrained(folder / "transformer")
    weights = (network.get_parameter(f"layers.1.attention.to_{letter}.weight") for letter in "qkv")
    weight = torch.cat([*weights]).double()
    make, exact = METHODS[method]
    tensors = make(weight.shape)
    double = {name: value.double() for name, value in tensors.items()}
    put_in(network, folder, tmp_path, {f"{FUSED}.{role}": value for role, value in tensors.items()})
    (x,) = made((2, 5, weight.shape[1]))
    expected = x.double() @ (weight + WEIGHT * exact(double, weight)).T
    expected = expected + WEIGHT * double.get("diff_b", torch.zeros(1).double())
    found = torch.cat([network.get_submodule(f"layers.1.attention.to_{letter}")(x) for letter in "qkv"], dim=-1)
    assert torch.allclose(found.double(), expected, rtol=1e-4, atol=2e-4)


def test_magnitudes_that_three_layers_share_are_left_out_by_name(folder: Path, tmp_path: Path) -> None:
    network = ZImageTransformer2DModel.from_pretrained(folder / "transformer")
    tensors = dora(lora, 1)(torch.Size((3 * tiny.WIDTH, tiny.WIDTH)))
    with pytest.raises(LoraBroken, match="1 of DoRA over three layers at once"):
        put_in(network, folder, tmp_path, {f"{FUSED}.{role}": value for role, value in tensors.items()})


def put_in(
    network: ZImageTransformer2DModel, folder: Path, place: Path, state: dict[str, torch.Tensor]
) -> LoraLayers:
    path = place / "fused.safetensors"
    safetensors.torch.save_file({name: value.clone() for name, value in state.items()}, path)
    layers = LoraLayers(Catalogue((folder.parent,)).find(folder.name), {"transformer": network})
    layers.apply((Lora("fused", WEIGHT),), LoraLibrary((), (path,)))
    return layers
