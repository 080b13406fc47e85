"""The bar above the picture: tools, the brush, and what changes the whole mask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QFrame, QSpinBox, QToolButton, QWidget

from app.canvas.mask_overlay import TINTS
from app.masks.brush import LARGEST_PX, PressureUse
from app.masks.keys import MaskAction
from app.masks.view import MaskView, ToolKind
from app.widgets.building import hbox, push_button
from app.widgets.field import GAP_PX, combo_box, describe
from app.widgets.flow_layout import FlowLayout
from app.widgets.icon_button import IconButton
from core.language.words import tr

LARGEST_CHANGE_PX = 256
_MARGIN_PX = 8
_KINDS = {
    MaskAction.brush: ToolKind.brush,
    MaskAction.rectangle: ToolKind.rectangle,
    MaskAction.lasso: ToolKind.lasso,
}


class MaskToolBar(QFrame):
    """Shows the settings of a view's tools, and changes them.

    Attributes:
        buttons: by their action. amount: the pixels by which the mask grows, shrinks or is feathered.

    Signals:
        asked: a `MaskAction` that is no tool.
        grow_asked: pixels, negative ones to shrink. feather_asked: pixels.
        alpha_asked: take what is transparent in the picture. closed: painting is over.
    """

    asked = Signal(object)
    grow_asked = Signal(int)
    feather_asked = Signal(int)
    alpha_asked = Signal()
    closed = Signal()

    def __init__(self, view: MaskView) -> None:
        super().__init__()
        self._view = view
        self.setObjectName("maskToolBar")
        self.setProperty("role", "panel")
        self.buttons = {action: self._button(action) for action in MaskAction if action.icon}
        for action in _KINDS:
            self.buttons[action].setAutoExclusive(True)
        for action in (*_KINDS, MaskAction.eraser):
            self.buttons[action].setCheckable(True)
        self.size_spin = _spin(
            "maskBrushSize", tr("Brush size"), tr("Size"), "px", 1, LARGEST_PX, tr("[ and ], or Shift and a drag")
        )
        self.softness = _spin(
            "maskBrushSoftness", tr("Softness of the brush"), tr("Soft"), "%", 0, 100, tr("0 has a sharp edge")
        )
        about = tr("How much one stroke covers; I and O")
        self.strength = _spin("maskBrushStrength", tr("Strength of the brush"), tr("Strength"), "%", 1, 100, about)
        self.pressure = combo_box(
            (
                (tr("Pen: size"), PressureUse.size),
                (tr("Pen: strength"), PressureUse.strength),
                (tr("Pen: neither"), PressureUse.nothing),
            ),
            "maskPressure",
            tr("Effect of a pen’s pressure"),
            tr("What pressing a pen harder does"),
        )
        self.amount = _spin("maskAmount", tr("By how many pixels"), tr("By"), "px", 1, LARGEST_CHANGE_PX, "")
        self.amount.setValue(8)
        self.grow = self._words(tr("Grow"), "maskGrow", tr("Make the mask wider on all sides"), self._on_grow)
        self.shrink = self._words(
            tr("Shrink"), "maskShrink", tr("Make the mask narrower on all sides"), self._on_shrink
        )
        self.feather = self._words(tr("Feather"), "maskFeather", tr("Blur the edge of the mask"), self._on_feather)
        self.alpha = self._words(
            tr("From transparency"),
            "maskFromAlpha",
            tr("Mask what is transparent in the picture"),
            self.alpha_asked.emit,
        )
        self.tint = combo_box(
            (), "maskTint", tr("Colour of the mask"), tr("The colour in which the mask is shown")
        )
        for tint, name in zip(TINTS, (tr("Pink"), tr("Blue"), tr("Yellow"), tr("Green")), strict=True):
            square = QPixmap(12, 12)
            square.fill(QColor(tint))
            self.tint.addItem(QIcon(square), name, tint)
        self.done = push_button(
            tr("Done"), self.closed, kind="primary", name="maskDone", tip=tr("Back to the picture (Esc)")
        )
        layout = FlowLayout(self, GAP_PX)
        layout.setContentsMargins(0, 0, 0, 0)
        bar, action = self.buttons, MaskAction
        for group in (
            (bar[action.brush], bar[action.rectangle], bar[action.lasso], bar[action.eraser]),
            (self.size_spin, self.softness, self.strength, self.pressure),
            (bar[action.undo], bar[action.redo]),
            (bar[action.invert], bar[action.fill], bar[action.clear]),
            (self.amount, self.grow, self.shrink, self.feather),
            (self.alpha, self.tint, bar[action.fit], bar[action.actual_size]),
            (self.done,),
        ):
            held = QWidget()
            hbox(*group, on=held, margins=(_MARGIN_PX // 2, GAP_PX, _MARGIN_PX // 2, GAP_PX), spacing=2)
            layout.addWidget(held)
        for spin in (self.size_spin, self.softness, self.strength):
            spin.valueChanged.connect(self._on_brush_changed)
        self.pressure.activated.connect(self._on_brush_changed)
        self.tint.activated.connect(self._on_tint_chosen)
        view.settings_changed.connect(self.refresh)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Shows what the view's tools are set to."""
        view, brush = self._view, self._view.settings
        for action, kind in _KINDS.items():
            self.buttons[action].setChecked(view.tool is kind)
        self.buttons[MaskAction.eraser].setChecked(view.is_erasing)
        for spin, value in (
            (self.size_spin, brush.diameter_px),
            (self.softness, 100 * brush.softness),
            (self.strength, 100 * brush.strength),
        ):
            with QSignalBlocker(spin):
                spin.setValue(round(value))
            spin.setEnabled(view.tool is ToolKind.brush)
        self.pressure.setEnabled(view.tool is ToolKind.brush)
        self.pressure.setCurrentIndex(self.pressure.findData(brush.pressure))
        self.buttons[MaskAction.undo].setEnabled(view.painting.history.can_undo)
        self.buttons[MaskAction.redo].setEnabled(view.painting.history.can_redo)

    @Slot()
    def _on_brush_changed(self) -> None:
        self._view.set_brush(
            replace(
                self._view.settings,
                diameter_px=self.size_spin.value(),
                softness=self.softness.value() / 100,
                strength=self.strength.value() / 100,
                pressure=self.pressure.currentData(),
            )
        )

    @Slot()
    def _on_tint_chosen(self) -> None:
        self._view.set_tint(QColor(self.tint.currentData()))

    @Slot()
    def _on_grow(self) -> None:
        self.grow_asked.emit(self.amount.value())

    @Slot()
    def _on_shrink(self) -> None:
        self.grow_asked.emit(-self.amount.value())

    @Slot()
    def _on_feather(self) -> None:
        self.feather_asked.emit(self.amount.value())

    def _button(self, action: MaskAction) -> QToolButton:
        button = IconButton(action.icon, action.tip, f"mask-{action.icon}", name=action.words)
        button.clicked.connect(partial(self.asked.emit, action))
        return button

    def _words(self, text: str, name: str, tip: str, slot: Callable[[], object]) -> QWidget:
        button = push_button(text, slot, kind="quiet")
        describe(button, name, text, tip)
        return button


def tool_of(action: MaskAction) -> ToolKind | None:
    """Returns the tool that an action chooses, None for other actions."""
    return _KINDS.get(action)


def _spin(name: str, accessible_name: str, prefix: str, unit: str, least: int, most: int, tip: str) -> QSpinBox:
    spin = QSpinBox(minimum=least, maximum=most)
    spin.setPrefix(f"{prefix} ")
    spin.setSuffix(f" {unit}")
    describe(spin, name, accessible_name, f"{accessible_name}: {tip}" if tip else accessible_name)
    return spin
