"""Takes what a film keeps of a network call off the device, in one copy, which the next call need not wait for.

A copy of each tensor would hold up the launching thread every time, the first until the device has done all that
it was given. CUDA copies into pinned memory on a stream of its own, so that the next call is launched before the
last one is read. Apple's GPUs have neither; the processor's tensors are there already. Some of Intel's GPUs let an
event pass before the copy in front of it has ended (torch-xpu-ops pull request 4349): each copy is waited for.
"""

import logging
from collections.abc import Sequence
from functools import cache
from itertools import accumulate, pairwise
from typing import Any

import ml_dtypes
import numpy as np
import torch
from numpy.typing import NDArray

from core.engine.devices.out_of_memory import RAN_OUT, attempt

log = logging.getLogger(__name__)

BLOCKS = 2
"""Of pinned memory: one is filled while the other is read."""


class Copies:
    """The copies of one run.

    Attributes:
        looks_ahead: a copy should be read after the next call has been launched.
    """

    def __init__(self, device: torch.device) -> None:
        self.looks_ahead = device.type == "cuda"
        self._device = device
        self._blocks: list[torch.Tensor] = []
        self._stream: Any = None

    def begin(self, tensors: Sequence[torch.Tensor]) -> "Copy":
        """Begins to copy tensors of any shape and dtype; at most `BLOCKS` copies may be begun and not yet read."""
        # bytes, so that one copy has tensors of several dtypes: (bytes of all,)
        packed = torch.cat([tensor.reshape(-1).view(torch.uint8) for tensor in tensors])
        block = self._next_block(packed.numel()) if self.looks_ahead else None
        if block is None:
            return Copy(packed.cpu(), tensors)
        accelerator = torch.get_device_module(self._device)
        self._stream = self._stream or accelerator.Stream()
        copied = accelerator.Event()
        self._stream.wait_stream(accelerator.current_stream())
        with accelerator.stream(self._stream):
            block.copy_(packed, non_blocking=True)
            copied.record()
        packed.record_stream(self._stream)
        return Copy(block, tensors, copied)

    def _next_block(self, nbytes: int) -> torch.Tensor | None:
        """Returns as much pinned memory, of which no copy is to be read any more; None where there is none."""
        block = self._blocks.pop(0) if len(self._blocks) == BLOCKS else None
        if block is None or block.numel() < nbytes:  # calls that are taken over have no words, some wider halves
            pinned = attempt(lambda: torch.empty(nbytes, dtype=torch.uint8, pin_memory=True))
            if pinned is RAN_OUT:
                log.warning("there is no pinned memory: each call is waited for")
                self.looks_ahead = False
                return None
            block = pinned
        self._blocks.append(block)
        return block[:nbytes]


class Copy:
    """A copy that was begun.

    It is read before its block is used again; what was read stays.
    """

    def __init__(self, content: torch.Tensor, tensors: Sequence[torch.Tensor], copied: Any = None) -> None:
        """``copied`` is the event after which ``content`` is there; None where it is."""
        self._content = content
        self._kinds = [(tensor.dtype, tensor.shape, tensor.nbytes) for tensor in tensors]
        self._copied = copied

    def read(self) -> list[NDArray[Any]]:
        """Returns the tensors' values, each in memory of its own; waits until they are there."""
        content: NDArray[np.uint8] = self._content.numpy()
        if self._copied is not None:
            self._copied.synchronize()
        places = pairwise(accumulate((nbytes for *_, nbytes in self._kinds), initial=0))
        return [
            content[start:end].copy().view(_numpy_dtype(dtype)).reshape(shape)
            for (start, end), (dtype, shape, _) in zip(places, self._kinds, strict=True)
        ]


@cache
def _numpy_dtype(dtype: torch.dtype) -> Any:
    if dtype is torch.bfloat16:
        return ml_dtypes.bfloat16  # numpy has none of its own
    return torch.empty(0, dtype=dtype).numpy().dtype
