"""A hand that paints in the editor of masks."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from app.masks.editor import MaskEditor
from app.masks.view import MaskView
from core.pictures.mask import MaskPixels

WIDTH, HEIGHT = 300, 200
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def place(view: MaskView, x: float, y: float) -> QPointF:
    frame = view.placement
    return QPointF(frame.left + x * frame.scale, frame.top + y * frame.scale)


def drag(
    editor: MaskEditor,
    *points: tuple[float, float],
    keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    button: Qt.MouseButton = Qt.MouseButton.LeftButton,
) -> None:
    view = editor.view
    first, *others = (place(view, *point).toPoint() for point in points)
    QTest.mousePress(view, button, keys, first)
    for point in others:
        QTest.mouseMove(view, point)
    QTest.mouseRelease(view, button, keys, (others or [first])[-1])


def levels(editor: MaskEditor) -> MaskPixels:
    return editor.view.painting.levels


def press(
    editor: MaskEditor, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    QTest.keyClick(editor.view, key, modifiers)
