"""Undo and redo in the gallery: marks, moves and deletions, as long as the program runs."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QUndoCommand, QUndoStack

from app.gallery.library_service import LibraryService
from core.gallery.deleting import Deleted
from core.gallery.gallery import Marked, Moved
from core.gallery.marks import Marks
from core.language.words import tr


class LibraryUndo(QObject):
    """Puts what the library has done on a stack.

    The library works in the background, and so do undo and redo: they are asked for here, one after the other.

    Attributes:
        stack: the newest change last.

    Signals:
        changed: something was done, undone or done again.
    """

    changed = Signal()

    def __init__(self, service: LibraryService, parent: QObject) -> None:
        super().__init__(parent)
        self.stack = QUndoStack(self)
        self.stack.indexChanged.connect(
            self._on_index_changed
        )  # not told when the stack goes, as its own would be
        self._service = service
        self._deletions: list[_Deletion] = []
        service.marked.connect(self._on_marked)
        service.moved.connect(self._on_moved)
        service.deleted.connect(self._on_deleted)
        service.undone.connect(self._on_undone)

    @Slot()
    def _on_index_changed(self) -> None:
        self.changed.emit()

    @Slot(object, bool)
    def _on_marked(self, marked: Marked, can_undo: bool) -> None:
        if can_undo and marked.before != marked.after:
            set_marks, before, after = self._service.set_marks, marked.before, marked.after
            self.stack.push(_Command(_words(marked), lambda: set_marks(before), lambda: set_marks(after)))

    @Slot(object)
    def _on_moved(self, moved: tuple[Moved, ...]) -> None:
        back = tuple(Moved(one.picture, one.now, one.before) for one in moved)
        is_renamed = moved[0].before.parent == moved[0].now.parent
        put_back, words = self._service.put_back, tr("renaming") if is_renamed else tr("moving")
        self.stack.push(_Command(words, lambda: put_back(moved), lambda: put_back(back)))

    @Slot(object)
    def _on_deleted(self, deleted: tuple[Deleted, ...]) -> None:
        """Remembers a deletion, also one that was done again: its files have other places in the trash then."""
        pictures = frozenset(one.picture for one in deleted)
        again = next((one for one in self._deletions if one.is_asked and pictures <= one.pictures), None)
        if again is not None:
            again.gone, again.is_asked = deleted, False
        elif all(one.can_be_restored for one in deleted):
            made = _Deletion(self._service, deleted)
            self._deletions.append(made)
            self.stack.push(_Command(tr("deleting"), made.undo, made.redo))

    @Slot(object)
    def _on_undone(self, change: Deleted | Moved) -> None:
        """A picture that is back, by this stack or by a button elsewhere, is not taken back again."""
        for made in self._deletions:
            made.gone = tuple(one for one in made.gone if one != change)


class _Deletion:
    """A deletion that can be undone and done again."""

    def __init__(self, service: LibraryService, deleted: tuple[Deleted, ...]) -> None:
        self._service = service
        self.gone = deleted
        self.pictures = frozenset(one.picture for one in deleted)
        self.is_asked = False

    def undo(self) -> None:
        self._service.restore(self.gone)

    def redo(self) -> None:
        self.is_asked = True
        self._service.delete_files(tuple(self.pictures))


class _Command(QUndoCommand):
    """Undo and redo of something that has been done when it is put on the stack."""

    def __init__(self, words: str, undo: Callable[[], object], redo: Callable[[], object]) -> None:
        super().__init__(words)
        self._undo = undo
        self._redo = redo
        self._is_new = True

    def undo(self) -> None:
        self._undo()

    def redo(self) -> None:
        """Does nothing when the stack calls it first, which is when the command is put there."""
        is_new, self._is_new = self._is_new, False
        if not is_new:
            self._redo()


def _words(marked: Marked) -> str:
    """Names what has changed in the marks, as far as it is one thing, and of how many pictures."""
    names = {name for path in marked.before for name in _changed(marked.before[path], marked.after[path])}
    words, count = names.pop() if len(names) == 1 else tr("marking"), len(marked.before)
    return words if count == 1 else tr("{words} of {count:,} pictures", words=words, count=count)


def _changed(before: Marks, after: Marks) -> list[str]:
    words = {
        "rating": tr("rating"),
        "is_favourite": tr("favourite"),
        "tags": tr("tags"),
        "note": tr("note"),
        "collections": tr("collections"),
    }
    return [word for name, word in words.items() if getattr(before, name) != getattr(after, name)]
