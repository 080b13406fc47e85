"""The field that a prompt is typed into: plain text that grows with its content."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QMimeData, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFontMetrics, QKeyEvent, QKeySequence, QPaintEvent, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit

from app.controls.completion import Completion
from app.controls.prompt_marks import PromptMarks, utf16_length
from core.prompt.weight_steps import stepped

WIDTH_PX = 200
FRAME_PX = 20
"""Borders, padding and margins above and below the text."""

CONTROL = Qt.KeyboardModifier.ControlModifier
MOST_LINES = 14
"""The field grows up to here; a longer text scrolls inside."""


class PromptEdit(QPlainTextEdit):
    """Several lines of plain text, each in the direction of its first letter, all at the side of the first one.

    Its undo is that of the owner, so that one history holds everything.

    Attributes:
        marks: weights, chunks, and what is struck out or underlined.
        completion: offers words while they are typed.

    Signals:
        generate_asked: Ctrl+Enter was pressed.
        undo_asked, redo_asked: their keys were pressed.
    """

    generate_asked = Signal()
    undo_asked = Signal()
    redo_asked = Signal()

    def __init__(self, lines: int) -> None:
        """Is at least ``lines`` high."""
        super().__init__()
        self._lines = lines
        self._chosen_px: int | None = None
        self.marks = PromptMarks(self)
        self.completion = Completion(self)
        self.setTabChangesFocus(True)
        self.setUndoRedoEnabled(False)
        option = self.document().defaultTextOption()
        option.setTextDirection(Qt.LayoutDirection.LayoutDirectionAuto)
        self.document().setDefaultTextOption(option)
        self.document().contentsChanged.connect(self._follow_direction)  # also while signals are blocked
        self.document().documentLayout().documentSizeChanged.connect(self._grow)
        self._grow()

    def sizeHint(self) -> QSize:
        return QSize(WIDTH_PX, self.minimumHeight())

    @Slot()
    def _follow_direction(self) -> None:
        """Qt's field begins every line at its left side, also where the text runs from right to left."""
        is_rtl = self.document().firstBlock().textDirection() is Qt.LayoutDirection.RightToLeft
        side = Qt.AlignmentFlag.AlignRight if is_rtl else Qt.AlignmentFlag.AlignLeft
        option = self.document().defaultTextOption()
        if option.alignment() != side:
            option.setAlignment(side)
            self.document().setDefaultTextOption(option)

    @Slot()
    def follow_text(self) -> None:
        """Takes the height that the text needs, after `choose_height`."""
        self._chosen_px = None
        self._grow()

    @Slot(int)
    def choose_height(self, height_px: int) -> None:
        """Keeps this height, whatever is typed; no less than one line."""
        self._chosen_px = max(height_px, self._height_px(1))
        self._grow()

    def show_text(self, text: str) -> None:
        """Replaces the text; the cursor goes to the end of what differs."""
        old = self.toPlainText()
        if old == text:
            return
        same = 0
        while same < min(len(old), len(text)) and old[-1 - same] == text[-1 - same]:
            same += 1
        self.setPlainText(text)
        cursor = self.textCursor()
        cursor.setPosition(utf16_length(text[: len(text) - same]))
        self.setTextCursor(cursor)

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if _changes_weight(event):
                event.accept()
                return True
            if _is_history(event):
                event.ignore()  # otherwise the text edit would keep these keys from the window's actions
                return True
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and self.completion.takes(event):
            return True
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._grow()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.generate_asked.emit()
        elif event.matches(QKeySequence.StandardKey.Undo):
            self.undo_asked.emit()
        elif event.matches(QKeySequence.StandardKey.Redo):
            self.redo_asked.emit()
        elif _changes_weight(event):
            self._step_weight(1 if event.key() == Qt.Key.Key_Up else -1)
        else:
            super().keyPressEvent(event)
            self.completion.follow(event)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Files are for the window, which restores a picture's settings."""
        return not source.hasUrls() and super().canInsertFromMimeData(source)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        self.marks.paint_borders()

    def _step_weight(self, direction: int) -> None:
        """Changes the weight of what is selected, or of the bracket or word at the cursor."""
        cursor, old = self.textCursor(), self.toPlainText()
        encoded = old.encode("utf-16-le")
        start, end = (
            len(encoded[: 2 * place].decode("utf-16-le"))
            for place in (cursor.selectionStart(), cursor.selectionEnd())
        )
        text, start, end = stepped(old, start, end, direction)
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(text)
        cursor.setPosition(utf16_length(text[:start]))
        cursor.setPosition(utf16_length(text[:end]), QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)

    @Slot()
    def _grow(self) -> None:
        lines = round(self.document().size().height())  # QPlainTextDocumentLayout counts lines, not pixels
        wanted = self._height_px(min(max(lines, self._lines), MOST_LINES))
        self.setFixedHeight(wanted if self._chosen_px is None else self._chosen_px)

    def _height_px(self, lines: int) -> int:
        return QFontMetrics(self.document().defaultFont()).lineSpacing() * lines + FRAME_PX


def _is_history(event: QKeyEvent) -> bool:
    return event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo)


def _changes_weight(event: QKeyEvent) -> bool:
    is_vertical = event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down)
    return is_vertical and event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier == CONTROL
