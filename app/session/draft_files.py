"""Files that the draft names and that are still on their way to the disk."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QObject

from app.session.background import BackgroundTasks, TaskQueue
from core.errors import EmulsionError

Result = TypeVar("Result")


class DraftFiles(QObject):
    """Writes them in the background, in order, also when the window closes; what needs them waits.

    Attributes:
        is_busy: not all of them are there yet.
    """

    def __init__(self, background: BackgroundTasks, parent: QObject) -> None:
        super().__init__(parent)
        self._tasks: TaskQueue = background.queue(self, "masks")
        self._under_way = 0
        self._put_off: list[Callable[[], object]] = []

    @property
    def is_busy(self) -> bool:
        return self._under_way > 0

    def write(
        self,
        work: Callable[[], Result],
        written: Callable[[Result], object],
        refused: Callable[[EmulsionError], object],
    ) -> None:
        """Has a file written; ``written`` gets the result of ``work``, or ``refused`` its error."""
        self._under_way += 1
        self._tasks.submit(work, partial(self._end, written), partial(self._end, refused), is_kept=True)

    def puts_off(self, action: Callable[[], object]) -> bool:
        """Returns whether files are under way; ``action`` is then called when they are there, or have failed."""
        if self.is_busy:
            self._put_off.append(action)
        return self.is_busy

    def _end(self, tell: Callable[..., object], result: object) -> None:
        self._under_way -= 1
        tell(result)
        if not self.is_busy:
            actions, self._put_off = self._put_off, []
            for action in actions:
                action()
