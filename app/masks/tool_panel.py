"""The rarer tools, in a panel that opens below their button: the pen, the whole mask, its colour, the zoom."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QFrame, QPushButton, QSpinBox, QWidget

from app.canvas.mask_overlay import TINTS
from app.masks.brush import PressureUse
from app.masks.keys import MaskAction
from app.widgets.building import STRETCH, hbox, push_button, stretched, text_label, vbox
from app.widgets.field import GAP_PX, combo_box, describe
from app.widgets.icons import set_icon
from core.language.words import tr

LARGEST_CHANGE_PX = 256
_PAD_PX = 8


class MaskToolPanel(QFrame):
    """Stays open until a click beside it, so that a mask can grow twice.

    Attributes:
        buttons: by their action. amount: the pixels by which the mask grows, shrinks or is feathered.
        strength, pressure: of the brush. alpha: there only where the picture is transparent in places.

    Signals:
        asked: a `MaskAction`.
        grow_asked: pixels, negative ones to shrink. feather_asked: pixels.
        alpha_asked: take what is transparent in the picture. tint_chosen: a colour of `TINTS`.
    """

    asked = Signal(object)
    grow_asked = Signal(int)
    feather_asked = Signal(int)
    alpha_asked = Signal()
    tint_chosen = Signal(QColor)

    def __init__(self, parent: QWidget, *, is_of_map: bool = False) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("maskToolPanel")
        about = tr("How much one stroke covers; I and O")
        self.strength = spin("maskBrushStrength", tr("Strength of the brush"), tr("Strength"), "%", 1, 100, about)
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
        whole = MaskAction.invert, MaskAction.fill, MaskAction.clear
        zoom = MaskAction.fit, MaskAction.actual_size
        self.buttons = {action: self._action(action) for action in (*whole, *zoom)}
        self.amount = spin("maskAmount", tr("By how many pixels"), tr("By"), "px", 1, LARGEST_CHANGE_PX, "")
        self.amount.setValue(8)
        about = tr("Make the mask wider on all sides")
        self.grow = _words(tr("Grow"), "maskGrow", about, self._on_grow)
        about = tr("Make the mask narrower on all sides")
        self.shrink = _words(tr("Shrink"), "maskShrink", about, self._on_shrink)
        self.feather = _words(tr("Feather"), "maskFeather", tr("Blur the edge of the mask"), self._on_feather)
        about = tr("Mask what is transparent in the picture")
        self.alpha = _words(tr("From transparency"), "maskFromAlpha", about, self.alpha_asked.emit)
        self.alpha.setStyleSheet("text-align: left")
        about = tr("The colour in which the mask is shown")
        self.tint = combo_box((), "maskTint", tr("Colour of the mask"), about)
        for tint, name in zip(TINTS, (tr("Pink"), tr("Blue"), tr("Yellow"), tr("Green")), strict=True):
            square = QPixmap(12, 12)
            square.fill(QColor(tint))
            self.tint.addItem(QIcon(square), name, tint)
        vbox(
            text_label(tr("Brush"), role="caption"),
            hbox(stretched(self.strength), stretched(self.pressure), spacing=GAP_PX),
            text_label(tr("Map") if is_of_map else tr("Mask"), role="caption"),
            *(self.buttons[action] for action in whole),
            self.alpha,
            hbox(self.amount, self.grow, self.shrink, self.feather, spacing=GAP_PX),
            text_label(tr("View"), role="caption"),
            hbox(self.tint, STRETCH, spacing=GAP_PX),
            *(self.buttons[action] for action in zoom),
            on=self,
            margins=_PAD_PX,
            spacing=GAP_PX,
        )
        self.tint.activated.connect(self._on_tint_chosen)
        if is_of_map:
            words = tr("Remove all strokes")
            self.buttons[MaskAction.clear].setText(f"{words} ({MaskAction.clear.key})")
            describe(self.buttons[MaskAction.clear], "mapClear", words, words)
            of_masks = self.amount, self.grow, self.shrink, self.feather, self.alpha, self.tint
            for widget in (*of_masks, self.buttons[MaskAction.invert], self.buttons[MaskAction.fill]):
                widget.hide()

    @Slot()
    def _on_tint_chosen(self) -> None:
        self.tint_chosen.emit(QColor(self.tint.currentData()))

    @Slot()
    def _on_grow(self) -> None:
        self.grow_asked.emit(self.amount.value())

    @Slot()
    def _on_shrink(self) -> None:
        self.grow_asked.emit(-self.amount.value())

    @Slot()
    def _on_feather(self) -> None:
        self.feather_asked.emit(self.amount.value())

    def _action(self, action: MaskAction) -> QPushButton:
        button = _words(action.words, f"mask-{action.icon}", action.tip, partial(self.asked.emit, action))
        button.setText(f"{action.words} ({action.key})")
        button.setStyleSheet("text-align: left")
        set_icon(button, action.icon)
        return button


def spin(name: str, accessible_name: str, prefix: str, unit: str, least: int, most: int, tip: str) -> QSpinBox:
    """Returns a spin box that has its caption in front of its number."""
    made = QSpinBox(minimum=least, maximum=most)
    made.setPrefix(f"{prefix} ")
    made.setSuffix(f" {unit}")
    describe(made, name, accessible_name, f"{accessible_name}: {tip}" if tip else accessible_name)
    return made


def _words(text: str, name: str, tip: str, slot: Callable[[], object]) -> QPushButton:
    button = push_button(text, slot, kind="quiet")
    describe(button, name, text, tip)
    return button
