"""Undo on the page *Create*: of settings, and of what was done to pictures there, the newest first."""

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QWidget

from app.session.draft_editor import DraftEditor

DRAFT = 0
"""An edit of the settings, among the places that changes of pictures have on the gallery's stack."""


class PageUndo(QObject):
    """Goes through the history of the draft and the gallery's stack; changes made in the gallery stay there.

    Signals:
        changed: what can be undone or redone is another.
    """

    changed = Signal()

    def __init__(self, draft_editor: DraftEditor, page: QWidget) -> None:
        super().__init__(page)
        self._draft = draft_editor
        self._page = page
        self._stack: QUndoStack | None = None
        self._done: list[int] = []
        self._undone: list[int] = []
        self._is_at_work = False
        draft_editor.undo_changed.connect(self._on_draft_changed)

    def follow(self, stack: QUndoStack) -> None:
        """Takes the gallery's stack, which is made when it is first needed."""
        self._stack = stack
        stack.indexChanged.connect(self._on_index_changed)

    @property
    def can_undo(self) -> bool:
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        return bool(self._undone)

    @property
    def undo_text(self) -> str:
        """Returns a word for what would be undone, "" for an edit of settings."""
        return self._stack.undoText() if self._stack is not None and self._done and self._done[-1] else ""

    @property
    def redo_text(self) -> str:
        return self._stack.redoText() if self._stack is not None and self._undone and self._undone[-1] else ""

    @Slot()
    def undo(self) -> None:
        self._go(self._done, self._undone, is_back=True)

    @Slot()
    def redo(self) -> None:
        self._go(self._undone, self._done, is_back=False)

    def _go(self, source: list[int], target: list[int], *, is_back: bool) -> None:
        while source:
            entry = source.pop()
            stack = self._stack if entry else None
            if stack is not None and stack.index() != (entry if is_back else entry - 1):
                continue  # the gallery has gone on since, or back
            self._is_at_work = True
            history = stack or self._draft
            (history.undo if is_back else history.redo)()
            self._is_at_work = False
            target.append(entry)
            break
        self.changed.emit()

    @Slot()
    def _on_draft_changed(self) -> None:
        """There is another edit, or one was taken back by a button elsewhere."""
        if not self._is_at_work:
            known, depth = self._done.count(DRAFT), self._draft.undo_depth
            if depth > known:
                self._done += [DRAFT] * (depth - known)
                self._undone.clear()
            for _ in range(known - depth):
                del self._done[len(self._done) - 1 - self._done[::-1].index(DRAFT)]
        self.changed.emit()

    @Slot(int)
    def _on_index_changed(self, index: int) -> None:
        if (
            not self._is_at_work
            and self._page.isVisible()
            and self._stack is not None
            and not self._stack.canRedo()
        ):
            self._draft.end_step()  # an edit of the same setting comes after this, not before
            self._done.append(index)
            self._undone.clear()
        self.changed.emit()
