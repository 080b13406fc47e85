"""Carries a memory plan out: puts the parts of a loaded model where it says, and moves them when memory runs out.

`hooks` of accelerate bring a part to the device just before it computes. diffusers' own group offload does so
for a few layers at a time. The results are the same numbers as with everything on the device.
"""

import gc
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from accelerate.hooks import ModelHook, add_hook_to_module, remove_hook_from_module
from accelerate.utils import send_to_device
from diffusers.hooks.group_offloading import apply_group_offloading

from core.engine.networks.processor_layers import use_processor_layers
from core.families import is_encoder, is_network
from core.heap import give_memory_back
from core.models.memory_plan import Placement

log = logging.getLogger(__name__)

CPU = torch.device("cpu")


class Offloading:
    """The parts of one model and where they are.

    Attributes:
        placement: the present one; it only ever becomes slower, see `step_down`.
    """

    def __init__(
        self,
        parts: Mapping[str, Any],
        placement: Placement,
        device: torch.device,
        reload: Callable[[str], torch.nn.Module],
    ) -> None:
        """``parts`` by the name of their folder; ``reload`` reads one of them again, onto the CPU."""
        self._parts = dict(parts)
        self._device = device
        self._reload = reload
        self.placement = placement
        self._tune(parts.values())
        self._place()

    def step_down(self) -> bool:
        """Makes room: takes the next slower placement. False when there is none."""
        slower = list(Placement)[list(Placement).index(self.placement) + 1 :]
        if self._device.type == "cpu" or not slower:
            return False
        self._release()
        self.placement = slower[0]
        log.info("out of memory; from now on: %s", self.placement.name)
        self._place()
        return True

    def exchange(self, name: str, part: Any) -> None:
        """Puts ``part``, which is on the CPU, in the place of another; that one goes there."""
        old = self._parts[name]
        hook = getattr(old, "_hf_hook", None)
        remove_hook_from_module(old)
        if isinstance(hook, _InTurns):
            hook.forget(old)
        torch.nn.Module.to(old, CPU)
        self._parts[name] = part
        self._tune([part])
        if hook is not None:
            add_hook_to_module(part, hook)
        else:
            torch.nn.Module.to(part, self._device)

    def _tune(self, parts: Iterable[Any]) -> None:
        if self._device.type == "cpu":
            for part in parts:
                use_processor_layers(part)

    def _place(self) -> None:
        encoders = {name: part for name, part in self._parts.items() if is_encoder(name)}
        others = {name: part for name, part in self._parts.items() if not is_encoder(name)}
        match self.placement:
            case Placement.on_device:
                self._move(self._parts, self._device)
            case Placement.drop_encoder:
                self._move(others, self._device)
                if self._device.type == "cpu":
                    self._freed_after_use(encoders)
                else:
                    self._in_turns(encoders)
            case Placement.model_offload:
                self._in_turns(self._parts)
            case Placement.group_offload:
                self._in_turns({name: part for name, part in self._parts.items() if not is_network(name)})
                for part in (part for name, part in others.items() if is_network(name)):
                    apply_group_offloading(part, self._device, CPU, offload_type="leaf_level")

    def _in_turns(self, parts: Mapping[str, Any]) -> None:
        present: list[Any] = []
        for name, part in parts.items():
            add_hook_to_module(part, _InTurns(self._device, present, leaves=is_encoder(name)))

    def _freed_after_use(self, parts: Mapping[str, Any]) -> None:
        for name, part in parts.items():
            hook = _FreedAfterUse(lambda name=name: self._reload(name))
            add_hook_to_module(part, hook)
            hook.post_forward(part, None)

    def _release(self) -> None:
        for part in self._parts.values():
            remove_hook_from_module(part)
        self._move(self._parts, CPU)
        free_caches(self._device)

    def _move(self, parts: Mapping[str, Any], device: torch.device) -> None:
        for part in parts.values():
            torch.nn.Module.to(part, device)


class _InTurns(ModelHook):
    """Brings a part to the device before it computes, in the place of the one that was there."""

    def __init__(self, device: torch.device, present: list[Any], leaves: bool) -> None:
        """``present`` is shared by the parts that take turns; one that ``leaves`` goes as soon as it is done."""
        self.device = device
        self._present = present
        self._leaves = leaves

    def forget(self, part: Any) -> None:
        """It does not take turns any more."""
        self._present[:] = [present for present in self._present if present is not part]

    def pre_forward(self, module: Any, *args: Any, **kwargs: Any) -> Any:
        if not any(part is module for part in self._present):
            for part in self._present:
                torch.nn.Module.to(part, CPU)
            self._present.clear()
            torch.nn.Module.to(module, self.device)
            self._present.append(module)
        return send_to_device(args, self.device), send_to_device(kwargs, self.device)

    def post_forward(self, module: Any, output: Any) -> Any:
        if self._leaves:
            torch.nn.Module.to(module, CPU)
            self._present.clear()
        return output


class _FreedAfterUse(ModelHook):
    """Empties a part when it is done, and reads its weights again when it is needed."""

    def __init__(self, reload: Callable[[], torch.nn.Module]) -> None:
        self._reload = reload

    def pre_forward(self, module: Any, *args: Any, **kwargs: Any) -> Any:
        with torch.inference_mode(mode=False):
            weights = dict(self._reload().named_parameters())
        for name, parameter in _own_parameters(module):
            parameter.data = weights[name]
        return args, kwargs

    def post_forward(self, module: Any, output: Any) -> Any:
        with torch.inference_mode(mode=False):
            for _, parameter in _own_parameters(module):
                parameter.data = torch.empty(0, dtype=parameter.dtype)
        return output


def _own_parameters(module: torch.nn.Module) -> list[tuple[str, torch.nn.Parameter]]:
    """Returns the checkpoint's own weights by name, without LoRAs, which wrap the layers that they change."""
    return [
        (name.replace(".base_layer", ""), parameter)
        for name, parameter in module.named_parameters()
        if ".lora_" not in name
    ]


def free_caches(device: torch.device) -> None:
    """Gives back what nothing holds any more."""
    gc.collect()
    match device.type:
        case "cuda":
            torch.cuda.empty_cache()
        case "mps":
            torch.mps.empty_cache()
        case "xpu":
            torch.xpu.empty_cache()
        case _:
            give_memory_back()
