"""The bar above a frame that is drawn wider: its shapes, its size, and how it ends."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QFrame

from app.masks.frame_view import FrameView
from app.widgets.building import STRETCH, hbox, push_button, stretched, text_label, vbox
from app.widgets.field import GAP_PX, combo_box
from core.language.words import tr
from core.pictures.widening import ANCHORS, SHAPES, margins_to
from core.request.mask import NO_MARGINS, Margins

_MARGIN_PX = 8
_FREE = ""


class FrameBar(QFrame):
    """Shows the size of a view's frame, and brings it to a shape.

    Attributes:
        shape, anchor: the shape, and in which direction the picture grows.

    Signals:
        closed: the frame is as it should be. cancelled: it is to be what it was.
    """

    closed = Signal()
    cancelled = Signal()

    def __init__(self, view: FrameView) -> None:
        super().__init__()
        self._view = view
        self.setObjectName("frameBar")
        self.setProperty("role", "panel")
        sentence = text_label(
            tr("Draw the frame wider by its handles, or by the arrow keys: the picture goes on there."),
            role="hint",
            name="frameSentence",
            wraps=True,
        )
        self.shape = combo_box(
            ((tr("Any shape"), _FREE), *((shape, shape) for shape in SHAPES)),
            "frameShape",
            tr("Shape of the frame"),
            tr("Shape of the frame: width to height"),
        )
        self.anchor = combo_box(
            ((tr(words), anchor) for anchor, words in ANCHORS.items()),
            "frameAnchor",
            tr("Direction"),
            tr("Direction: where a chosen shape adds to the picture"),
        )
        self.size_label = text_label(name="frameSize", is_plain=True)
        self.reset = push_button(
            tr("Reset the frame"),
            self._on_reset,
            kind="quiet",
            name="frameReset",
            tip=tr("Only the picture again"),
        )
        self.cancel = push_button(
            tr("Cancel"), self.cancelled, name="frameCancel", tip=tr("Leave the frame as it was before")
        )
        self.done = push_button(
            tr("Done"), self.closed, kind="primary", name="frameDone", tip=tr("Back to the picture (Esc)")
        )
        vbox(
            hbox(stretched(sentence), self.cancel, self.done, spacing=GAP_PX),
            hbox(self.shape, self.anchor, self.reset, STRETCH, spacing=GAP_PX),
            self.size_label,  # in a line of its own: both sizes are long, and nothing may move while one drags
            on=self,
            margins=(_MARGIN_PX, GAP_PX, _MARGIN_PX, GAP_PX),
            spacing=GAP_PX,
        )
        self.shape.activated.connect(self._on_shape_chosen)
        self.anchor.activated.connect(self._on_shape_chosen)
        view.changed.connect(self.refresh)

    @Slot()
    def refresh(self) -> None:
        """Shows the size, and the shape if the frame has one of those that are offered."""
        view, frame = self._view, self._view.frame_size
        old = view.size_of_picture
        words = f"{old.words} → {frame.words}" if view.margins else old.words
        self.size_label.setText(tr("{size} px", size=words))
        self.reset.setEnabled(bool(view.margins))
        chosen = next((shape for shape in SHAPES if self._margins_of(shape) == view.margins), _FREE)
        with QSignalBlocker(self.shape):
            self.shape.setCurrentIndex(self.shape.findData(chosen if view.margins else _FREE))

    @Slot()
    def _on_shape_chosen(self) -> None:
        shape = self.shape.currentData()
        if shape != _FREE:
            self._take(self._margins_of(shape))

    @Slot()
    def _on_reset(self) -> None:
        self._take(NO_MARGINS)
        self._view.setFocus()

    def _take(self, margins: Margins) -> None:
        view = self._view
        if margins != view.margins:
            view.set_margins(margins)
            view.settled.emit()
        self.refresh()

    def _margins_of(self, shape: str) -> Margins:
        view = self._view
        return margins_to(view.size_of_picture, shape, self.anchor.currentData(), view.step)
