"""The bar above the picture: what painting does, and how it ends; tools and brush below."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QFrame, QToolButton

from app.masks.brush import LARGEST_PX
from app.masks.keys import MaskAction
from app.masks.tool_panel import MaskToolPanel, spin
from app.masks.view import MaskView, ToolKind
from app.widgets.building import STRETCH, hbox, push_button, stretched, text_label, vbox
from app.widgets.field import GAP_PX
from app.widgets.icon_button import IconButton
from app.widgets.popups import show_below
from core.language.words import tr

_MARGIN_PX = 8
_DIGITS, _ARROWS_PX = "000", 44
"""A number has room for so much beside its caption; more would widen the window's middle."""
_KINDS = {
    MaskAction.brush: ToolKind.brush,
    MaskAction.rectangle: ToolKind.rectangle,
    MaskAction.lasso: ToolKind.lasso,
}
_IN_ROW = (*_KINDS, MaskAction.eraser, MaskAction.ink, MaskAction.undo, MaskAction.redo)


class MaskToolBar(QFrame):
    """Shows the settings of a view's tools, and changes them.

    Attributes:
        buttons: by their action, those of the panel as well. panel: the rarer tools.

    Signals:
        asked: a `MaskAction` that is no tool.
        closed: painting is over. cancelled: it is over, and the mask is to be what it was.
    """

    asked = Signal(object)
    closed = Signal()
    cancelled = Signal()

    def __init__(self, view: MaskView, *, is_of_map: bool = False) -> None:
        super().__init__()
        self._view = view
        self.setObjectName("maskToolBar")
        self.setProperty("role", "panel")
        self.panel = MaskToolPanel(self, is_of_map=is_of_map)
        in_row = [action for action in _IN_ROW if is_of_map or action is not MaskAction.ink]
        tools = {action: self._button(action) for action in in_row}
        self.buttons = {**tools, **self.panel.buttons}
        for action in _KINDS:
            tools[action].setAutoExclusive(True)
        for action in (*_KINDS, MaskAction.eraser):
            tools[action].setCheckable(True)
        about = tr("[ and ], or Shift and a drag")
        self.size_spin = spin("maskBrushSize", tr("Brush size"), tr("Size"), "px", 1, LARGEST_PX, about)
        about = tr("0 has a sharp edge")
        self.softness = spin("maskBrushSoftness", tr("Softness of the brush"), tr("Soft"), "%", 0, 100, about)
        for number in (self.size_spin, self.softness):
            text = f"{number.prefix()}{number.suffix()}" + _DIGITS
            number.setMinimumWidth(number.fontMetrics().horizontalAdvance(text) + _ARROWS_PX)
        self.more = IconButton("sliders", tr("More tools: pen, whole mask, colour, zoom"), "maskMore")
        self.cancel = push_button(
            tr("Cancel"),
            self.cancelled,
            name="maskCancel",
            tip=tr("Leave it as it was before painting"),
        )
        self.done = push_button(
            tr("Done"), self.closed, kind="primary", name="maskDone", tip=tr("Back to the picture (Esc)")
        )
        sentence = text_label(
            tr("Paint white or black over the map (X); the eraser brings the map back.")
            if is_of_map
            else tr("Paint over what is to change; all else stays as it is."),
            role="hint",
            name="maskSentenceAbove",
            wraps=True,
        )
        *shapes, undo, redo = tools.values()
        vbox(
            hbox(stretched(sentence), undo, redo, self.cancel, self.done, spacing=GAP_PX),
            hbox(*shapes, self.size_spin, self.softness, self.more, STRETCH, spacing=2),
            on=self,
            margins=(_MARGIN_PX, GAP_PX, _MARGIN_PX, GAP_PX),
            spacing=GAP_PX,
        )
        for number in (self.size_spin, self.softness, self.panel.strength):
            number.valueChanged.connect(self._on_brush_changed)
        self.panel.pressure.activated.connect(self._on_brush_changed)
        self.panel.tint_chosen.connect(view.set_tint)
        self.panel.asked.connect(self.asked)
        self.more.clicked.connect(self._on_more)
        view.settings_changed.connect(self.refresh)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Shows what the view's tools are set to."""
        view, brush = self._view, self._view.settings
        for action, kind in _KINDS.items():
            self.buttons[action].setChecked(view.tool is kind)
        self.buttons[MaskAction.eraser].setChecked(view.is_erasing)
        for number, value in (
            (self.size_spin, brush.diameter_px),
            (self.softness, 100 * brush.softness),
            (self.panel.strength, 100 * brush.strength),
        ):
            with QSignalBlocker(number):
                number.setValue(round(value))
            number.setEnabled(view.tool is ToolKind.brush)
        pressure = self.panel.pressure
        pressure.setEnabled(view.tool is ToolKind.brush)
        pressure.setCurrentIndex(pressure.findData(brush.pressure))
        self.buttons[MaskAction.undo].setEnabled(view.painting.history.can_undo)
        self.buttons[MaskAction.redo].setEnabled(view.painting.history.can_redo)

    @Slot()
    def _on_brush_changed(self) -> None:
        self._view.set_brush(
            replace(
                self._view.settings,
                diameter_px=self.size_spin.value(),
                softness=self.softness.value() / 100,
                strength=self.panel.strength.value() / 100,
                pressure=self.panel.pressure.currentData(),
            )
        )

    @Slot()
    def _on_more(self) -> None:
        self.panel.adjustSize()
        show_below(self.panel, self.more)
        self.panel.strength.setFocus()

    def _button(self, action: MaskAction) -> QToolButton:
        button = IconButton(action.icon, action.tip, f"mask-{action.icon}", name=action.words)
        button.clicked.connect(partial(self.asked.emit, action))
        return button


def tool_of(action: MaskAction) -> ToolKind | None:
    """Returns the tool that an action chooses, None for other actions."""
    return _KINDS.get(action)
