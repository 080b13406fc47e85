"""Rescues a run when memory runs out: frees caches, then moves parts off the device."""

import logging
from collections.abc import Callable, Iterator
from enum import Enum, auto
from typing import Final, Literal, TypeVar

import torch

from core.engine.devices.offloading import Offloading, free_caches

log = logging.getLogger(__name__)

Result = TypeVar("Result")


class _Attempt(Enum):
    ran_out = auto()


RAN_OUT: Final = _Attempt.ran_out
"""Stands in the place of the result of work that found too little memory."""


def attempt(work: Callable[[], Result]) -> Result | Literal[_Attempt.ran_out]:
    """Returns the result of ``work``, or `RAN_OUT`; the error, which holds the work's tensors, is gone then."""
    try:
        return work()
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
    return RAN_OUT


def is_out_of_memory(error: BaseException) -> bool:
    """torch has a type for it on graphics cards only: on the processor it is a RuntimeError among others."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and "DefaultCPUAllocator" in str(error)


class OutOfMemoryLadder:
    """Repeats work that ran out of memory, with more room each time."""

    def __init__(self, device: torch.device, offloading: Offloading) -> None:
        self._device = device
        self._offloading = offloading

    def run(self, work: Callable[[], Result]) -> Result:
        """Returns the result of ``work``. Raises torch.OutOfMemoryError if no more room can be made."""
        rooms = self._rooms()
        while (result := attempt(work)) is RAN_OUT:
            if next(rooms, None) is None:
                raise torch.OutOfMemoryError
            log.info("out of memory; trying again with %s", self._offloading.placement.name)
        return result

    def _rooms(self) -> Iterator[str]:
        free_caches(self._device)
        yield "caches"
        while self._offloading.step_down():
            yield "placement"
