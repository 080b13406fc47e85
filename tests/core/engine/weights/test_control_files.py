"""Files of networks for control: each form of them, and all that cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from safetensors.torch import save_file

from core.control.file import read_control
from core.engine.devices.device import plan
from core.engine.weights.control_files import read_network
from core.errors import ControlBroken
from tests import tiny, tiny_controls

PLAN = plan("cpu", "float32")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model with as many levels as the real ones."""
    blocks: dict[str, Any] = {
        "block_out_channels": (8, 16, 16, 16),
        "down_block_types": (*("CrossAttnDownBlock2D",) * 3, "DownBlock2D"),
        "up_block_types": ("UpBlock2D", *("CrossAttnUpBlock2D",) * 3),
    }
    return tiny.stable_diffusion(tmp_path_factory.mktemp("model") / "tiny", **blocks)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("kind", ["full_adapter", "light_adapter"])
@pytest.mark.parametrize("is_original", [False, True])
def test_every_form_of_an_adapter_has_the_same_weights(
    kind: str, is_original: bool, channels: int, model: Path, tmp_path: Path
) -> None:
    adapter = tiny_controls.adapter(model, channels=channels, kind=kind, side=8)
    if is_original and kind == "light_adapter":
        plain = {name.removeprefix("adapter."): value for name, value in adapter.state_dict().items()}
        weights = {name.replace(".resnets.", ".body."): value for name, value in plain.items()}
        save_file(weights, tmp_path / "mine.safetensors")
    else:
        tiny_controls.save_lone(adapter, tmp_path, "mine", original=is_original)
    file = read_control(tmp_path / "mine.safetensors")
    assert file.made_for == "Stable Diffusion 1.x", "as its first layer tells"
    unet = UNet2DConditionModel.from_pretrained(model / "unet")
    for path in (file.path, tiny_controls.save(adapter, tmp_path, "folder")):
        made = read_network(read_control(path), unet, PLAN)
        assert made.state_dict().keys() == adapter.state_dict().keys()
        assert all(torch.equal(value, made.state_dict()[name]) for name, value in adapter.state_dict().items())
    assert made.config.in_channels == channels


def test_a_controlnet_with_fewer_layers_of_attention_is_built_by_its_names(model: Path, tmp_path: Path) -> None:
    blocks = ("DownBlock2D", "DownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D")
    small = tiny_controls.controlnet(model, down_block_types=blocks)
    tiny_controls.save_lone(small, tmp_path, "small")
    file = read_control(tmp_path / "small.safetensors")
    made = read_network(file, UNet2DConditionModel.from_pretrained(model / "unet"), PLAN)
    assert all(torch.equal(value, made.state_dict()[name]) for name, value in small.state_dict().items())
    assert file.values == sum(value.numel() for value in small.state_dict().values())


def test_only_its_name_tells_that_a_lone_file_averages_over_the_picture(model: Path, tmp_path: Path) -> None:
    unet = UNet2DConditionModel.from_pretrained(model / "unet")
    path = tiny_controls.save_lone(tiny_controls.controlnet(model), tmp_path, "control_v11e_sd15_shuffle")
    assert read_network(read_control(path), unet, PLAN).config.global_pool_conditions


def _cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _other_levels(path: Path) -> None:
    model = tiny.stable_diffusion(path.parent / "wider", block_out_channels=(8, 32))
    tiny_controls.save_lone(tiny_controls.controlnet(model), path.parent, path.stem)


def _union(path: Path) -> None:
    save_file({"control_add_embedding.linear_1.bias": torch.zeros(8), "task_embedding": torch.zeros(6, 8)}, path)


def _union_of_more(path: Path) -> None:
    save_file({"control_add_embedding.linear_1.bias": torch.zeros(8), "task_embedding": torch.zeros(9, 8)}, path)


def _union_without_types(path: Path) -> None:
    save_file({"control_add_embedding.linear_1.bias": torch.zeros(8), "task_embedding": torch.zeros(6)}, path)


def _lllite_of_anima(path: Path) -> None:
    save_file({"lllite_dit_blocks_0_self_attn_q_proj.down.weight": torch.zeros(8, 8)}, path)


def _lllite_of_other_layers(path: Path) -> None:
    save_file({"lllite_unet_input_blocks_4_1_attn1_to_q.down.0.weight": torch.zeros(8, 8)}, path)


def _adapter_without_shape(path: Path) -> None:
    save_file({"body.0.in_conv.weight": torch.zeros(())}, path)


def _flat(path: Path) -> None:
    weights = tiny_controls.weights(path)
    save_file({name: one.flatten() for name, one in weights.items()}, path)


def _control_lora(path: Path) -> None:
    weights = tiny_controls.weights(path)
    save_file(
        {"zero_convs.0.0.weight": torch.zeros(4), "input_blocks.0.0.weight": torch.zeros(4)}
        | {"lora_controlnet": torch.zeros(1), **{name: weights[name] for name in list(weights)[:3]}},
        path,
    )


def _lora(path: Path) -> None:
    tiny.lora(path, tiny.unet(), "unet")


def _empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_cut_off, "cut off|ends|truncated|larger|incomplete|shorter"),
        (_other_levels, "other layers"),
        (_union, "other layers"),
        (_union_of_more, "other kinds of maps than the 8"),
        (_union_without_types, "not built as expected|other layers"),
        (_lllite_of_anima, "a ControlNet-LLLite, which Emulsion cannot use"),
        (_lllite_of_other_layers, "other layers"),
        (_adapter_without_shape, "not built as expected|other layers"),
        (_flat, "not built as expected|other layers"),
        (_control_lora, "other layers"),
        (_lora, "neither a ControlNet nor a T2I-Adapter"),
        (_empty, "empty|no safetensors|not a|too short|cut off"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(
    spoil: Callable[[Path], object], words: str, model: Path, tmp_path: Path
) -> None:
    path = tiny_controls.save_lone(tiny_controls.controlnet(model), tmp_path, "mine")
    spoil(path)
    with pytest.raises(ControlBroken, match=words):
        read_network(read_control(path), UNet2DConditionModel.from_pretrained(model / "unet"), PLAN)
