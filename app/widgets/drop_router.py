"""Files dropped on a part of the window: a table says who takes which."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, Signal
from PySide6.QtGui import QDragMoveEvent, QDropEvent, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from core.pictures.metadata import SUFFIXES
from core.pictures.source import SUFFIXES as SOURCES


@dataclass(frozen=True, slots=True)
class DropRule:
    """Files of one kind, and what is done with them.

    Attributes:
        fits: tells by its name or its place whether a file is of this kind.
        take: gets all dropped files of this kind, in their order.
    """

    fits: Callable[[Path], bool]
    take: Callable[[list[Path]], object]


class DropRouter(QObject):
    """Takes the files that are dropped on a widget, or below it where nothing else takes them.

    Signals:
        left: a list of the files that no rule fits, when others of the same drop were taken.
    """

    left = Signal(object)

    def __init__(self, target: QWidget, rules: Sequence[DropRule], own_drags: QWidget | None = None) -> None:
        """The first rule that fits takes a file. Drags that begin in ``own_drags`` are not taken."""
        super().__init__(target)
        self._rules = tuple(rules)
        self._own_drags = own_drags
        target.setAcceptDrops(True)
        target.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QDropEvent):  # entering and moving are kinds of it
            return super().eventFilter(watched, event)
        files = local_files(event.mimeData())
        is_own = self._own_drags is not None and event.source() is self._own_drags
        taken = [(rule, file) for file in files if (rule := self._rule_for(file)) is not None]
        if is_own or not taken:
            return False
        event.acceptProposedAction()
        if not isinstance(event, QDragMoveEvent):
            for rule in self._rules:
                if of_rule := [file for taker, file in taken if taker is rule]:
                    rule.take(of_rule)
            if len(taken) < len(files):
                self.left.emit([file for file in files if self._rule_for(file) is None])
        return True

    def _rule_for(self, file: Path) -> DropRule | None:
        return next((rule for rule in self._rules if rule.fits(file)), None)


class TextFieldFilter(QObject):
    """Keeps text fields from taking a dropped file, or a picture that is pasted, for text: the window gets it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        for field in (*window.findChildren(QPlainTextEdit), *window.findChildren(QTextEdit)):
            field.installEventFilter(self)
            field.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        is_file = isinstance(event, QDropEvent) and bool(local_files(event.mimeData()))
        if is_file or _is_paste_of_a_picture(event):
            event.ignore()
            return True
        return super().eventFilter(watched, event)


def local_files(data: QMimeData) -> list[Path]:
    """Returns the files and folders of this computer among what is dropped or copied."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


def is_picture(path: Path) -> bool:
    """True for a picture that may hold settings, by its name."""
    return path.suffix.lower() in SUFFIXES


def is_source(path: Path) -> bool:
    """True for a picture that a run may begin with, by its name; these are more kinds than hold settings."""
    return path.suffix.lower() in SOURCES


def file_in(data: QMimeData, fits: Callable[[Path], bool]) -> Path | None:
    """Returns the first file that fits among what is dropped or copied."""
    return next((path for path in local_files(data) if fits(path)), None)


def first(take: Callable[[Path], object]) -> Callable[[list[Path]], object]:
    """Makes of a function for one file the ``take`` of a `DropRule`; further files are left out."""
    return lambda paths: take(paths[0])


def _is_paste_of_a_picture(event: QEvent) -> bool:
    return (
        isinstance(event, QKeyEvent)
        and event.type() is QEvent.Type.ShortcutOverride
        and event.matches(QKeySequence.StandardKey.Paste)
        and file_in(QGuiApplication.clipboard().mimeData(), is_picture) is not None
    )
