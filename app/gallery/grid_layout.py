"""Computes the place of each picture in the grid by arithmetic on sections, the same for ten and for a million."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QRect
from PySide6.QtWidgets import QAbstractItemView

from core.gallery.query import Section

Move = QAbstractItemView.CursorAction

MARGIN_PX = 16
GAP_PX = 8
HEADING_PX = 40


@dataclass(frozen=True, slots=True)
class _Placed:
    """A section with the place of its heading and of its first cell, in pixels from the top."""

    section: Section
    top: int
    cells_top: int
    bottom: int


@dataclass(slots=True)
class GridLayout:
    """Arranges as many columns of square cells as fit, with headings between sections.

    Attributes:
        width_px: of the view.
        wished_px: the smallest cell.
        cell_px: what the cells got.
    """

    count: int
    sections: Sequence[Section]
    width_px: int
    wished_px: int
    columns: int = field(init=False)
    cell_px: int = field(init=False)
    _placed: list[_Placed] = field(init=False)
    _tops: list[int] = field(init=False)
    _starts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        room = max(self.width_px - 2 * MARGIN_PX, self.wished_px)
        self.columns = max((room + GAP_PX) // (self.wished_px + GAP_PX), 1)
        self.cell_px = (room - GAP_PX * (self.columns - 1)) // self.columns
        sections = self.sections or ((Section("", 0, self.count),) if self.count else ())
        self._placed = []
        top = 0
        for section in sections:
            cells_top = top + (HEADING_PX if self.sections else MARGIN_PX)
            rows = -(-section.count // self.columns)
            bottom = cells_top + rows * self.pitch_px
            self._placed.append(_Placed(section, top, cells_top, bottom))
            top = bottom
        self._tops = [placed.top for placed in self._placed]
        self._starts = [placed.section.start for placed in self._placed]

    @property
    def pitch_px(self) -> int:
        return self.cell_px + GAP_PX

    @property
    def height_px(self) -> int:
        return self._placed[-1].bottom + MARGIN_PX - GAP_PX if self._placed else 0

    def rect(self, row: int) -> QRect:
        """Returns the cell of a row, in pixels from the top of the first one."""
        if not 0 <= row < self.count:
            return QRect()
        placed = self._of_row(row)
        down, across = divmod(row - placed.section.start, self.columns)
        return QRect(
            MARGIN_PX + across * self.pitch_px, placed.cells_top + down * self.pitch_px, self.cell_px, self.cell_px
        )

    def row_at(self, x: int, y: int) -> int | None:
        """Returns the row whose cell has this point."""
        return next(self.rows_in(QRect(x, y, 1, 1)), None)

    def rows_in(self, area: QRect) -> Iterator[int]:
        """Yields the rows whose cells touch an area."""
        first_column = max((area.left() - MARGIN_PX + GAP_PX) // self.pitch_px, 0)
        last_column = min((area.right() - MARGIN_PX) // self.pitch_px, self.columns - 1)
        for placed in self._between(area.top(), area.bottom()):
            first = max((area.top() - placed.cells_top + GAP_PX) // self.pitch_px, 0)
            last = (area.bottom() - placed.cells_top) // self.pitch_px
            for line in range(first, last + 1):
                start = placed.section.start + line * self.columns
                end = placed.section.start + placed.section.count
                if start >= end:
                    break
                yield from range(start + first_column, min(start + last_column + 1, end))

    def rows_between(self, top: int, bottom: int) -> range:
        """Returns all rows that are seen between two heights, as one range."""
        rows = list(self.rows_in(QRect(0, top, max(self.width_px, 1), max(bottom - top, 1))))
        return range(rows[0], rows[-1] + 1) if rows else range(0)

    def headings_between(self, top: int, bottom: int) -> Iterator[tuple[Section, QRect]]:
        """Yields the headings that are seen, with their places."""
        if self.sections:
            for placed in self._between(top, bottom):
                width_px = max(self.width_px - 2 * MARGIN_PX, 0)
                yield placed.section, QRect(MARGIN_PX, placed.top, width_px, HEADING_PX)

    def moved(self, row: int, action: Move, seen_px: int) -> int:
        """Returns the row that a key leads to from ``row``; ``seen_px`` is the height that is seen at once."""
        lines = max(seen_px // self.pitch_px, 1)
        down = {Move.MoveUp: -1, Move.MoveDown: 1, Move.MovePageUp: -lines, Move.MovePageDown: lines}
        match action:
            case Move.MoveLeft | Move.MovePrevious:
                row -= 1
            case Move.MoveRight | Move.MoveNext:
                row += 1
            case Move.MoveHome:
                row = 0
            case Move.MoveEnd:
                row = self.count - 1
            case _:
                row = self.vertical_neighbour(row, down[action])
        return min(max(row, 0), self.count - 1)

    def vertical_neighbour(self, row: int, lines: int) -> int:
        """Returns the row so many lines below (above when negative), in the same column as far as there is one."""
        rect = self.rect(row)
        column = (rect.left() - MARGIN_PX) // self.pitch_px
        for _ in range(abs(lines)):
            placed = self._of_row(row)
            start, count = placed.section.start, placed.section.count
            line, last = (row - start) // self.columns, (count - 1) // self.columns
            if lines > 0 and line < last:
                row = min(start + (line + 1) * self.columns + column, start + count - 1)
            elif lines < 0 and line > 0:
                row = start + (line - 1) * self.columns + column
            elif lines > 0 and start + count < self.count:
                following = self._of_row(start + count).section
                row = following.start + min(column, following.count - 1)
            elif lines < 0 and start > 0:
                before = self._of_row(start - 1).section
                line = (before.count - 1) // self.columns
                row = before.start + min(line * self.columns + column, before.count - 1)
            else:
                break
        return row

    def _of_row(self, row: int) -> _Placed:
        return self._placed[bisect_right(self._starts, row) - 1]

    def _between(self, top: int, bottom: int) -> Iterator[_Placed]:
        place = max(bisect_right(self._tops, top) - 1, 0)
        while place < len(self._placed) and self._placed[place].top <= bottom:
            yield self._placed[place]
            place += 1
