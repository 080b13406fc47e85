"""Rescues a run when memory runs out: frees caches, then moves parts off the device."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import ParamSpec, TypeVar

import torch

from core.engine.devices.allocation import is_out_of_memory
from core.engine.devices.offloading import Offloading, free_caches

log = logging.getLogger(__name__)

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class OutOfMemoryLadder:
    """Repeats what ran out of memory, with more room each time."""

    def __init__(self, device: torch.device, offloading: Offloading) -> None:
        self._device = device
        self._offloading = offloading

    def run(self, work: Callable[[], Result]) -> Result:
        """Returns the result of ``work``. Raises torch.OutOfMemoryError if no more room can be made."""
        rooms = self._rooms()
        while True:
            try:
                return work()
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                # goes on below: the error would hold on to the failed attempt's tensors
            if next(rooms, None) is None:
                raise torch.OutOfMemoryError
            log.info("out of memory; trying again with %s", self._offloading.placement.name)

    def wrap(self, work: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        """``work``, repeated in the same way at every call."""

        def repeated(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
            return self.run(lambda: work(*args, **kwargs))

        return repeated

    def _rooms(self) -> Iterator[str]:
        free_caches(self._device)
        yield "caches"
        while self._offloading.step_down():
            yield "placement"
