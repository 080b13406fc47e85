"""The menu of one step of a film."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from core.recipes.recipe import Stage

_KEEPING: tuple[tuple[Stage, str], ...] = (
    ("denoised", "Keep the denoised picture"),
    ("noisy", "Keep the noisy picture"),
)


class StepMenu(QMenu):
    """Offers to keep a step as a picture, and with ``has_branch`` to branch from it.

    Signals:
        keep_wanted(str): stage, ``denoised`` or ``noisy``. branch_wanted
    """

    keep_wanted = Signal(str)
    branch_wanted = Signal()

    def __init__(self, parent: QWidget | None = None, *, has_branch: bool = False) -> None:
        super().__init__(parent)
        for stage, text in _KEEPING:
            self.addAction(text).setData(stage)
        if has_branch:
            self.addSeparator()
            self.addAction("Branch from here …")
        self.triggered.connect(self._on_triggered)

    @Slot(QAction)
    def _on_triggered(self, action: QAction) -> None:
        stage = action.data()
        if stage is None:
            self.branch_wanted.emit()
        else:
            self.keep_wanted.emit(stage)
