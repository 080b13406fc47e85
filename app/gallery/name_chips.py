"""Tags or collections of a picture, a line for each: its name shows all that have it, the cross takes it away."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from app.widgets.building import STRETCH, hbox, push_button

LONGEST_WORDS = 28


class NameChips(QWidget):
    """Hidden while there are none.

    Signals:
        removed: a name that is to be taken away.
        chosen: a name whose pictures are to be shown.
    """

    removed = Signal(str)
    chosen = Signal(str)

    def __init__(self, removing: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._removing = removing
        self._names: tuple[str, ...] = ()
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(4)
        self.hide()

    def show_names(self, names: tuple[str, ...]) -> None:
        """Other names."""
        self.setVisible(bool(names))
        if names == self._names:
            return
        self._names = names
        while (item := self._rows.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for name in names:
            self._rows.addWidget(self._row(name))

    def _row(self, name: str) -> QWidget:
        short = name if len(name) <= LONGEST_WORDS else name[: LONGEST_WORDS - 1] + "…"
        chip = push_button(
            short.replace("&", "&&"), self._choose, kind="chip", tip="Show all pictures that have it"
        )
        chip.setProperty("name", name)
        remove = QToolButton()
        remove.setText("✕")
        remove.setProperty("kind", "quiet")
        remove.setProperty("name", name)
        remove.setAccessibleName(f"{self._removing}: {name}")
        remove.setToolTip(self._removing)
        remove.clicked.connect(self._remove)
        row = QWidget()
        hbox(chip, remove, STRETCH, on=row, spacing=2)
        return row

    @Slot()
    def _choose(self) -> None:
        self.chosen.emit(self.sender().property("name"))

    @Slot()
    def _remove(self) -> None:
        self.removed.emit(self.sender().property("name"))
