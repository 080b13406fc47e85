"""Drops as Qt delivers them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget


def files(*paths: Path | str) -> QMimeData:
    """Returns what a file manager offers; texts are addresses elsewhere."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) if isinstance(path, Path) else QUrl(path) for path in paths])
    return data


class _EnterFrom(QDragEnterEvent):
    source_widget: QWidget | None = None

    def source(self) -> QWidget | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self.source_widget


def drop(target: QWidget, data: QMimeData, source: QWidget | None = None) -> bool:
    """Sends what Qt sends when something is dropped on a widget; says whether it was taken.

    A drag from ``source`` only enters.
    """
    move = Qt.DropAction.CopyAction
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entered = (QDragEnterEvent if source is None else _EnterFrom)(QPoint(5, 5), move, data, left, none)
    if isinstance(entered, _EnterFrom):
        entered.source_widget = source
    entered.setAccepted(False)
    QApplication.sendEvent(target, entered)
    if not entered.isAccepted():
        return False
    dropped = QDropEvent(QPointF(5, 5), move, data, left, none)
    dropped.setAccepted(False)
    QApplication.sendEvent(target, dropped)
    return dropped.isAccepted()
