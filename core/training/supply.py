"""Makes the batches of the next steps in worker processes while the current step learns.

A batch depends on nothing but the progress it is for, so the losses are the same with any number of workers.
"""

import atexit
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar, cast

from torch.utils.data import DataLoader, Dataset

from core.training.checkpoint import Progress

T = TypeVar("T")


def supplied(make: Callable[[Progress], T], plan: Iterable[Progress], workers: int) -> Iterator[T]:
    """Yields `make` of each progress of the plan, in order; 0 workers make it in this process, on demand.

    With workers, `make` and its results must be picklable and should hold their tensors on the CPU.
    """
    if workers == 0:
        return map(make, plan)
    loader: DataLoader[T] = DataLoader(
        _Made(make),
        batch_size=None,
        sampler=cast(Any, plan),
        num_workers=workers,
        collate_fn=_as_it_is,
        worker_init_fn=_end_at_once,
        multiprocessing_context="spawn",
    )
    return iter(loader)


def plan(now: Progress, samples_of_step: Callable[[int], int]) -> Iterator[Progress]:
    """Yields the progress of this step and of all that follow, without end.

    Args:
        samples_of_step: returns the samples of all processes in the step after so many samples.
    """
    while True:
        yield now
        now = Progress(now.step + 1, now.samples + samples_of_step(now.samples))


class _Made(Dataset[Any]):
    def __init__(self, make: Callable[[Progress], Any]) -> None:
        self._make = make

    def __getitem__(self, index: Any) -> Any:
        return self._make(index)


def _end_at_once(worker: int) -> None:
    """Lets a spawned worker end like a forked one: without the destructors of torch's libraries.

    The destructors abort the worker if one of their threads still runs ("terminate called without an active
    exception"), and the loader then reports a failed worker. The queues are closed before this handler runs.
    """
    del worker
    atexit.register(os._exit, 0)


def _as_it_is(made: Any) -> Any:
    return made
