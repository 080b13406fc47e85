"""Where the keys that move lead in the grid."""

from __future__ import annotations

from PySide6.QtWidgets import QAbstractItemView

from app.gallery.grid_layout import GridLayout

Move = QAbstractItemView.CursorAction


def moved(layout: GridLayout, row: int, action: Move, height_px: int) -> int:
    """The row that a key leads to from ``row``; ``height_px`` is what one sees at once."""
    lines = max(height_px // layout.pitch_px, 1)
    match action:
        case Move.MoveLeft | Move.MovePrevious:
            row -= 1
        case Move.MoveRight | Move.MoveNext:
            row += 1
        case Move.MoveUp:
            row = layout.vertical_neighbour(row, -1)
        case Move.MoveDown:
            row = layout.vertical_neighbour(row, 1)
        case Move.MovePageUp:
            row = layout.vertical_neighbour(row, -lines)
        case Move.MovePageDown:
            row = layout.vertical_neighbour(row, lines)
        case Move.MoveHome:
            row = 0
        case Move.MoveEnd:
            row = layout.count - 1
    return min(max(row, 0), layout.count - 1)
