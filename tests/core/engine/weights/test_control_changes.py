"""ControlNets of which a file has only the change to the model's own weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from safetensors.torch import load_file, save_file

from core.control.file import read_control
from core.engine.devices.device import plan
from core.engine.weights.control_files import read_network
from core.errors import ControlBroken
from tests import tiny, tiny_controls

PLAN = plan("cpu", "float32")
SAVE: dict[str, Any] = {
    "lora": tiny_controls.save_control_lora,
    "difference": tiny_controls.save_difference,
}
MODELS: dict[str, Any] = {
    "Stable Diffusion 1.x": tiny.stable_diffusion,
    "Stable Diffusion XL": tiny.stable_diffusion_xl,
}


@pytest.fixture(scope="module", params=MODELS)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return MODELS[request.param](tmp_path_factory.mktemp("model") / "tiny")


def unet_of(model: Path) -> Any:
    return UNet2DConditionModel.from_pretrained(model / "unet")


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("kind", SAVE)
def test_the_weights_are_those_of_the_model_and_the_change(
    kind: str, dtype: str, model: Path, tmp_path: Path
) -> None:
    unet, net = unet_of(model), tiny_controls.controlnet(model)
    expected = SAVE[kind](net, unet, tmp_path, "mine")
    file = read_control(tmp_path / "mine.safetensors")
    assert file.values == sum(value.numel() for value in expected.values())
    made = read_network(file, unet, plan("cpu", dtype)).state_dict()
    assert made.keys() == expected.keys()
    for name, value in expected.items():
        assert torch.equal(made[name], value.to(made[name].dtype)), name
    assert any(not torch.equal(value, net.state_dict()[name]) for name, value in expected.items())


def test_layers_that_a_control_lora_does_not_name_are_the_model_s(model: Path, tmp_path: Path) -> None:
    unet = unet_of(model)
    tiny_controls.save_control_lora(tiny_controls.controlnet(model), unet, tmp_path, "mine")
    path = tmp_path / "mine.safetensors"
    weights = {name: one for name, one in load_file(path).items() if not name.startswith("time_embed.0.")}
    save_file(weights, path)
    made = read_network(read_control(path), unet, PLAN).state_dict()
    assert torch.equal(made["time_embedding.linear_1.weight"], unet.state_dict()["time_embedding.linear_1.weight"])
    save_file({name: one for name, one in weights.items() if not name.startswith("zero_convs.1.")}, path)
    with pytest.raises(ControlBroken, match=r"other layers|lacks"):
        read_network(read_control(path), unet, PLAN)
    (half, *_) = (name for name in weights if name.endswith(".up"))
    save_file({name: one for name, one in weights.items() if name != half}, path)
    with pytest.raises(ControlBroken, match=rf"lacks {half}"):
        read_network(read_control(path), unet, PLAN)
    save_file(weights | {"output_blocks.0.0.up": torch.zeros(2)}, path)
    with pytest.raises(ControlBroken, match=r"output_blocks\.0\.0\.up, for which the model has no place"):
        read_network(read_control(path), unet, PLAN)
    save_file(weights | {"time_embed.2.up": torch.zeros(3, 2)}, path)
    with pytest.raises(ControlBroken, match="not built as expected"):
        read_network(read_control(path), unet, PLAN)
