"""Mouse, pen and fingers over the view of a mask: which gesture paints, moves, zooms, or sizes the brush."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QNativeGestureEvent, QPointingDevice, QTabletEvent
from PySide6.QtWidgets import QGestureEvent, QPinchGesture

from app.masks.view import MaskView

_MOUSE = {QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick}
_PEN = {QEvent.Type.TabletPress, QEvent.Type.TabletMove, QEvent.Type.TabletRelease}


class MaskPointer(QObject):
    """Sees the events of a `MaskView` first; those that move the picture are left to it.

    The left button paints. The middle one, or the left one while Space is held, moves the picture; Shift and a
    drag to the side change the size of the brush, as in Krita. The other end of a pen erases.
    """

    def __init__(self, view: MaskView) -> None:
        super().__init__(view)
        self._view = view
        self._sized_from: tuple[QPointF, float] | None = None
        view.setMouseTracking(True)
        view.setTabletTracking(True)
        view.grabGesture(Qt.GestureType.PinchGesture)
        view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QTabletEvent) and event.type() in _PEN:
            event.accept()  # no events of a mouse are made of it
            return self._on_pen(event)
        if isinstance(event, QMouseEvent):
            return self._on_mouse(event)
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() is Qt.NativeGestureType.ZoomNativeGesture:
                self._view.zoom_at(1 + event.value(), event.position())
                return True
        elif event.type() is QEvent.Type.Gesture:
            pinch = cast(QGestureEvent, event).gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                middle = self._view.mapFromGlobal(pinch.centerPoint())
                moved = pinch.centerPoint() - pinch.lastCenterPoint()
                self._view.drop_gesture()
                self._view.zoom_at(pinch.scaleFactor(), middle)
                self._view.pan(moved.x(), moved.y())
                return True
        elif event.type() is QEvent.Type.Leave:
            self._view.update()
        elif event.type() is QEvent.Type.FocusOut:
            self._view.is_grabbed = False  # the release of Space goes elsewhere
        return super().eventFilter(watched, event)

    def _on_mouse(self, event: QMouseEvent) -> bool:
        view, place = self._view, event.position()
        is_left = event.button() is Qt.MouseButton.LeftButton
        if event.type() in _MOUSE and is_left and not view.is_grabbed:
            view.setFocus(Qt.FocusReason.MouseFocusReason)
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._sized_from = place, view.settings.diameter_px
            else:
                view.press(place)
            return True
        if event.type() is QEvent.Type.MouseMove:
            if self._sized_from is not None:
                self._size_to(place)
                return True
            is_held = bool(event.buttons() & Qt.MouseButton.LeftButton)
            if view.is_painting or not (is_held or event.buttons() & Qt.MouseButton.MiddleButton):
                view.move_to(place)
                return view.is_painting
        elif event.type() is QEvent.Type.MouseButtonRelease and is_left:
            if self._sized_from is not None or view.is_painting:
                self._sized_from = None
                view.release()
                return True
        elif event.type() is QEvent.Type.MouseButtonDblClick:
            return True  # a second quick press of the middle button is no wish to zoom
        return False

    def _size_to(self, place: QPointF) -> None:
        """The circle stays where the drag began, and grows to the right."""
        if self._sized_from is not None:
            start, diameter = self._sized_from
            grown = diameter + 2 * (place.x() - start.x()) / self._view.placement.scale
            self._view.set_brush(replace(self._view.settings, diameter_px=grown))

    def _on_pen(self, event: QTabletEvent) -> bool:
        view, place, pressure = self._view, event.position(), event.pressure()
        match event.type():
            case QEvent.Type.TabletPress if event.button() is Qt.MouseButton.LeftButton:
                is_other_end = event.pointerType() is QPointingDevice.PointerType.Eraser
                view.setFocus(Qt.FocusReason.MouseFocusReason)
                view.press(place, pressure, is_erasing=True if is_other_end else None)
            case QEvent.Type.TabletRelease if event.button() is Qt.MouseButton.LeftButton:
                view.release()
            case _:
                view.move_to(place, pressure if view.is_painting else 1.0)
        return True
