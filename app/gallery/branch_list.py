"""The branches that a picture belongs to, in the inspector: which run left which one, and their pictures."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from core.gallery.branches import Run

INDENT_PX = 14
MOST_ROWS = 30
LONGEST_WORDS = 34


class BranchList(QWidget):
    """A line for each run of the tree, indented below the one it left.

    Signals:
        chosen: the id of a picture.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("branchList")
        heading = QLabel("Branches")
        heading.setProperty("role", "caption")
        self._rows = QVBoxLayout()
        self._rows.setSpacing(2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(heading)
        layout.addLayout(self._rows)

    def show_tree(self, tree: tuple[Run, ...], run: str) -> None:
        """The tree of the picture that belongs to ``run``."""
        while (item := self._rows.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for branch in tree[:MOST_ROWS]:
            self._rows.addWidget(self._row(branch, is_here=branch.run == run))
        if len(tree) > MOST_ROWS:
            more = QLabel(f"and {len(tree) - MOST_ROWS} more")
            more.setProperty("role", "hint")
            self._rows.addWidget(more)

    def _row(self, branch: Run, *, is_here: bool) -> QPushButton:
        words = run_words(branch)
        button = QPushButton((("● " if is_here else "") + words).replace("&", "&&"))
        button.setProperty("kind", "quiet")
        button.setStyleSheet(f"text-align: left; margin-left: {min(branch.depth, 6) * INDENT_PX}px")
        button.setToolTip("This picture" if is_here else "Show its picture")
        button.setEnabled(bool(branch.pictures))
        button.setProperty("picture", branch.pictures[-1] if branch.pictures else None)
        button.clicked.connect(self._choose)
        return button

    @Slot()
    def _choose(self) -> None:
        self.chosen.emit(self.sender().property("picture"))


def run_words(branch: Run) -> str:
    """Returns the differences of this run."""
    if not branch.parent:
        words = "First run"
    else:
        words = f"Step {branch.step + 1}" + (f": {branch.changes}" if branch.changes else "")
    if not branch.pictures:
        words += " (not in the gallery)"
    return words if len(words) <= LONGEST_WORDS else words[: LONGEST_WORDS - 1] + "…"
