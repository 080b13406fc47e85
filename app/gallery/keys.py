"""The keys of the gallery: what each one does with chosen pictures, in the grid and in the viewer."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from app.gallery.picture_actions import PictureAction
from core.gallery.marks import RATINGS, MarkChange
from core.gallery.query import LibraryPicture

_DEEDS = {
    Qt.Key.Key_Delete: PictureAction.delete,
    Qt.Key.Key_Return: PictureAction.open_viewer,
    Qt.Key.Key_Enter: PictureAction.open_viewer,
    Qt.Key.Key_C: PictureAction.compare,
    Qt.Key.Key_F2: PictureAction.rename,
}


def deed_of(event: QKeyEvent) -> PictureAction | None:
    """What is to be done, None for keys that mean nothing here."""
    if event.matches(QKeySequence.StandardKey.Copy):
        return PictureAction.copy_picture
    return None if _has_modifier(event) else _DEEDS.get(Qt.Key(event.key()))


def mark_of(event: QKeyEvent, picture: LibraryPicture | None) -> MarkChange | None:
    """0 to 5 rate; F turns the favourite of ``picture``, the current one, on or off."""
    if _has_modifier(event):
        return None
    rating = event.key() - Qt.Key.Key_0
    if rating in RATINGS:
        return MarkChange(rating=rating)
    if event.key() == Qt.Key.Key_F:
        return MarkChange(is_favourite=not (picture is not None and picture.is_favourite))
    return None


def _has_modifier(event: QKeyEvent) -> bool:
    return bool(event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier)
