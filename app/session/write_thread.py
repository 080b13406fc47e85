"""A thread of the worker that writes to the disk while the engine computes."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")

MOST_WAITING = 4
"""Pieces of work; who brings more waits for the disk, as without the thread."""


class WriteThread:
    """Does its work in the order in which it was put; the thread begins with the first.

    Attributes:
        is_busy: work is under way or waits; may be asked from any thread.
    """

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._waiting: deque[Future[object]] = deque()

    @property
    def is_busy(self) -> bool:
        return not all(future.done() for future in tuple(self._waiting))

    def put(self, work: Callable[[], object]) -> None:
        """Has work done soon. Raises what work before it raised. For the thread that owns this one only."""
        self._settle(MOST_WAITING - 1)
        self._waiting.append(self._executor.submit(work))

    def call(self, work: Callable[[], Result]) -> Result:
        """Waits for work and returns its result, or raises its error; for other threads than the owner, too."""
        return self._executor.submit(work).result()

    def wait(self) -> None:
        """Waits until all is done. Raises what it raised."""
        self._settle(0)

    def close(self) -> None:
        """Ends the thread after all that was put."""
        self._executor.shutdown()

    def _settle(self, most: int) -> None:
        while self._waiting and (len(self._waiting) > most or self._waiting[0].done()):
            self._waiting.popleft().result()
