"""Rescues a run when memory runs out: frees caches, then moves parts off the device."""

import logging
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from enum import Enum, auto
from typing import Final, Literal, TypeVar

import torch

from core.engine.devices.memory_errors import is_out_of_memory
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
        is_told_late = isinstance(error, torch.AcceleratorError)
    if is_told_late:
        answers(torch.accelerator.current_accelerator())  # the next call tells it once more, whichever it is
    return RAN_OUT


def answers(device: torch.device | None) -> bool:
    """Returns False for a device that cannot compute any more, as GPUs after some errors; None is the processor.

    The first of two small sums may fail by an error that is told late, of work before it.
    """
    return device is None or device.type == "cpu" or any(_computes(device) for _ in range(2))


def _computes(device: torch.device) -> bool:
    try:
        return (torch.ones(1, device=device) + 1).item() == 2.0
    except RuntimeError:
        return False


class OutOfMemoryLadder:
    """Repeats work that ran out of memory, with more room each time."""

    def __init__(self, device: torch.device, offloading: Offloading, free_unused: Callable[[], None]) -> None:
        """``free_unused`` lets go of other models that nobody works with."""
        self._device = device
        self._offloading = offloading
        self._free_unused = free_unused

    def run(self, work: Callable[[], Result]) -> Result:
        """Returns the result of ``work``. Raises torch.OutOfMemoryError if no more room can be made."""
        rooms = self._rooms()
        while (result := attempt(work)) is RAN_OUT:
            if next(rooms, None) is None:
                raise torch.OutOfMemoryError
            log.info("out of memory; trying again with %s", self._offloading.placement.name)
        return result

    def _rooms(self) -> Iterator[str]:
        self._offloading.drop_graphs()
        self._free_unused()
        free_caches(self._device)
        yield "caches"
        while self._offloading.step_down():
            yield "placement"


@contextmanager
def away(models: Iterable[Offloading]) -> Generator[None]:
    """Leaves the device's memory to what is no part of these models."""
    with ExitStack() as room:
        for offloading in dict.fromkeys(models):
            room.enter_context(offloading.alone(""))
        yield
