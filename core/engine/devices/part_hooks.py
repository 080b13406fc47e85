"""Hooks that bring a part of a model to the device just before it computes, and take it away again."""

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from typing import Any

import torch
from accelerate.hooks import ModelHook
from accelerate.utils import send_to_device

CPU = torch.device("cpu")


class InTurns(ModelHook):
    """Brings a part to the device before it computes, in the place of the one that was there.

    Its weights stay in the computer's memory meanwhile, where they came from: leaving costs no copy.
    """

    def __init__(self, device: torch.device, present: list[Any], leaves: bool) -> None:
        """``present`` is shared by the parts that take turns; one that ``leaves`` goes as soon as it is done.

        While it ``stays`` it does not.
        """
        self.device = device
        self.stays = False
        self._present = present
        self._leaves = leaves
        self._kept: list[tuple[torch.nn.Parameter, torch.Tensor]] = []

    def forget(self, part: Any) -> None:
        """It does not take turns any more."""
        self._kept = []
        self._present[:] = [present for present in self._present if present is not part]

    def pre_forward(self, module: Any, *args: Any, **kwargs: Any) -> Any:
        if not any(part is module for part in self._present):
            self.step_aside()
            self._kept = [(weight, weight.data) for weight in module.parameters()]
            torch.nn.Module.to(module, self.device)
            self._present.append(module)
        return send_to_device(args, self.device), send_to_device(kwargs, self.device)

    def post_forward(self, module: Any, output: Any) -> Any:
        if self._leaves and not self.stays:
            self.end(module)
        return output

    def end(self, module: Any) -> None:
        """Takes the part off the device, if it is there."""
        if any(part is module for part in self._present):
            self.leave(module)
            self._present.clear()

    def step_aside(self) -> None:
        """Takes off the device who of those that take turns is there."""
        for part in self._present:
            part._hf_hook.leave(part)
        self._present.clear()

    def leave(self, module: Any) -> None:
        """Puts the weights back that it came with; layers that a LoRA has brought since are moved."""
        with torch.inference_mode(mode=False):
            for weight, kept in self._kept:
                if weight.dtype == kept.dtype:
                    weight.data = kept
        self._kept = []
        torch.nn.Module.to(module, CPU)


class FreedAfterUse(ModelHook):
    """Empties a part when it is done, unless it ``stays``, and reads its weights again when it is needed."""

    def __init__(self, reload: Callable[[], torch.nn.Module], device: torch.device) -> None:
        self._reload = reload
        self._device = device
        self.stays = False

    def pre_forward(self, module: Any, *args: Any, **kwargs: Any) -> Any:
        if any(parameter.numel() for _, parameter in _own_parameters(module)):
            return args, kwargs
        with torch.inference_mode(mode=False):
            weights = dict(self._reload().named_parameters())
        for name, parameter in _own_parameters(module):
            parameter.data = weights[name].to(self._device)
        return args, kwargs

    def post_forward(self, module: Any, output: Any) -> Any:
        if not self.stays:
            self.end(module)
        return output

    def end(self, module: Any) -> None:
        """Empties the part."""
        with torch.inference_mode(mode=False):
            for _, parameter in _own_parameters(module):
                parameter.data = torch.empty(0, dtype=parameter.dtype, device=self._device)


@contextmanager
def staying(parts: Iterable[Any]) -> Generator[None]:
    """Lets parts that leave after use stay until the block is left."""
    found = [(part, hook) for part in parts if (hook := getattr(part, "_hf_hook", None)) is not None]
    for _, hook in found:
        hook.stays = True
    try:
        yield
    finally:
        for part, hook in found:
            hook.stays = False
            if getattr(part, "_hf_hook", None) is hook:  # it is not when memory has run out meanwhile
                hook.end(part)


def _own_parameters(module: torch.nn.Module) -> list[tuple[str, torch.nn.Parameter]]:
    """Returns the checkpoint's own weights by name, without LoRAs, which wrap the layers that they change."""
    return [
        (name.replace(".base_layer", ""), parameter)
        for name, parameter in module.named_parameters()
        if ".lora_" not in name
    ]
