"""Builds ControlNet-LLLites from their files."""

from __future__ import annotations

from typing import Any

import torch

from core.control.file import LLLITE_START, ControlFile, other_layers
from core.engine.networks.lllite import LLLite
from core.engine.weights.raw import read_tensor
from core.errors import ModelBroken
from core.families.unet_files import original_unet_names
from core.files.weights_header import read_header
from core.language.words import tr

_NEEDED = {
    f"{layer}.{kind}" for layer in ("conditioning1.0", "down.0", "mid.0", "up.0") for kind in ("weight", "bias")
}


@torch.inference_mode(mode=False)
def read_lllite(file: ControlFile, unet: Any, dtype: torch.dtype) -> LLLite:
    """Returns the network in memory. Raises ModelBroken, also for one that does not fit the U-Net."""
    header = read_header(file.files[0])
    paths = {
        f"{LLLITE_START}{name.replace('.', '_')}": path
        for name, (path,) in original_unet_names(name for name, _ in unet.named_modules()).items()
    }
    layers: dict[str, dict[str, torch.Tensor]] = {}
    for name in header.tensors:
        layer, _, inner = name.partition(".")
        if layer not in paths:
            raise other_layers(file)
        layers.setdefault(paths[layer], {})[inner] = read_tensor(header, name).to(dtype)
    for path, tensors in layers.items():
        if not tensors.keys() >= _NEEDED:
            raise ModelBroken(file.path, tr("its network lacks {name}", name=min(_NEEDED - tensors.keys())))
        _check(file, unet.get_submodule(path), tensors)
    return LLLite(layers).eval()


def _check(file: ControlFile, layer: Any, tensors: dict[str, torch.Tensor]) -> None:
    """Raises ControlBroken where the network's layers do not fit that of the U-Net, or each other."""
    convolutions = [f"conditioning1.{2 * number}" for number in range(1 + len(tensors))]
    convolutions = [name for name in convolutions if f"{name}.weight" in tensors]
    names = (*convolutions, "down.0", "mid.0", "up.0")
    shapes = {name: tuple(tensors[f"{name}.weight"].shape) for name in names}
    kernels = [shapes[name] for name in convolutions]
    seen, inner, inputs = kernels[-1][0], shapes["down.0"][0], getattr(layer, "in_features", 0)
    channels = [3, *(kernel[0] for kernel in kernels[:-1])]
    fits = (
        [kernel[1] for kernel in kernels] == channels
        and all(kernel[2] == kernel[3] > 0 for kernel in kernels)
        and [shapes[name] for name in names[-3:]] == [(inner, inputs), (inner, seen + inner), (inputs, inner)]
        and tensors.keys() == {f"{name}.{kind}" for name in names for kind in ("weight", "bias")}
        and all(tensors[f"{name}.bias"].shape == shape[:1] for name, shape in shapes.items())
    )
    if not fits:
        raise other_layers(file)
