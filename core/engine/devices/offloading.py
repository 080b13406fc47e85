"""Carries a memory plan out: puts the parts of a loaded model where it says, and moves them when memory runs out.

`hooks` of accelerate bring a part to the device just before it computes. diffusers' own group offload does so
for a few layers at a time. The results are the same numbers as with everything on the device.
"""

import logging
import sys
from collections.abc import Callable, Collection, Generator, Iterable, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch
from accelerate.hooks import add_hook_to_module, remove_hook_from_module

from core.engine.devices.group_offload import put_into_groups, take_out_of_groups
from core.engine.devices.part_hooks import CPU, FreedAfterUse, InTurns, staying
from core.engine.networks.bounded_attention import bound_attention
from core.engine.networks.compiled import compile_blocks
from core.engine.networks.constant_text import remember_text
from core.engine.networks.explicit_masks import use_explicit_masks
from core.engine.networks.graphs import GRAPHS, Graphs, capture_on
from core.engine.networks.processor_blocks import use_processor_layers
from core.families import is_encoder, is_network
from core.heap import give_memory_back
from core.models.acceleration import Acceleration
from core.models.memory_plan import SHARED_MEMORY, MemoryPlan, Placement, placement_after
from core.paths import Folders

log = logging.getLogger(__name__)


class Offloading:
    """The parts of one model and where they are.

    Attributes:
        plan: the one that holds now, for pictures of ``pixels``.
        placement: the present one; it becomes slower than planned when memory runs out, see `step_down`.
        pixels: those of the largest picture that is being made.
        beside: the number of weights of networks for control that the plan counts.
        too_large: the least pixels for which a faster placement had too little memory.
        is_placed: False where memory ran out on the way to ``placement``.
        room_then: bytes of the device that were ours or free then.
        absent: the parts that have not been read yet.
        reads_text: the plan counts the text encoders.
    """

    def __init__(
        self,
        parts: Mapping[str, Any],
        plan: MemoryPlan,
        device: torch.device,
        reload: Callable[[str], torch.nn.Module],
        free: Callable[[], int],
        acceleration: Acceleration = Acceleration.automatic,
        absent: Collection[str] = (),
    ) -> None:
        """``parts`` by the name of their folder; ``reload`` reads one of them again, onto the CPU.

        ``free`` tells the device's free memory.
        """
        self._parts = dict(parts)
        self._device = device
        self._reload = reload
        self._free = free
        self._acceleration = acceleration
        self._graphs: Graphs | None = None
        self.absent = set(absent)
        self.reads_text = True
        self.plan = plan
        self.placement = plan.placement
        self.pixels = 0
        self.beside = 0
        self.too_large = sys.maxsize
        self.room_then = 0
        self.is_placed = False
        network = self._network if acceleration is Acceleration.compiled else None
        here = [part for name, part in parts.items() if name not in absent]
        self._tune(part for part in here if part is not network)  # the compiler has kernels of its own
        if network is not None:
            compile_blocks(network, Folders.default().cache)
        self._place()

    def step_down(self) -> bool:
        """Makes room: takes the next slower placement. False when there is none."""
        slower = placement_after(self.placement, self._device.type)
        if self._device.type == "cpu" or slower is None:
            return False
        self.remember_shortage()
        if self._is_shared:
            self._freed_after_use(self._encoders())
            self.placement = slower
        else:
            self.move_to(slower)
        log.info("out of memory; from now on: %s", self.placement.name)
        return True

    @property
    def way_of_calls(self) -> str:
        """Returns how the network is called, where that is not as ever."""
        if self._acceleration is Acceleration.compiled:
            return "compiled"
        return GRAPHS if self._graphs is not None and not self._graphs.is_refused else ""

    @property
    def graphs(self) -> int:
        """Returns how many graphs there are, each for calls of one shape."""
        return self._graphs.count if self._graphs is not None else 0

    def use_graphs(self) -> None:
        """Replays the network's calls as graphs, if its weights stay on the device and there is room for that."""
        self.drop_graphs()
        stays = self.placement in (Placement.on_device, Placement.drop_encoder) and self.plan.has_room_for_graphs
        capture = capture_on(self._device) if self._acceleration is Acceleration.automatic else None
        if stays and capture is not None:
            self._graphs = Graphs(self._network, capture)

    def forget_graphs(self) -> None:
        """Has graphs made anew, since the network's weights have changed."""
        if self._graphs is not None:
            self._graphs.forget()

    def drop_graphs(self) -> None:
        """Gives the memory of graphs back, and makes no more until the model is placed anew."""
        if self._graphs is not None:
            self._graphs.remove()
            self._graphs = None

    @property
    def _network(self) -> Any:
        return next(part for name, part in self._parts.items() if is_network(name))

    def move_to(self, placement: Placement) -> None:
        """Places all parts anew, on a device with memory of its own."""
        self.is_placed = False
        self.move_off()
        self.placement = placement
        self._place()

    def remember_shortage(self) -> None:
        """Keeps that there was too little memory, for pictures as large as the present one."""
        self.too_large = min(self.too_large, self.pixels)
        self.room_then = self._free() + self.held()

    @property
    def has_fallen(self) -> bool:
        """Returns whether memory ran out where the plan had it fit."""
        return self.placement.value > self.plan.placement.value

    def held(self) -> int:
        """Returns the bytes of the weights that are on the device now."""
        shared = {id(weight): weight for part in self._parts.values() for weight in part.parameters()}
        return sum(weight.nbytes for weight in shared.values() if weight.device.type == self._device.type)

    @contextmanager
    def alone(self, name: str) -> Generator[None]:
        """Leaves the device's memory to one part; the others come back at the end, or when they are called."""
        self.drop_graphs()
        others = [part for key, part in self._parts.items() if key != name]
        for part in others:
            if isinstance(hook := getattr(part, "_hf_hook", None), InTurns):
                hook.step_aside()
        others = [part for part in others if not hasattr(part, "_hf_hook")]
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

    def bring(self) -> None:
        """Reads the parts that have not been read yet."""
        for name in tuple(self.absent):
            part, read = self._parts[name], self._reload(name)
            vars(part).update(vars(read))  # layers and weights; what others keep in it, such as hooks, stays
            self._tune([part])
            self.absent.remove(name)
            if not hasattr(part, "_hf_hook"):
                torch.nn.Module.to(part, self._device)

    def encoders_stay(self) -> AbstractContextManager[None]:
        """Lets text encoders that leave after use stay until the block is left, so that they come once."""
        return staying(self._encoders().values())

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

    def add(self, name: str, part: Any) -> None:
        """Puts a further part, which is on the CPU, where the placement has it."""
        self._parts[name] = part
        self._tune([part])
        if self.placement.value < Placement.model_offload.value:
            torch.nn.Module.to(part, self._device)
        else:  # it takes turns with the others
            self.move_to(self.placement)

    def remove(self, name: str) -> None:
        """Lets go of a part that was added."""
        part = self._parts.pop(name)
        if isinstance(hook := getattr(part, "_hf_hook", None), InTurns):
            hook.end(part)  # layers that it shares with others are where those have them again
            hook.forget(part)
        remove_hook_from_module(part)

    def _tune(self, parts: Iterable[Any]) -> None:
        for part in parts:
            if self._device.type == "cpu":
                use_processor_layers(part)
                remember_text(part)
            else:
                bound_attention(part, self._device)
                use_explicit_masks(part, self._device)

    def _place(self) -> None:
        encoders = self._encoders()
        others = {name: part for name, part in self._parts.items() if not is_encoder(name)}
        stays = {name: part for name, part in others.items() if not is_network(name)}
        match self.placement:
            case Placement.on_device:
                self._move(self._parts.values(), self._device)
            case Placement.drop_encoder:
                self._move(others.values(), self._device)
                if self._is_shared:
                    self._freed_after_use(encoders)
                else:
                    self._in_turns(encoders)
            case Placement.encoder_in_turns:
                self._in_turns({name: part for name, part in self._parts.items() if name not in stays})
                self._move(stays.values(), self._device)
            case Placement.model_offload:
                self._in_turns(self._parts)
            case Placement.group_offload:
                self._in_turns({name: part for name, part in self._parts.items() if not is_network(name)})
                put_into_groups(self._network, self._device)
        self.use_graphs()
        self.is_placed = True

    def _in_turns(self, parts: Mapping[str, Any]) -> None:
        present: list[Any] = []
        for name, part in parts.items():
            add_hook_to_module(part, InTurns(self._device, present, leaves=is_encoder(name)))

    def _freed_after_use(self, parts: Mapping[str, Any]) -> None:
        for name, part in parts.items():
            hook = FreedAfterUse(lambda name=name: self._reload(name), self._device)
            add_hook_to_module(part, hook)
            hook.post_forward(part, None)
            torch.nn.Module.to(part, self._device)  # what is left of it: tables that are no weights

    def move_off(self) -> None:
        """Takes everything off the device, until `move_to`."""
        self.drop_graphs()
        if self.placement is Placement.group_offload and self._device.type in ("cuda", "xpu"):
            torch.get_device_module(self._device).synchronize()  # layers that were on their way have arrived then
        for part in self._parts.values():
            remove_hook_from_module(part)
            take_out_of_groups(part)
        self._move(self._parts.values(), CPU)
        free_caches(self._device)

    def _move(self, parts: Iterable[Any], device: torch.device) -> None:
        for part in parts:
            torch.nn.Module.to(part, device)


def free_caches(device: torch.device) -> None:
    """Gives back what nothing holds any more, and what was pinned for it of the computer's memory."""
    try:
        match device.type:
            case "cuda" | "xpu":
                torch.get_device_module(device).empty_cache()
                torch.accelerator.empty_host_cache()
            case "mps":
                torch.mps.empty_cache()
            case _:
                give_memory_back()
    except RuntimeError as error:  # a lost GPU cannot do that either; the error that told so is on its way
        log.info("nothing is freed: %s", error)
