"""The place where a mask is painted: the bar of tools above the picture, and the keys of both."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt, Signal, Slot
from PySide6.QtGui import QImage, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget

from app.masks.keys import MaskAction, action_of
from app.masks.painting import MaskPainting
from app.masks.pointer import MaskPointer
from app.masks.tool_bar import MaskToolBar, tool_of
from app.masks.view import MaskView
from app.widgets.building import stretched, vbox
from app.widgets.colours import Colours
from app.widgets.theme import prepare_spin_boxes
from core.language.words import tr
from core.pictures.mask import MaskPixels, feathered, grown

_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_STEP_PX = 8
_PRESSES = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
BRUSHES_ACROSS, LEAST_BRUSH_PX = 10, 4
"""The size of the brush over a picture of another size: a part of its longer side, and pixels."""
_SIZE_STEP, _STRENGTH_STEP = 1.2, 0.1


class MaskEditor(QWidget):
    """Paints one mask at a time.

    Arrow keys move the pointer over the picture, with Shift by single pixels of the screen; Return presses it
    down, and lets it go.

    Attributes:
        view: the picture. bar: the tools.

    Signals:
        painted: the mask is another one.
        closed: the user is done. cancelled: the mask is to be what it was before.
        paste_asked: the picture in the clipboard is to be painted over.
    """

    painted = Signal()
    closed = Signal()
    cancelled = Signal()
    paste_asked = Signal()

    EMPTY = 0
    """The level of what is not painted."""

    def __init__(self, colours: Colours, *, is_of_map: bool = False) -> None:
        super().__init__()
        self.setObjectName("mapEditor" if is_of_map else "maskEditor")
        self.view = MaskView(colours)
        MaskPointer(self.view)
        self.bar = MaskToolBar(self.view, is_of_map=is_of_map)
        self._alpha: MaskPixels | None = None
        vbox(self.bar, stretched(self.view), on=self, spacing=0)
        prepare_spin_boxes(self)
        self.view.painted.connect(self._on_painted)
        self.bar.asked.connect(self._carry_out)
        self.bar.panel.grow_asked.connect(self._on_grow_asked)
        self.bar.panel.feather_asked.connect(self._on_feather_asked)
        self.bar.panel.alpha_asked.connect(self._on_alpha_asked)
        self.bar.closed.connect(self.closed)
        self.bar.cancelled.connect(self.cancelled)

    @property
    def levels(self) -> MaskPixels | None:
        """Returns the mask as it is now, None while nothing is painted."""
        levels = self.view.painting.levels
        return levels if (levels != self.EMPTY).any() else None

    def open(self, picture: QImage, mask: MaskPixels | None, alpha: MaskPixels | None = None) -> None:
        """Shows a picture with a mask of its size, or with an empty one.

        ``alpha`` is how opaque its pixels are, None for one that is opaque everywhere.
        """
        empty = np.full((picture.height(), picture.width()), self.EMPTY, np.uint8)
        if self.view.painting.levels.shape != empty.shape:
            size = max(LEAST_BRUSH_PX, max(empty.shape) / BRUSHES_ACROSS)
            self.view.set_brush(replace(self.view.settings, diameter_px=round(size)))
        self.view.open(picture, self._painting(mask if mask is not None else empty))
        self._alpha = alpha
        self.bar.panel.alpha.setVisible(alpha is not None)
        self.bar.refresh()
        self._tell()

    def _painting(self, levels: MaskPixels) -> MaskPainting:
        return MaskPainting(levels)

    def set_colours(self, colours: Colours) -> None:
        self.view.set_colours(colours)

    def event(self, event: QEvent) -> bool:
        """Keeps the keys of painting from the commands of the window."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.ShortcutOverride and self._knows(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        has_focus = self.view.hasFocus()
        if has_focus and event.key() in _ARROWS:
            self._move_pointer(event)
        elif has_focus and event.key() in _PRESSES and not event.isAutoRepeat():
            self._press_or_release()
        elif has_focus and event.key() == Qt.Key.Key_Space:
            self._grab(is_grabbed=True)
        elif event.key() == Qt.Key.Key_Escape:
            if not self.view.drop_gesture():
                self.closed.emit()
        elif event.matches(QKeySequence.StandardKey.Paste):
            self.paste_asked.emit()
        elif (action := action_of(event)) is not None:
            self._carry_out(action)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._grab(is_grabbed=False)
        else:
            super().keyReleaseEvent(event)

    def _knows(self, event: QKeyEvent) -> bool:
        """Returns whether a key means something here; Esc stops a run unless a gesture is to be dropped."""
        if event.key() == Qt.Key.Key_Escape:
            return self.view.is_painting
        is_of_view = event.key() in (*_ARROWS, *_PRESSES, Qt.Key.Key_Space) and not (
            event.modifiers() & Qt.KeyboardModifier.ControlModifier
        )
        is_paste = event.matches(QKeySequence.StandardKey.Paste)
        return (self.view.hasFocus() and is_of_view) or is_paste or action_of(event) is not None

    @Slot(object)
    def _carry_out(self, action: MaskAction) -> None:
        view, painting = self.view, self.view.painting
        brush = view.settings
        if (tool := tool_of(action)) is not None:
            view.choose_tool(tool)
            view.set_erasing(is_erasing=False)  # Krita's B leaves the eraser too
        match action:
            case MaskAction.eraser:
                view.set_erasing(not view.is_erasing)
            case MaskAction.smaller | MaskAction.larger:
                factor = _SIZE_STEP if action is MaskAction.larger else 1 / _SIZE_STEP
                size = round(brush.diameter_px * factor)
                view.set_brush(
                    replace(brush, diameter_px=size + (size == brush.diameter_px) * (1 if factor > 1 else -1))
                )
            case MaskAction.weaker | MaskAction.stronger:
                step = _STRENGTH_STEP if action is MaskAction.stronger else -_STRENGTH_STEP
                view.set_brush(replace(brush, strength=min(max(brush.strength + step, 0.01), 1.0)))
            case MaskAction.undo | MaskAction.redo:
                view.drop_gesture()
                history = painting.undo if action is MaskAction.undo else painting.redo
                if history() is not None:
                    self._on_painted()
            case MaskAction.invert:
                self._replace(255 - painting.levels)
            case MaskAction.fill | MaskAction.clear:
                self._replace(np.full_like(painting.levels, 255 if action is MaskAction.fill else self.EMPTY))
            case MaskAction.fit:
                view.fit()
            case MaskAction.actual_size:
                view.show_actual_size()
            case MaskAction.zoom_in:
                view.zoom_in()
            case MaskAction.zoom_out:
                view.zoom_out()
            case _:
                pass
        self.bar.refresh()

    def _replace(self, levels: MaskPixels) -> None:
        self.view.drop_gesture()
        if self.view.painting.replace(levels):
            self._on_painted()

    @Slot(int)
    def _on_grow_asked(self, pixels: int) -> None:
        self._replace(grown(self.view.painting.levels, pixels))

    @Slot(int)
    def _on_feather_asked(self, pixels: int) -> None:
        self._replace(feathered(self.view.painting.levels, pixels))

    @Slot()
    def _on_alpha_asked(self) -> None:
        if self._alpha is not None:
            self._replace(255 - self._alpha)

    @Slot()
    def _on_painted(self) -> None:
        self.view.update()
        self.bar.refresh()
        self._tell()
        self.painted.emit()

    def _tell(self) -> None:
        """Says for screen readers how much is masked."""
        part = float(self.view.painting.levels.mean()) / 255
        self.view.setAccessibleDescription(tr("{part:.1%} of the picture is masked", part=part))

    def _move_pointer(self, event: QKeyEvent) -> None:
        view, (x, y) = self.view, _ARROWS[Qt.Key(event.key())]
        step = 1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else _STEP_PX
        place = (view.pointer or QPointF(view.rect().center())) + QPointF(x * step, y * step)
        view.move_to(QPointF(min(max(place.x(), 0), view.width()), min(max(place.y(), 0), view.height())))

    def _press_or_release(self) -> None:
        if self.view.is_painting:
            self.view.release()
        else:
            self.view.press(self.view.pointer or QPointF(self.view.rect().center()))

    def _grab(self, *, is_grabbed: bool) -> None:
        if not self.view.is_painting:
            self.view.is_grabbed = is_grabbed
            self.view.refresh()
