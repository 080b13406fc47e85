"""Each method of LoRA's kin changes a layer as its paper says: against W + dW, written out in float64."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch.nn import functional

from core.checkpoints.lora_keys import lora_layers
from core.engine.loading.lora_additions import AdaptedLayer
from core.engine.loading.lora_layers import LoraLayers
from core.engine.weights.quantisation import quantise
from core.errors import LoraBroken
from core.lora.library import LoraLibrary
from core.models.catalogue import Catalogue, Model
from core.request.request import Lora
from tests import tiny
from tests.tiny_loras import METHODS, Tensors, exact_dora, exact_product, loha, lokr, lora, made

LINEAR = "mid_block.attentions.0.transformer_blocks.0.ff.net.2"
CONVOLUTION = "down_blocks.1.resnets.0.conv1"
STRIDED = "down_blocks.0.downsamplers.0.conv"
POINT = "mid_block.attentions.0.proj_in"
WEIGHT = 0.7


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> tuple[Model, Path]:
    folder = tmp_path_factory.mktemp("additions")
    tiny.stable_diffusion(folder / "tiny")
    return Catalogue((folder,)).find("tiny"), folder / "tiny" / "unet"


@pytest.fixture
def unet(model: tuple[Model, Path]) -> Any:
    return UNet2DConditionModel.from_pretrained(model[1])


def put_in(model: Model, unet: Any, folder: Path, state: Tensors, weight: float = WEIGHT) -> LoraLayers:
    path = folder / "one.safetensors"
    safetensors.torch.save_file({name: value.clone().contiguous() for name, value in state.items()}, path)
    layers = LoraLayers(model, {"unet": unet})
    layers.apply((Lora("one", weight),), LoraLibrary((), (path,)))
    return layers


def named(path: str, tensors: Tensors) -> Tensors:
    return {f"lora_unet_{path.replace('.', '_')}.{role}": value for role, value in tensors.items()}


def inputs_of(layer: Any) -> torch.Tensor:
    is_linear = isinstance(layer, torch.nn.Linear)
    return made((2, 3, layer.in_features) if is_linear else (2, layer.in_channels, 6, 6))[0]


def computed(layer: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """The layer's result in float64."""
    if isinstance(layer, torch.nn.Linear):
        return functional.linear(x.double(), weight, bias)
    return functional.conv2d(x.double(), weight, bias, layer.stride, layer.padding)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        (method, path)
        for method in METHODS
        for path in (LINEAR, CONVOLUTION, STRIDED, POINT)
        if path != LINEAR or "Tucker" not in method
    ],
)
def test_each_method_adds_its_change_of_the_weight(
    model: tuple[Model, Path], unet: Any, tmp_path: Path, method: str, path: str
) -> None:
    layer = unet.get_submodule(path)
    make, exact = METHODS[method]
    tensors = make(layer.weight.shape)
    x = inputs_of(layer)
    layers = put_in(model[0], unet, tmp_path, named(path, tensors))
    adapted = unet.get_submodule(path)
    assert isinstance(adapted, AdaptedLayer)
    double = {name: value.double() for name, value in tensors.items()}
    weight = layer.weight.double()
    bias = layer.bias.double() + WEIGHT * double.get("diff_b", torch.zeros(1).double())
    expected = computed(layer, x, weight + WEIGHT * exact(double, weight), bias)
    assert torch.allclose(adapted(x).double(), expected, rtol=1e-4, atol=2e-4)
    before = layer(x)
    layers.apply((), LoraLibrary(()))
    assert torch.equal(unet.get_submodule(path)(x), before)


@pytest.mark.parametrize("path", ["mid_block.attentions.0.norm", f"{LINEAR.removesuffix('.ff.net.2')}.norm1"])
@pytest.mark.parametrize("roles", [("w_norm", "b_norm"), ("diff", "diff_b"), ("w_norm",)])
def test_normalisations_get_other_weights(
    model: tuple[Model, Path], unet: Any, tmp_path: Path, path: str, roles: tuple[str, ...]
) -> None:
    norm = unet.get_submodule(path)
    changes = dict(zip(roles, made(norm.weight.shape, norm.weight.shape), strict=False))
    x = made((2, 16, 5, 5) if isinstance(norm, torch.nn.GroupNorm) else (2, 3, 16))[0]
    put_in(model[0], unet, tmp_path, named(path, changes))
    result = unet.get_submodule(path)(x)
    with torch.no_grad():
        norm.weight.add_(WEIGHT * changes[roles[0]])
        norm.bias.add_(WEIGHT * changes[roles[1]] if len(roles) > 1 else 0.0)
    assert torch.allclose(result, norm(x), atol=1e-5)


def test_a_decomposed_layer_may_be_packed(model: tuple[Model, Path], unet: Any, tmp_path: Path) -> None:
    quantise(unet, 8)
    layer = unet.get_submodule(CONVOLUTION)
    make, exact = METHODS["DoRA by outputs"]
    tensors = make(layer.weight.shape)
    put_in(model[0], unet, tmp_path, named(CONVOLUTION, tensors))
    x, weight = inputs_of(layer), layer.weight.double()
    change = exact({name: value.double() for name, value in tensors.items()}, weight)
    expected = computed(layer, x, weight + WEIGHT * change, layer.bias.double())
    assert torch.allclose(unet.get_submodule(CONVOLUTION)(x).double(), expected, rtol=1e-4, atol=2e-4)


@pytest.mark.parametrize("kept", [(-1,), (1, -1, 1, 1)])
def test_the_magnitudes_of_peft_are_those_of_the_outputs(
    model: tuple[Model, Path], unet: Any, tmp_path: Path, kept: tuple[int, ...]
) -> None:
    path = LINEAR if len(kept) == 1 else CONVOLUTION
    layer = unet.get_submodule(path)
    plain = lora(layer.weight.shape)
    scale = made((len(layer.weight),))[0].abs()
    state = {
        f"unet.{path}.lora_A.weight": plain["lora_down.weight"],
        f"unet.{path}.lora_B.weight": plain["lora_up.weight"] / 2,  # without alpha its rank is it
        f"unet.{path}.lora_magnitude_vector": scale.reshape(kept),
    }
    put_in(model[0], unet, tmp_path, state)
    double = {name: value.double() for name, value in (plain | {"dora_scale": scale}).items()}
    x, weight = inputs_of(layer), layer.weight.double()
    change = exact_dora(exact_product, 0)(double, weight)
    expected = computed(layer, x, weight + WEIGHT * change, layer.bias.double())
    assert torch.allclose(unet.get_submodule(path)(x).double(), expected, rtol=1e-4, atol=2e-4)


def test_everything_that_does_not_act_is_counted_by_its_reason(
    model: tuple[Model, Path], unet: Any, tmp_path: Path
) -> None:
    (factor,) = made((2, 2))
    state = {
        **named(LINEAR, lora(unet.get_submodule(LINEAR).weight.shape)),
        **named(CONVOLUTION, {"oft_blocks": factor, "alpha": torch.tensor(1.0)}),
        **named(STRIDED, {"lora_down.weight": factor}),
        **named(POINT, dict.fromkeys(("lora_down.weight", "lora_up.weight"), factor)),
        **named("conv_in", {"a1.weight": factor, "a2.weight": factor, "b1.weight": factor, "b2.weight": factor}),
        **named("nowhere.to_q", dict.fromkeys(("lora_down.weight", "lora_up.weight"), factor)),
        "lora_te3_text_model_encoder_layers_0_mlp_fc1.lora_down.weight": factor,
        "lora_te3_text_model_encoder_layers_0_mlp_fc1.lora_up.weight": factor,
        "bundle_emb.word.string_to_param.*": factor,
        "unet.conv_out.weight": factor,
    }
    usage = put_in(model[0], unet, tmp_path, state).usages[0]
    assert usage.describe().startswith("2 of 9 layers applied; left out: ")
    assert dict(usage.left_out) == {
        "of OFT": 1,
        "that lack a part": 1,
        "of another size": 1,
        "of GLoRA": 1,
        "that the model does not have": 1,
        "of the text encoder": 1,
        "of an unknown kind": 1,
    }
    keys = [key for layer in lora_layers(state) for key in layer.tensors.values()]
    assert sorted(keys) == sorted(state)


def test_values_that_are_not_numbers_are_left_out(model: tuple[Model, Path], unet: Any, tmp_path: Path) -> None:
    whole, broken = (lora(unet.get_submodule(path).weight.shape) for path in (LINEAR, POINT))
    broken["lora_up.weight"][0, 0] = float("nan")
    usage = put_in(model[0], unet, tmp_path, {**named(LINEAR, whole), **named(POINT, broken)}).usages[0]
    assert usage.left_out == (("with values that are not numbers", 1),)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("stored", [torch.float16, torch.float8_e4m3fn])
def test_files_and_models_may_be_of_less_precision(
    model: tuple[Model, Path], unet: Any, tmp_path: Path, method: str, stored: torch.dtype
) -> None:
    unet.to(torch.bfloat16)
    layer = unet.get_submodule(CONVOLUTION)
    make, exact = METHODS[method]
    tensors = {name: value.clamp(-400, 400).to(stored) for name, value in make(layer.weight.shape).items()}
    put_in(model[0], unet, tmp_path, named(CONVOLUTION, tensors))
    x, double = inputs_of(layer), {name: value.double() for name, value in tensors.items()}
    weight = layer.weight.double()
    bias = layer.bias.double() + WEIGHT * double.get("diff_b", torch.zeros(1).double())
    expected = computed(layer, x.bfloat16(), weight + WEIGHT * exact(double, weight), bias)
    found = unet.get_submodule(CONVOLUTION)(x.bfloat16())
    assert found.dtype is torch.bfloat16
    assert (found.double() - expected).abs().mean() < 0.02 * expected.abs().mean()


@pytest.mark.parametrize("role", ["lora_up.weight", "hada_w2_b", "lokr_w2", "alpha"])
def test_tensors_that_do_not_belong_together_are_no_accident(
    model: tuple[Model, Path], unet: Any, tmp_path: Path, role: str
) -> None:
    layer = unet.get_submodule(LINEAR)
    maker = {"hada_w2_b": loha, "lokr_w2": lokr}.get(role, lora)
    state = named(LINEAR, maker(layer.weight.shape) | {role: made((5, 5))[0]})
    with pytest.raises(LoraBroken, match=r"another size|not built as expected"):
        put_in(model[0], unet, tmp_path, state)
    assert unet.get_submodule(LINEAR) is layer


@pytest.mark.parametrize(
    ("metadata", "scale"),
    [
        ('{"unet.lora_alpha": 6, "unet.r": 3}', 2.0),
        ('{"unet.lora_alpha": 6, "unet.use_rslora": true}', 6 / 3**0.5),
        ('{"unet.lora_alpha": 6, "unet.alpha_pattern": {"ff.net.2": 12}}', 4.0),
        ('{"unet.lora_alpha": "six"}', 1.0),
        ("[1]", 1.0),
        ("{", 1.0),
    ],
)
def test_the_scale_in_the_header_of_diffusers_holds(
    model: tuple[Model, Path], unet: Any, tmp_path: Path, metadata: str, scale: float
) -> None:
    layer = unet.get_submodule(LINEAR)
    plain = lora(layer.weight.shape)
    halves = {"A": plain["lora_down.weight"], "B": plain["lora_up.weight"]}
    state = {f"unet.{LINEAR}.lora_{half}.weight": value for half, value in halves.items()}
    path = tmp_path / "diffusers.safetensors"
    safetensors.torch.save_file(state, path, {"lora_adapter_metadata": metadata})
    LoraLayers(model[0], {"unet": unet}).apply((Lora("diffusers"),), LoraLibrary((), (path,)))
    x = inputs_of(layer)
    expected = layer(x) + scale * (x @ halves["A"].T @ halves["B"].T)
    assert torch.allclose(unet.get_submodule(LINEAR)(x), expected, atol=1e-4)


def test_the_scale_beside_a_file_of_peft_holds(model: tuple[Model, Path], unet: Any, tmp_path: Path) -> None:
    layer = unet.get_submodule(LINEAR)
    plain = lora(layer.weight.shape)
    halves = {"A": plain["lora_down.weight"], "B": plain["lora_up.weight"]}
    state = {f"base_model.model.{LINEAR}.lora_{half}.weight": value for half, value in halves.items()}
    path = tmp_path / "adapter_model.safetensors"
    safetensors.torch.save_file(state, path)
    (tmp_path / "adapter_config.json").write_text('{"lora_alpha": 6, "r": 3, "alpha_pattern": {}}', "utf-8")
    LoraLayers(model[0], {"unet": unet}).apply((Lora("adapter_model"),), LoraLibrary((), (path,)))
    x = inputs_of(layer)
    expected = layer(x) + 2.0 * (x @ halves["A"].T @ halves["B"].T)
    assert torch.allclose(unet.get_submodule(LINEAR)(x), expected, atol=1e-4)


@pytest.mark.parametrize("weight", [1.0, 0.35])
def test_the_result_is_that_of_diffusers_and_peft_to_the_bit(
    model: tuple[Model, Path], unet: Any, tmp_path: Path, weight: float
) -> None:
    state: Tensors = {}
    for path, layer in unet.named_modules():
        if isinstance(layer, torch.nn.Linear | torch.nn.Conv2d):
            state |= named(path, lora(layer.weight.shape))
    theirs = UNet2DConditionModel.from_pretrained(model[1])
    loader: Any = pytest.importorskip("diffusers.loaders.lora_pipeline").StableDiffusionLoraLoaderMixin
    converted, alphas = loader.lora_state_dict(dict(state), unet_config=theirs.config)
    theirs.load_lora_adapter(converted, prefix="unet", network_alphas=alphas, adapter_name="one")
    theirs.set_adapters(["one"], [weight])
    put_in(model[0], unet, tmp_path, state, weight)
    x, words = made((1, 4, 16, 16), (1, 7, tiny.WIDTH))
    with torch.no_grad():
        expected, found = (network(x, 500, words).sample for network in (theirs, unet))
    assert np.array_equal(found.numpy(), expected.numpy())
