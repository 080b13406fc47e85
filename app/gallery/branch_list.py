"""The branches that a picture belongs to, in the inspector: which run left which one, and their pictures."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.widgets.building import push_button, text_label, vbox
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
        heading = text_label("Branches", role="caption")
        self._rows = QVBoxLayout()
        self._rows.setSpacing(2)
        vbox(heading, self._rows, on=self, spacing=4)

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
            more = text_label(f"and {len(tree) - MOST_ROWS} more", role="hint")
            self._rows.addWidget(more)

    def _row(self, branch: Run, *, is_here: bool) -> QPushButton:
        words = run_words(branch)
        button = push_button(
            (("● " if is_here else "") + words).replace("&", "&&"),
            self._choose,
            kind="quiet",
            tip="This picture" if is_here else "Show its picture",
        )
        button.setStyleSheet(f"text-align: left; margin-left: {min(branch.depth, 6) * INDENT_PX}px")
        button.setEnabled(bool(branch.pictures))
        button.setProperty("picture", branch.pictures[-1] if branch.pictures else None)
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
