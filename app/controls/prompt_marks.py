"""Marks in a prompt: weights, chunks, open brackets, the end that the model ignores, and words it never saw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QLine
from PySide6.QtGui import QColor, QPainter, QPalette, QPen, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit

MOST_WEIGHTS, MOST_UNCLOSED = 150, 20
"""Marks of one kind; a field with thousands of them would be slow to type into."""
STRONGEST, WEAKEST = QColor(230, 110, 20), QColor(40, 120, 220)
"""Tints of weights above 1 and below; they are seen on a light field and on a dark one."""

_MOST_ALPHA = 130


@dataclass(frozen=True, slots=True)
class Marked:
    """All that is marked, in characters of the text as Python counts them.

    Attributes:
        ignored_from: everything from here on is struck out; None for nothing.
        unknown: words that the model has never seen.
        weights: begin, end and weight.
        unclosed: brackets that nothing closes.
        borders: characters before which a line shows that another chunk begins.
    """

    ignored_from: int | None = None
    unknown: tuple[tuple[int, int], ...] = ()
    weights: tuple[tuple[int, int, float], ...] = ()
    unclosed: tuple[int, ...] = ()
    borders: tuple[int, ...] = ()


class PromptMarks:
    """Shows them in a field."""

    def __init__(self, edit: QPlainTextEdit) -> None:
        self._edit = edit
        self.marked = Marked()

    def show(self, marked: Marked) -> None:
        """Marks these, and nothing else."""
        self.marked = marked
        text = self._edit.toPlainText()
        units = _units(text)
        self._edit.setExtraSelections([self._mark(units, *mark) for mark in self._formats(text)])
        self._edit.viewport().update()

    def paint_borders(self) -> None:
        """Draws a line before the first character of each later chunk, on top of the text."""
        if not self.marked.borders:
            return
        painter = QPainter(self._edit.viewport())
        painter.setPen(QPen(self._edit.palette().color(QPalette.ColorRole.Highlight), 1))
        units = _units(self._edit.toPlainText())
        for border in self.marked.borders:
            cursor = QTextCursor(self._edit.document())
            cursor.setPosition(units[min(border, len(units) - 1)])
            area = self._edit.cursorRect(cursor)
            painter.drawLine(QLine(area.left(), area.top(), area.left(), area.bottom()))
        painter.end()

    def _formats(self, text: str) -> Iterator[tuple[int, int, QTextCharFormat]]:
        for begin, end, weight in self.marked.weights[:MOST_WEIGHTS]:
            yield begin, end, _weight_style(weight)
        for begin, end in self.marked.unknown:
            yield begin, end, _wave(QPalette().color(QPalette.ColorRole.Highlight))
        for place in self.marked.unclosed[:MOST_UNCLOSED]:
            style = _wave(QColor("red"))
            style.setForeground(QColor("red"))
            yield place, place + 1, style
        if self.marked.ignored_from is not None:
            style = QTextCharFormat()
            style.setForeground(self._edit.palette().color(QPalette.ColorRole.PlaceholderText))
            style.setFontStrikeOut(True)
            yield self.marked.ignored_from, len(text), style

    def _mark(self, units: list[int], begin: int, end: int, style: QTextCharFormat) -> QTextEdit.ExtraSelection:
        mark = QTextEdit.ExtraSelection()
        cursor = QTextCursor(self._edit.document())
        last = len(units) - 1  # the text may have become shorter since it was read
        cursor.setPosition(units[min(begin, last)])
        cursor.setPosition(units[min(end, last)], QTextCursor.MoveMode.KeepAnchor)
        mark.cursor = cursor  # pyright: ignore[reportAttributeAccessIssue]
        mark.format = style  # pyright: ignore[reportAttributeAccessIssue]
        return mark


def utf16_length(text: str) -> int:
    """Qt counts in UTF-16 units, in which an emoji has two."""
    return len(text.encode("utf-16-le")) // 2


def _units(text: str) -> list[int]:
    """Returns the place of each character in UTF-16 units, and the end of the text."""
    places, place = [0], 0
    for letter in text:
        place += 1 + (ord(letter) > 0xFFFF)
        places.append(place)
    return places


def _weight_style(weight: float) -> QTextCharFormat:
    """Returns a tint that is the stronger the farther a weight is from 1."""
    colour = QColor(STRONGEST if weight > 1 else WEAKEST)
    colour.setAlpha(min(30 + int(abs(weight - 1) * 150), _MOST_ALPHA))
    style = QTextCharFormat()
    style.setBackground(colour)
    return style


def _wave(colour: QColor) -> QTextCharFormat:
    style = QTextCharFormat()
    style.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
    style.setUnderlineColor(colour)
    return style
