"""One channel of a latent: its values as a picture, its histogram, mean and standard deviation."""

from enum import Enum

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QWidget

from app.film.picture_pane import PicturePane
from app.widgets.building import stretched, vbox
from core.language.words import number_text, tr
from core.measures.channels import ChannelNumbers

REACH = 4.0
"""Values of a good latent lie within four standard deviations."""

_HISTOGRAM_PX = 20


class Detail(Enum):
    """The parts shown of a channel, most parts first; values are room below the picture and least width."""

    all = (48, 104)
    numbers = (24, 104)
    picture = (0, 24)

    @property
    def below_px(self) -> int:
        return self.value[0]

    @property
    def narrowest_px(self) -> int:
        return self.value[1]


class ChannelCell(QWidget):
    """One channel: picture, histogram, mean and standard deviation.

    Signals:
        pressed(int): the channel.
    """

    pressed = Signal(int)

    def __init__(self, channel: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._channel = channel
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.pane = PicturePane(self, is_sharp=True)
        self.histogram = Histogram(self)
        vbox(stretched(self.pane), self.histogram, on=self, spacing=2)

    def show_channel(self, image: QImage, numbers: ChannelNumbers, words: str) -> None:
        mean, std = (number_text(value, 2).replace("-", "−") for value in (numbers.mean, numbers.std))
        self.pane.show_picture(image, f"{words}: {mean} ± {std}")
        self.setToolTip(
            tr(
                "Channel {channel}: mean {mean}, standard deviation {std}",
                channel=self._channel + 1,
                mean=mean,
                std=std,
            )
        )
        self.histogram.show_counts(numbers.counts)

    def set_detail(self, detail: Detail) -> None:
        self.histogram.setVisible(detail is Detail.all)
        self.pane.show_caption(is_shown=detail is not Detail.picture)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.pressed.emit(self._channel)


class Histogram(QWidget):
    """Bars from -`REACH` to `REACH`, a line at zero."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedHeight(_HISTOGRAM_PX)
        self.counts: NDArray[np.int64] = np.zeros(0, np.int64)

    def show_counts(self, counts: NDArray[np.int64]) -> None:
        self.counts = counts
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.counts.any():
            return
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(QPalette.ColorRole.PlaceholderText))
        width, height = self.width() / len(self.counts), self.height() - 1
        for index, count in enumerate(self.counts / self.counts.max()):
            painter.drawRect(QRectF(index * width, height * (1 - count), max(width - 1, 1), height * count))
        painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
        painter.drawLine(0, height, self.width(), height)
        painter.drawLine(self.width() // 2, 0, self.width() // 2, height)
