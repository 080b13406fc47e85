"""ControlNets whose files hold only the changes of a model's own weights, built on the U-Net that is loaded.

A Control-LoRA has each change as a product of two small matrices, a "difference" as a whole. Either is added to
the U-Net's weight as it was loaded, without LoRAs: ComfyUI's ``comfy/controlnet.py`` reads both, its node
``ControlLoraSave`` writes the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import torch

from core.engine.networks.processor_layers import plain_weight
from core.engine.weights.raw import read_tensor
from core.errors import ModelBroken
from core.families.unet_files import original_unet_names
from core.files.safetensors_header import SafetensorsHeader
from core.language.words import tr

_HINT, _ZEROS = "controlnet_cond_embedding.", "controlnet_down_blocks."
_NUMBERED = re.compile(rf"({_HINT}blocks\.|{_ZEROS})(\d+)")
_FIXED = {
    f"{_HINT}conv_in": "input_hint_block.0",
    f"{_HINT}conv_out": "input_hint_block.14",
    "controlnet_mid_block": "middle_block_out.0",
}


@torch.inference_mode(mode=False)
def of_difference(network: Any, unet: Any, dtype: torch.dtype) -> Any:
    """Returns a ControlNet with differences in float32 as one with weights."""
    for name, weight in network.named_parameters():
        if (own := _own(unet, name)) is not None:
            weight.data = weight.data + own
    return network.to(dtype)


@torch.inference_mode(mode=False)
def of_low_rank(header: SafetensorsHeader, start: str, unet: Any, network: Any, dtype: torch.dtype) -> Any:
    """Returns a ControlNet without weights with those of a Control-LoRA: ``W + up @ down`` for its layers.

    What the file has as a whole is taken from there, all else from the U-Net. Raises ModelBroken where some is in
    neither, and for weights that the network has no place for.
    """
    state: dict[str, torch.Tensor] = {}
    used = {f"{start}lora_controlnet", "lora_controlnet"}
    names = _makers_names(path for path, _ in network.named_modules())

    def read(name: str) -> torch.Tensor | None:
        used.add(name)
        return read_tensor(header, name).float() if name in header.tensors else None

    for name, expected in network.state_dict().items():
        path, _, role = name.rpartition(".")
        layer = f"{start}{names[path]}"
        value = read(f"{layer}.{role}")
        if value is None and (value := _own(unet, name)) is None:
            raise ModelBroken(header.path, tr("its network lacks {name}", name=name))
        up, down = (read(f"{layer}.{half}") for half in ("up", "down")) if role == "weight" else (None, None)
        if (up is None) != (down is None):
            half = f"{layer}.{'up' if up is None else 'down'}"
            raise ModelBroken(header.path, tr("its network lacks {name}", name=half))
        if up is not None and down is not None:
            value = value + (up.flatten(1) @ down.flatten(1)).reshape(value.shape)
        state[name] = value.reshape(expected.shape).to(dtype)
    if more := sorted(header.tensors.keys() - used):
        raise ModelBroken(
            header.path, tr("its network has {name}, for which the model has no place", name=more[0])
        )
    network.load_state_dict(state, assign=True)
    return network.eval().requires_grad_(requires_grad=False)


def _own(unet: Any, name: str) -> torch.Tensor | None:
    """Returns a weight of the U-Net in float32 on the processor, None where it has none of that name."""
    path, _, role = name.rpartition(".")
    try:
        layer = unet.get_submodule(path)
    except AttributeError:
        return None
    layer = getattr(layer, "base_layer", layer)  # without LoRAs
    weight = plain_weight(layer) if role == "weight" else getattr(layer, role, None)
    return None if weight is None else weight.detach().to("cpu", torch.float32)


def _makers_names(paths: Iterable[str]) -> dict[str, str]:
    """Returns for each layer its name in ``cldm/cldm.py`` of lllyasviel/ControlNet."""
    paths = tuple(paths)
    names = {path: name for name, (path,) in original_unet_names(paths).items()}
    for path in paths:
        if found := _NUMBERED.fullmatch(path):
            number = int(found[2])
            names[path] = f"zero_convs.{number}.0" if found[1] == _ZEROS else f"input_hint_block.{2 + 2 * number}"
    return names | _FIXED
