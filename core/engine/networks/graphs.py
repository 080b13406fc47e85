"""Replays the calls of a network as CUDA graphs: one launch in the place of a thousand, with the same bits.

A step of Stable Diffusion 1.5 is 1200 launches of 10 to 17 µs each, which take longer than a fast GPU computes. A
graph records them once ("CUDA semantics", section "CUDA Graphs", of torch's documentation). It reads its inputs
from fixed places and computes the kernels of the ordinary call; each is compared with that, once, before it is
used, and where a single bit differs the network goes on as ever.
"""

from __future__ import annotations

import logging
import warnings
from collections import OrderedDict
from collections.abc import Callable, Generator, Hashable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import torch
from diffusers.models.attention_processor import Attention
from torch.utils._pytree import tree_flatten, tree_map, tree_unflatten

from core.engine.devices.memory_errors import is_out_of_memory

_C: Any = torch._C  # pyright: ignore[reportPrivateUsage]
log = logging.getLogger(__name__)

Outputs = TypeVar("Outputs")

GRAPHS = "CUDA graphs"
"""In a film's `computed_by`."""

EAGER_CALLS = 2
"""Ordinary calls before one is captured, in which libraries choose their kernels."""

MOST_GRAPHS = 2
"""Each holds the memory of a step."""

MOST_KEYS = 16


class Capture(Protocol):
    """Records the launches of ``work``; returns their replay, and the outputs that each replay overwrites."""

    def __call__(self, work: Callable[[], Outputs], slot: int) -> tuple[Callable[[], None], Outputs]:
        """``slot`` is below `MOST_GRAPHS`; a graph that had it before is gone."""
        ...


def capture_on(device: torch.device) -> Capture | None:
    """Returns the way to capture on a device; None where there is none.

    AMD's libraries give other numbers in a replay (rocBLAS issue 1649).
    """
    return _Cuda(device) if device.type == "cuda" and torch.version.hip is None else None


class _Cuda:
    """Has a stream of its own for each graph, as far as torch's 32 suffice: it gives them out in turns."""

    def __init__(self, device: torch.device) -> None:
        self._streams = [torch.cuda.Stream(device) for _ in range(MOST_GRAPHS)]

    def __call__(self, work: Callable[[], Outputs], slot: int) -> tuple[Callable[[], None], Outputs]:
        stream = self._streams[slot]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream), _refusing_to_wait():
            work()  # libraries make a handle for each stream, which must not happen while it is captured
        torch.cuda.current_stream().wait_stream(stream)
        graph, pool = torch.cuda.CUDAGraph(), torch.cuda.graph_pool_handle()
        try:
            # a capture that fails does not go back to the stream before it
            with (
                torch.cuda.stream(torch.cuda.current_stream()),
                _with_workspaces_of_its_own(),
                torch.cuda.graph(graph, pool=pool, stream=stream, capture_error_mode="thread_local"),
            ):
                outputs = work()
        except RuntimeError:
            _end_capture(stream.device_index, pool)
            raise
        return graph.replay, outputs


@contextmanager
def _with_workspaces_of_its_own() -> Generator[None]:
    """Has the workspaces of cuBLAS lie in the memory of the graph that is captured, and go with it.

    They are kept for each stream otherwise, also while graphs have their addresses; but a graph that goes frees
    those of its stream, on which another one may have been captured (torch issue 193402). Torch's inductor does
    the same (``clear_cublas_manager`` in ``cudagraph_trees.py``).
    """
    _C._cuda_clearCublasWorkspaces()
    try:
        yield
    finally:
        _C._cuda_clearCublasWorkspaces()


@contextmanager
def _refusing_to_wait() -> Generator[None]:
    """Raises RuntimeError where work waits for the device, which would break a capture in the middle."""
    before = torch.cuda.get_sync_debug_mode()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch calls this mode a prototype
        torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode(before)


def _end_capture(device: int, pool: Any) -> None:
    """Tells torch's allocator that a capture has ended which broke: ``CUDAGraph::capture_end`` stops before.

    Memory would wait for that end for ever. torch's inductor ends its captures by the same functions.
    """
    with suppress(RuntimeError):  # it has ended
        _C._cuda_endAllocateToPool(device, pool)
        _C._cuda_releasePool(device, pool)


@dataclass(slots=True, eq=False)
class _Graph:
    slot: int
    inputs: list[Any]
    replay: Callable[[], None]
    outputs: Any


@dataclass(slots=True, eq=False)
class _Call:
    """Calls of one kind: with the same shapes, dtypes and other arguments."""

    count: int = 0
    graph: _Graph | None = None
    is_refused: bool = False


class Graphs:
    """Stands in for the ``forward`` of a network whose weights stay where they are, until `remove`.

    All that differs from call to call is an argument: whatever else a call reads has to be the same, at the same
    place, until `forget`. While probes watch its attention the network is called as ever: a replay runs no hooks.
    """

    def __init__(self, network: Any, capture: Capture) -> None:
        self._network = network
        self._capture = capture
        self._forward = network.forward
        self._watchable = [layer for layer in network.modules() if isinstance(layer, Attention)]
        self._calls: OrderedDict[Hashable, _Call] = OrderedDict()
        network.forward = self._call

    @property
    def count(self) -> int:
        """Returns how many calls are replayed now."""
        return sum(call.graph is not None for call in self._calls.values())

    @property
    def is_refused(self) -> bool:
        """Returns True where calls have turned out not to be replayable, and none is replayed."""
        return not self.count and any(call.is_refused for call in self._calls.values())

    def forget(self) -> None:
        """Captures anew, since weights have changed, or the places where they are."""
        if self.count and torch.cuda.is_initialized():
            with suppress(RuntimeError):  # a lost GPU, whose error is on its way
                torch.cuda.synchronize()  # their memory goes when the capture's stream is done, not the replay's
        self._calls.clear()

    def remove(self) -> None:
        """Gives the network its own ``forward`` and the memory of the graphs back."""
        self.forget()
        self._network.__dict__.pop("forward", None)

    def _call(self, *args: Any, **options: Any) -> Any:
        if any(layer._forward_hooks for layer in self._watchable):  # pyright: ignore[reportPrivateUsage]
            return self._forward(*args, **options)
        leaves, structure = tree_flatten((args, options))
        key: Hashable = (structure, *(_described(leaf) for leaf in leaves))
        call = self._calls.setdefault(key, _Call())
        self._calls.move_to_end(key)
        if call.graph is not None:
            return _replayed(call.graph, leaves)
        outputs = self._forward(*args, **options)
        call.count += 1
        if call.count > EAGER_CALLS and not call.is_refused:
            call.graph = self._captured(leaves, structure, outputs)
            call.is_refused = call.graph is None
        while len(self._calls) > MOST_KEYS:
            self._calls.popitem(last=False)
        return outputs

    def _captured(self, leaves: list[Any], structure: Any, expected: Any) -> _Graph | None:
        """Returns a graph of the call, None where it cannot be captured or gives other bits than ``expected``."""
        inputs = tree_map(_copied, leaves)
        slot = self._free_slot()

        def work() -> Any:
            args, options = tree_unflatten(inputs, structure)  # lists of their own: U-Nets take out what they add
            return self._forward(*args, **options)

        try:
            replay, outputs = self._capture(work, slot)
            graph = _Graph(slot, inputs, replay, outputs)
            if _equal(_replayed(graph, leaves), expected):
                log.info("a network's call is replayed as a graph")
                return graph
            log.warning("a graph of the network gave other bits than the network, and is not used")
        except RuntimeError as error:
            reason = "there is too little memory" if is_out_of_memory(error) else str(error).split("\n")[0]
            log.info("the network's call cannot be replayed as a graph: %s", reason)
        return None

    def _free_slot(self) -> int:
        """Returns a slot without a graph; the graph that was not used for longest goes for it."""
        drawn = [call for call in self._calls.values() if call.graph is not None]
        if len(drawn) == MOST_GRAPHS:
            oldest = drawn.pop(0)
            oldest.graph, oldest.count = None, 0
        taken = {call.graph.slot for call in drawn if call.graph is not None}
        return next(slot for slot in range(MOST_GRAPHS) if slot not in taken)


def _described(leaf: Any) -> Hashable:
    if isinstance(leaf, torch.Tensor):
        return leaf.shape, leaf.stride(), leaf.dtype, leaf.device
    return type(leaf), leaf


def _copied(leaf: Any) -> Any:
    return leaf.clone() if isinstance(leaf, torch.Tensor) else leaf


def _replayed(graph: _Graph, leaves: list[Any]) -> Any:
    """Returns the outputs in memory of their own."""
    for place, leaf in zip(graph.inputs, leaves, strict=True):
        if isinstance(leaf, torch.Tensor):
            place.copy_(leaf)
    graph.replay()
    return tree_map(_copied, graph.outputs)


def _equal(one: Any, other: Any) -> bool:
    pairs = zip(tree_flatten(one)[0], tree_flatten(other)[0], strict=True)
    return all(torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b for a, b in pairs)
