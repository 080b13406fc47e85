"""Marks in a prompt: the end that the model ignores, and words that it was never taught."""

from collections.abc import Sequence

from PySide6.QtGui import QPalette, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit


class PromptMarks:
    """Positions are characters of the text, as Python counts them."""

    def __init__(self, edit: QPlainTextEdit) -> None:
        self._edit = edit
        self._ignored_from: int | None = None
        self._unknown: tuple[tuple[int, int], ...] = ()

    def strike_out_from(self, position: int | None) -> None:
        """Marks everything from this character on as ignored; None marks nothing."""
        self._ignored_from = position
        self._show()

    def underline(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Marks these words as never seen."""
        self._unknown = tuple(ranges)
        self._show()

    def _show(self) -> None:
        text = self._edit.toPlainText()
        selections = [self._mark(text, begin, end, _unknown_style()) for begin, end in self._unknown]
        if self._ignored_from is not None:
            style = QTextCharFormat()
            style.setForeground(self._edit.palette().color(QPalette.ColorRole.PlaceholderText))
            style.setFontStrikeOut(True)
            selections.append(self._mark(text, self._ignored_from, len(text), style))
        self._edit.setExtraSelections(selections)

    def _mark(self, text: str, begin: int, end: int, style: QTextCharFormat) -> QTextEdit.ExtraSelection:
        mark = QTextEdit.ExtraSelection()
        cursor = QTextCursor(self._edit.document())
        cursor.setPosition(utf16_length(text[:begin]))
        cursor.setPosition(utf16_length(text[:end]), QTextCursor.MoveMode.KeepAnchor)
        mark.cursor = cursor  # pyright: ignore[reportAttributeAccessIssue]
        mark.format = style  # pyright: ignore[reportAttributeAccessIssue]
        return mark


def utf16_length(text: str) -> int:
    """Qt counts in UTF-16 units, in which an emoji has two."""
    return len(text.encode("utf-16-le")) // 2


def _unknown_style() -> QTextCharFormat:
    style = QTextCharFormat()
    style.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
    style.setUnderlineColor(QPalette().color(QPalette.ColorRole.Highlight))
    return style
