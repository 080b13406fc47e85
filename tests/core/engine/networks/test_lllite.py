"""ControlNet-LLLites against a plain second computation, and all that may be wrong with their files."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch.nn import functional

from core.control.file import read_control
from core.engine.devices.device import plan
from core.engine.networks.guides import Guide
from core.engine.networks.unet_call import unet_call
from core.engine.sampling.denoising import Timestep
from core.engine.weights.control_files import read_network
from core.errors import ControlBroken
from core.request.control import Control
from core.request.request import GenerationRequest
from tests import tiny, tiny_controls

REQUEST = GenerationRequest("a", "b", model="tiny", guidance_scale=4.0)
WEIGHT = 0.6
PLAN = plan("cpu", "float32")
T = Timestep(torch.tensor(300), 300)


class Plain(torch.nn.Module):
    """A linear layer with the network of one layer before it, step by step as sd-scripts has it."""

    def __init__(self, layer: Any, tensors: dict[str, torch.Tensor], picture: torch.Tensor) -> None:
        super().__init__()
        self.layer, self.tensors, self.picture = layer, tensors, picture

    def _pair(self, name: str) -> tuple[torch.Tensor, torch.Tensor]:
        return self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        seen = functional.conv2d(self.picture, *self._pair("conditioning1.0"), stride=4)
        seen = functional.conv2d(functional.relu(seen), *self._pair("conditioning1.2"), stride=2)
        n, channels, height, width = seen.shape
        seen = seen.view(n, channels, height * width).permute(0, 2, 1)
        inner = functional.relu(functional.linear(x, *self._pair("down.0")))
        inner = torch.cat([torch.cat([seen] * len(x)), inner], dim=2)
        inner = functional.relu(functional.linear(inner, *self._pair("mid.0")))
        return self.layer(x + functional.linear(inner, *self._pair("up.0")) * WEIGHT)


@torch.inference_mode()
@pytest.mark.parametrize("size", [(64, 48), (28, 36)])
def test_it_adds_to_the_inputs_of_layers_as_its_maker_computes_it(size: tuple[int, int], tmp_path: Path) -> None:
    unet = tiny.unet(transformer_layers_per_block=(1, 2))
    tensors = tiny_controls.lllite(unet)
    save_file(tensors, tmp_path / "lite.safetensors")
    network = read_network(read_control(tmp_path / "lite.safetensors"), unet, PLAN)
    pixels = np.random.default_rng(1).integers(0, 256, (*size, 3), dtype=np.uint8)
    guide = Guide(Control("lite", "", weight=WEIGHT), lambda: network, is_adapter=False, picture=pixels)
    text, x = torch.randn(2, 7, tiny.WIDTH), torch.randn(1, 4, size[0] // 4, size[1] // 4)
    made = unet_call(unet, REQUEST, 1, text, guides=[guide])(x, T)
    without = unet_call(unet, REQUEST, 1, text)(x, T)
    other = deepcopy(unet)
    picture = torch.from_numpy(pixels[None].astype(np.float32) / 255).permute(0, 3, 1, 2) * 2.0 - 1.0
    picture = functional.pad(picture, (0, -size[1] % 8, 0, -size[0] % 8), mode="replicate")
    names = {
        f"lllite_unet_{name.replace('.', '_')}": path for path, name in tiny_controls.makers_names(unet).items()
    }
    for start in {name.partition(".")[0] for name in tensors}:
        own = {name.partition(".")[2]: one for name, one in tensors.items() if name.startswith(f"{start}.")}
        path = names[start]
        parent, _, last = path.rpartition(".")
        setattr(other.get_submodule(parent), last, Plain(other.get_submodule(path), own, picture))
    expected = unet_call(other, REQUEST, 1, text)(x, T)
    assert made.uncond is not None
    assert expected.uncond is not None
    assert torch.equal(made.cond, expected.cond)
    assert torch.equal(made.uncond, expected.uncond)
    assert not torch.equal(made.cond, without.cond)
    assert torch.equal(unet_call(unet, REQUEST, 1, text)(x, T).cond, without.cond), "nothing of it stays"


def test_a_file_that_does_not_fit_is_told(tmp_path: Path) -> None:
    unet = tiny.unet()
    tensors, path = tiny_controls.lllite(unet), tmp_path / "lite.safetensors"
    first = min(tensors).partition(".")[0]
    for name, value, words in (
        (f"{first}.up.0.bias", None, r"lacks up\.0\.bias"),
        (f"{first}.down.0.weight", torch.zeros(3, 5), "other layers"),
        (f"{first}.mid.0.weight", torch.zeros(3), "other layers"),
        (f"{first}.up.0.bias", torch.zeros(1), "other layers"),
        (f"{first}.conditioning1.2.weight", torch.zeros(4, 1, 2, 2), "other layers"),
        (f"{first}.conditioning1.2.bias", None, "other layers"),
        (f"{first}.conditioning1.0.weight", torch.zeros(()), "not built as expected"),
        ("lllite_unet_input_blocks_77_1_attn1_to_q.down.0.weight", torch.zeros(3, 5), "other layers"),
    ):
        changed = {one: kept for one, kept in tensors.items() if one != name} | (
            {} if value is None else {name: value}
        )
        save_file(changed, path)
        with pytest.raises(ControlBroken, match=words):
            read_network(read_control(path), unet, PLAN)
    save_file(tensors, path)
    network = read_network(read_control(path), unet, PLAN)
    guide = Guide(Control("lite", ""), lambda: network, is_adapter=False, picture=np.zeros((64, 64, 3), np.uint8))
    one = replace(REQUEST, guidance_scale=1.0)
    call = unet_call(unet, one, 1, torch.randn(1, 7, tiny.WIDTH), guides=[guide])
    with pytest.raises(ControlBroken, match="another scale"):
        call(torch.randn(1, 4, 8, 8), T)
