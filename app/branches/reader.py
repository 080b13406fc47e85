"""Finds the tree of a run among the pictures of the folder, in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QThreadPool, Signal

from core.runs.branch_tree import BranchTree, branch_tree
from core.runs.run_index import RunIndex


@dataclass(frozen=True, slots=True)
class FoundTree:
    """The answer about a run; ``tree`` is None when no picture is known of it."""

    run: str
    tree: BranchTree | None


class BranchReader(QObject):
    """Reads each recipe of the folder once. Close it at the end.

    Signals:
        found(object): a `FoundTree`; only the newest question is answered.
    """

    found = Signal(object)

    def __init__(self, folder: Callable[[], Path], parent: QObject | None = None) -> None:
        """``folder`` tells where the pictures are now."""
        super().__init__(parent)
        self._folder = folder
        self._index = RunIndex()
        self._asked = 0
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._pool.setObjectName("branches")

    def find(self, run: str) -> None:
        """Looks at what is new in the folder, and for the tree of this run."""
        self._asked += 1
        number, folder = self._asked, self._folder()

        def work() -> None:
            for _ in self._index.refresh(folder):
                if number != self._asked:
                    return
            if number == self._asked:
                self.found.emit(FoundTree(run, branch_tree(run, self._index.relatives(run))))

        self._pool.start(work)

    def close(self) -> None:
        """Forgets what was asked, and ends the thread."""
        self._asked += 1
        self._pool.waitForDone()
