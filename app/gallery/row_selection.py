"""Chosen rows as ranges: what Qt calls a selection, without an object for each of a hundred thousand rows."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QItemSelection


def row_ranges(selection: QItemSelection) -> list[range]:
    """The rows of a selection, rising."""
    parts = (selection.at(place) for place in range(selection.count()))
    return sorted((range(part.top(), part.bottom() + 1) for part in parts), key=lambda rows: rows.start)


def selection_of(model: QAbstractListModel, rows: Sequence[int]) -> QItemSelection:
    """A selection of these rows, which rise."""
    selection = QItemSelection()
    start = 0
    for place in range(1, len(rows) + 1):
        if place == len(rows) or rows[place] != rows[place - 1] + 1:
            selection.select(model.index(rows[start]), model.index(rows[place - 1]))
            start = place
    return selection
