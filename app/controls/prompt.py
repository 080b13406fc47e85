"""The prompt and the negative prompt: plain text with a live token count; what the model ignores is struck out."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QEvent, QMimeData, QSignalBlocker, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from app.controls.completion import Completion
from app.controls.prompt_marks import PromptMarks, utf16_length
from app.controls.suggestions import Suggestions
from app.controls.token_counting import COUNTED_CHARACTERS, TokenCounting
from app.session.session import Session
from app.widgets.building import text_label, vbox
from app.widgets.field import GAP_PX, Field, describe, set_tone
from core.prompt.unread import plain_words
from core.request.request import GenerationRequest

PromptField = Literal["prompt", "negative_prompt"]

COUNT_AFTER_MS = 60
WIDTH_PX = 200
FRAME_PX = 20
"""Borders, padding and margins above and below the text."""


class PromptEdit(QPlainTextEdit):
    """Several lines of plain text. Its undo is the session's, so that one history holds everything.

    Attributes:
        marks: what is struck out and underlined.
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
        self.marks = PromptMarks(self)
        self.completion = Completion(self)
        self.setTabChangesFocus(True)
        self.setUndoRedoEnabled(False)
        self.setMinimumHeight(self._height_px(lines))

    def sizeHint(self) -> QSize:
        return QSize(WIDTH_PX, self._height_px(self._lines))

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
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_history(event):
            event.ignore()  # otherwise the text edit would keep these keys from the window's actions
            return True
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and self.completion.takes(event):
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.generate_asked.emit()
        elif event.matches(QKeySequence.StandardKey.Undo):
            self.undo_asked.emit()
        elif event.matches(QKeySequence.StandardKey.Redo):
            self.redo_asked.emit()
        else:
            super().keyPressEvent(event)
            self.completion.follow(event)

    def _height_px(self, lines: int) -> int:
        return self.fontMetrics().lineSpacing() * lines + FRAME_PX

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Files are for the window, which restores a picture's settings."""
        return not source.hasUrls() and super().canInsertFromMimeData(source)


class PromptControl(QWidget):
    """One of the two prompts, with its caption and its count."""

    def __init__(self, session: Session, field: PromptField, counting: TokenCounting) -> None:
        super().__init__()
        self._session = session
        self._field = field
        self._counting = counting
        is_negative = field == "negative_prompt"
        self.edit = PromptEdit(lines=2 if is_negative else 4)
        if is_negative:
            describe(
                self.edit,
                "negativePromptEdit",
                "Negative prompt",
                "Negative prompt: what the picture should move away from.\n"
                "Has an effect only with guidance above 1.",
            )
            self.edit.setPlaceholderText("What should not be in it")
        else:
            describe(
                self.edit,
                "promptEdit",
                "Prompt",
                "Prompt: the picture in words.\nCtrl+Enter generates; Tab leaves the field.",
            )
            self.edit.setPlaceholderText("Describe a picture, for example:\na red house by the sea at sunset")
        self._labelled = Field("&Negative prompt" if is_negative else "&Prompt", self.edit)
        self._labelled.note.setToolTip(
            "Tokens: the pieces of words that the model reads; start and end mark count as well."
        )
        self._plain = text_label(name="plainWords", role="hint", is_plain=True, wraps=True)
        layout = vbox(self._labelled, self._plain, on=self, spacing=GAP_PX)
        self._suggestions: Suggestions | None = None
        if not is_negative:
            self._suggestions = Suggestions(session)
            self._suggestions.vocabulary_changed.connect(self._follow_vocabulary)
            layout.addWidget(self._suggestions)
        self._count_timer = QTimer(self, singleShot=True, interval=COUNT_AFTER_MS)
        self._count_timer.timeout.connect(self._count)
        self.edit.textChanged.connect(lambda: session.edit(**{field: self.edit.toPlainText()}))
        self.edit.generate_asked.connect(session.generate)
        self.edit.undo_asked.connect(session.draft_editor.undo)
        self.edit.redo_asked.connect(session.draft_editor.redo)
        session.draft_edited.connect(self._show)
        session.models_changed.connect(self._count)
        self._follow_vocabulary()
        self._show(session.draft)
        self._count()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._count_timer.start()

    @Slot(object)
    def _show(self, draft: GenerationRequest) -> None:
        text = draft.negative_prompt if self._field == "negative_prompt" else draft.prompt
        with QSignalBlocker(self.edit):
            self.edit.show_text(text)
        model = self._session.model_of(draft)
        if self._field == "negative_prompt":
            self.edit.setEnabled(model is None or model.capabilities.has_negative_prompt)
        self._count_timer.start()

    @Slot()
    def _follow_vocabulary(self) -> None:
        self.edit.completion.vocabulary = self._suggestions.vocabulary if self._suggestions is not None else None
        self._count_timer.start()

    @Slot()
    def _count(self) -> None:
        note = self._labelled.note
        text = self.edit.toPlainText()
        draft = self._session.draft
        model = self._session.model_of(draft)
        plain = plain_words(text[:COUNTED_CHARACTERS], model.family) if model is not None else ""
        self._plain.setText(f"Read as plain words here: {plain}")
        self._plain.setVisible(bool(plain) and self.edit.isEnabled())
        count = self._counting.count(model, text)
        is_cut = count is not None and count.is_cut
        self.edit.marks.strike_out_from(count.read_characters if count is not None and is_cut else None)
        words = self.edit.completion.vocabulary
        self.edit.marks.underline(words.unknown(text) if words is not None else ())
        if not self.edit.isEnabled():
            note.setText("not for this model: its guidance is built in")
        elif self._field == "negative_prompt" and text and not draft.has_guidance:
            note.setText("no effect: guidance is off")
        else:
            note.setText(count.words if count is not None else "")
        set_tone(note, "error" if is_cut else "")


def _is_history(event: QKeyEvent) -> bool:
    return event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo)
