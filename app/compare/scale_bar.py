"""The legend of a difference map: the meaning of black and bright, and the amount of difference."""

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QWidget

from app.compare.difference_map import DifferenceMap
from app.widgets.building import STRETCH, aligned, hbox, text_label, vbox
from app.widgets.elided_label import ElidedLabel
from app.widgets.field import combo_box
from app.widgets.pixels import to_image
from core.language.words import number_text, tr
from core.measures.difference import SCALES
from core.pictures.colour_maps import heat

_RAMP_SIZE_PX = QSize(96, 12)


class _Ramp(QWidget):
    """Paints the colours from nothing to the end of the scale."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._colours = to_image(heat(np.linspace(0, 1, 256)[None]))
        self.setFixedSize(_RAMP_SIZE_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawImage(QRectF(self.rect()), self._colours)
        painter.setPen(self.palette().mid().color())
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))


class ScaleBar(QWidget):
    """Shows the meaning of a map and lets the user choose the reach of its colours.

    Signals:
        scale_chosen: ``scale`` has changed.
    """

    scale_chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("differenceScale")
        self._bright = text_label(parent=self, name="differenceEnd")
        self._bright.setToolTip(tr("How far apart two colours are: 100 % is from black to white"))
        self._numbers = ElidedLabel(name="differenceNumbers", role="hint")
        self._chooser = combo_box(
            (
                (tr("Automatic"), None),
                *((tr("Up to {percent}", percent=percent(scale)), scale) for scale in SCALES),
            ),
            "differenceScaleCombo",
            tr("Scale of the difference map"),
            tr("The difference that the brightest colour shows. Fix it to see how the difference changes."),
        )
        self._chooser.currentIndexChanged.connect(self.scale_chosen)
        legend = (QLabel(tr("same colour")), _Ramp(self), self._bright)
        centred = (aligned(widget, Qt.AlignmentFlag.AlignVCenter) for widget in legend)
        row = hbox(*centred, STRETCH, self._chooser, spacing=8)
        vbox(row, self._numbers, on=self, margins=(8, 4, 8, 0), spacing=2)

    @property
    def scale(self) -> float | None:
        """Returns the scale that the user chose, None for the fitting one."""
        return self._chooser.currentData()

    def show_map(self, made: DifferenceMap | None) -> None:
        """Shows the legend of a map, or nothing for None."""
        if made is None:
            self._bright.clear()
            self._numbers.show_text("")
            return
        self._bright.setText(
            tr("100 % apart") if made.scale == 1 else tr("{percent} apart or more", percent=percent(made.scale))
        )
        difference = made.difference
        self._numbers.show_text(
            tr(
                "mean {mean} · largest {largest} · {differing} of the pixels differ",
                mean=percent(difference.mean),
                largest=percent(difference.largest),
                differing=percent(difference.differing),
            )
        )


def percent(part: float) -> str:
    """Returns ``3.1 %`` or ``42 %``; never 0 for more than nothing, never 100 for less than all."""
    value = part * 100
    if 0 < value < 0.05:
        return tr("under 0.1 %")
    if 99.5 <= value < 100:
        return tr("over 99 %")
    return (
        f"{number_text(value, 1)} %".replace(number_text(0, 1)[1:] + " ", " ") if value < 10 else f"{value:.0f} %"
    )
