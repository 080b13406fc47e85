"""Carries a memory plan out: puts the parts of a loaded model where it says, and moves them when memory runs out.

`hooks` of accelerate bring a part to the device just before it computes. diffusers' own group offload does so
for a few layers at a time. The results are the same numbers as with everything on the device.
"""

import logging
import sys
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from accelerate.hooks import ModelHook, add_hook_to_module, remove_hook_from_module
from accelerate.utils import send_to_device
from diffusers.hooks.group_offloading import apply_group_offloading
from diffusers.hooks.hooks import HookRegistry

from core.engine.networks.processor_layers import use_processor_layers
from core.families import is_encoder, is_network
from core.heap import give_memory_back
from core.models.memory_plan import SHARED_MEMORY, Placement, placement_after

log = logging.getLogger(__name__)

CPU = torch.device("cpu")
GROUP_OFFLOAD_HOOKS = ("group_offloading", "layer_execution_tracker", "lazy_prefetch_group_offloading")
"""Names under which diffusers registers them (``diffusers/hooks/group_offloading.py``)."""


class Offloading:
    """The parts of one model and where they are.

    Attributes:
        placement: the present one; it becomes slower when memory runs out, see `step_down`.
        pixels: those of the picture that is being made.
        too_large: the least pixels for which a faster placement had too little memory.
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
        self.pixels = 0
        self.too_large = sys.maxsize
        self._tune(parts.values())
        self._place()

    def step_down(self) -> bool:
        """Makes room: takes the next slower placement. False when there is none."""
        slower = placement_after(self.placement, self._device.type)
        if self._device.type == "cpu" or slower is None:
            return False
        self.too_large = min(self.too_large, self.pixels)
        if self._is_shared:
            self._freed_after_use(self._encoders())
            self.placement = slower
        else:
            self.move_to(slower)
        log.info("out of memory; from now on: %s", self.placement.name)
        return True

    def move_to(self, placement: Placement) -> None:
        """Places all parts anew, on a device with memory of its own."""
        self.move_off()
        self.placement = placement
        self._place()

    @contextmanager
    def alone(self, name: str) -> Generator[None]:
        """Leaves the device's memory to one part; the others come back at the end."""
        others = [part for key, part in self._parts.items() if key != name and not hasattr(part, "_hf_hook")]
        others = [] if self._is_shared or self.placement is Placement.group_offload else others
        try:
            self._move(others, CPU)
            free_caches(self._device)
            yield
        finally:
            self._move(others, self._device)

    @property
    def _is_shared(self) -> bool:
        return self._device.type in SHARED_MEMORY

    def _encoders(self) -> dict[str, Any]:
        return {name: part for name, part in self._parts.items() if is_encoder(name)}

    def exchange(self, name: str, part: Any) -> None:
        """Puts ``part``, which is on the CPU, in the place of another; that one goes there."""
        old = self._parts[name]
        hook = getattr(old, "_hf_hook", None)
        remove_hook_from_module(old)
        if isinstance(hook, InTurns):
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
        encoders = self._encoders()
        others = {name: part for name, part in self._parts.items() if not is_encoder(name)}
        match self.placement:
            case Placement.on_device:
                self._move(self._parts.values(), self._device)
            case Placement.drop_encoder:
                self._move(others.values(), self._device)
                if self._is_shared:
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
            add_hook_to_module(part, InTurns(self._device, present, leaves=is_encoder(name)))

    def _freed_after_use(self, parts: Mapping[str, Any]) -> None:
        for name, part in parts.items():
            hook = _FreedAfterUse(lambda name=name: self._reload(name), self._device)
            add_hook_to_module(part, hook)
            hook.post_forward(part, None)

    def move_off(self) -> None:
        """Takes everything off the device, until `move_to`."""
        for part in self._parts.values():
            remove_hook_from_module(part)
            for name in GROUP_OFFLOAD_HOOKS:
                HookRegistry.check_if_exists_or_initialize(part).remove_hook(name, recurse=True)
        self._move(self._parts.values(), CPU)
        free_caches(self._device)

    def _move(self, parts: Iterable[Any], device: torch.device) -> None:
        for part in parts:
            torch.nn.Module.to(part, device)


class InTurns(ModelHook):
    """Brings a part to the device before it computes, in the place of the one that was there.

    Its weights stay in the computer's memory meanwhile, where they came from: leaving costs no copy.
    """

    def __init__(self, device: torch.device, present: list[Any], leaves: bool) -> None:
        """``present`` is shared by the parts that take turns; one that ``leaves`` goes as soon as it is done."""
        self.device = device
        self._present = present
        self._leaves = leaves
        self._kept: list[tuple[torch.nn.Parameter, torch.Tensor]] = []

    def forget(self, part: Any) -> None:
        """It does not take turns any more."""
        self._kept = []
        self._present[:] = [present for present in self._present if present is not part]

    def pre_forward(self, module: Any, *args: Any, **kwargs: Any) -> Any:
        if not any(part is module for part in self._present):
            for part in self._present:
                part._hf_hook.leave(part)
            self._present.clear()
            self._kept = [(weight, weight.data) for weight in module.parameters()]
            torch.nn.Module.to(module, self.device)
            self._present.append(module)
        return send_to_device(args, self.device), send_to_device(kwargs, self.device)

    def post_forward(self, module: Any, output: Any) -> Any:
        if self._leaves:
            self.leave(module)
            self._present.clear()
        return output

    def leave(self, module: Any) -> None:
        """Puts the weights back that it came with; layers that a LoRA has brought since are moved."""
        with torch.inference_mode(mode=False):
            for weight, kept in self._kept:
                if weight.dtype == kept.dtype:
                    weight.data = kept
        self._kept = []
        torch.nn.Module.to(module, CPU)


class _FreedAfterUse(ModelHook):
    """Empties a part when it is done, and reads its weights again when it is needed."""

    def __init__(self, reload: Callable[[], torch.nn.Module], device: torch.device) -> None:
        self._reload = reload
        self._device = device

    def pre_forward(self, module: Any, *args: Any, **kwargs: Any) -> Any:
        with torch.inference_mode(mode=False):
            weights = dict(self._reload().named_parameters())
        for name, parameter in _own_parameters(module):
            parameter.data = weights[name].to(self._device)
        return args, kwargs

    def post_forward(self, module: Any, output: Any) -> Any:
        with torch.inference_mode(mode=False):
            for _, parameter in _own_parameters(module):
                parameter.data = torch.empty(0, dtype=parameter.dtype, device=self._device)
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
    match device.type:
        case "cuda":
            torch.cuda.empty_cache()
        case "mps":
            torch.mps.empty_cache()
        case "xpu":
            torch.xpu.empty_cache()
        case _:
            give_memory_back()
