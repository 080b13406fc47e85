"""Finds the tree of a run among the pictures of the folder, in the background."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.session.background import BackgroundTasks
from core.runs.branch_tree import BranchTree, branch_tree
from core.runs.run_index import RunIndex


@dataclass(frozen=True, slots=True)
class FoundTree:
    """The tree of a run; ``tree`` is None if no picture of the run is known."""

    run: str
    tree: BranchTree | None


class BranchReader(QObject):
    """Reads each recipe of the folder once.

    Signals:
        found(object): a `FoundTree`; only the newest question is answered.
    """

    found = Signal(object)

    def __init__(
        self, folder: Callable[[], Path], background: BackgroundTasks, parent: QObject | None = None
    ) -> None:
        """``folder`` tells where the pictures are now."""
        super().__init__(parent)
        self._folder = folder
        self._index = RunIndex()
        self._tasks = background.queue(self, "branches")

    def find(self, run: str) -> None:
        """Looks at what is new in the folder, and for the tree of this run."""
        self._tasks.cancel()
        self._tasks.follow(partial(self._search, run, self._folder()), answer=self.found.emit)

    def _search(self, run: str, folder: Path) -> Generator[None, None, FoundTree]:
        """In a background thread."""
        yield from self._index.refresh(folder)
        return FoundTree(run, branch_tree(run, self._index.relatives(run)))
