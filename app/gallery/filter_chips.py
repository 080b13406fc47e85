"""The active filters as chips, each with a cross that takes it away, and one that takes all away."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.gallery.filters import active_filters, cleared
from app.widgets.building import push_button
from core.gallery.query import Query

LONGEST_WORDS = 32
MOST_CHIPS = 8


class FilterChips(QWidget):
    """Hidden while nothing filters.

    Signals:
        chosen: the `Query` without what was taken away.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("filterChips")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(6)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.hide()

    def show_filters(self, query: Query) -> None:
        """Other chips."""
        while (item := self._row.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        filters = active_filters(query)
        for active in filters[:MOST_CHIPS]:
            words = active.words
            short = words if len(words) <= LONGEST_WORDS else words[: LONGEST_WORDS - 1] + "…"
            self._add(f"{short}  ✕", f"Take away: {words}", active.without)
        if len(filters) > 1:
            self._add("Clear all", "Take away all filters", cleared(query))
        self._row.addStretch(1)
        self.setVisible(bool(filters))

    def _add(self, words: str, tip: str, query: Query) -> None:
        chip = push_button(words.replace("&", "&&"), self._choose, kind="chip", tip=tip)
        chip.setProperty("query", query)
        chip.setAccessibleName(tip)
        chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._row.addWidget(chip)

    @Slot()
    def _choose(self) -> None:
        self.chosen.emit(self.sender().property("query"))
