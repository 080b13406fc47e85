"""Latent channels: each channel of the latent as a picture, with its histogram."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from app.film.film_view import FilmView, Table, ViewKind
from app.film.moment import Moment
from app.film.picture_pane import PicturePane
from app.pixels import to_image
from core.heat import diverging
from core.measures.channels import ChannelNumbers, channel_numbers

REACH = 4.0
"""Values of a good latent lie within four standard deviations."""

_HISTOGRAM_PX = 20
_HISTOGRAM_FROM_PX = 90
_BELOW_PX = 2 * _HISTOGRAM_PX + 8
"""Room for caption and histogram below each picture."""

_NARROWEST_PX = 104
"""Below this the caption would be cut off."""

_HINT = "Blue: below zero, red: above; numbers: mean ± spread. Click a channel to see its part in the colours."


class LatentChannelsView(FilmView):
    """All channels of x0 at once; a click on one shows what it alone gives to the colours."""

    def __init__(self) -> None:
        super().__init__()
        self._moment: Moment | None = None
        self._alone: int | None = None
        self.cells: list[ChannelCell] = []
        self._grid = QGridLayout()
        self._grid.setSpacing(6)
        hint = QLabel(_HINT, self)
        hint.setProperty("role", "hint")
        hint.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(self._grid, 1)
        column.addWidget(hint)

    def show_moment(self, moment: Moment) -> None:
        self._moment = moment
        x0 = moment.frame.denoised
        if len(self.cells) != x0.shape[0]:
            self._make_cells(x0.shape[0])
        for channel, numbers in enumerate(channel_numbers(x0, REACH)):
            if channel == self._alone:
                only = np.zeros_like(x0)
                only[channel] = x0[channel]
                picture = moment.film.latent_rgb.picture(only)
            else:
                picture = diverging(x0[channel], REACH)
            words = f"{channel + 1} in colours" if channel == self._alone else f"{channel + 1}"
            self.cells[channel].show_channel(to_image(picture), numbers, words)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def table(self) -> Table | None:
        if self._moment is None:
            return None
        numbers = channel_numbers(self._moment.frame.denoised, REACH)
        edges = [f"from_{edge:g}" for edge in numbers[0].edges[:-1]]
        rows = [(channel, found.mean, found.std, *found.counts) for channel, found in enumerate(numbers)]
        return Table(("channel", "mean", "standard_deviation", *edges), rows)

    def show_alone(self, channel: int) -> None:
        """Shows one channel in colours, or its values again."""
        self._alone = None if channel == self._alone else channel
        if self._moment is not None:
            self.show_moment(self._moment)

    def _make_cells(self, channels: int) -> None:
        for cell in self.cells:
            self._grid.removeWidget(cell)
            cell.deleteLater()
        self.cells = [ChannelCell(channel, self) for channel in range(channels)]
        self._alone = None
        for cell in self.cells:
            cell.pressed.connect(self.show_alone)
        self._arrange()

    def _arrange(self) -> None:
        """So many columns that the pictures become as large as they can."""
        count = max(len(self.cells), 1)

        def picture_px(columns: int) -> float:
            rows = -(-count // columns)
            return min(self.width() / columns, self.height() / rows - _BELOW_PX)

        most = min(count, max(self.width() // _NARROWEST_PX, 1))
        columns = max(range(1, most + 1), key=picture_px)
        for index, cell in enumerate(self.cells):
            self._grid.addWidget(cell, index // columns, index % columns)


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
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.pane, 1)
        column.addWidget(self.histogram)

    def show_channel(self, image: QImage, numbers: ChannelNumbers, words: str) -> None:
        mean, std = (f"{value:.2f}".replace("-", "−") for value in (numbers.mean, numbers.std))
        self.pane.show_picture(image, f"{words}: {mean} ± {std}")
        self.setToolTip(f"Channel {self._channel + 1}: mean {mean}, standard deviation {std}")
        self.histogram.show_counts(numbers.counts)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The picture matters more than the histogram where there is little room."""
        super().resizeEvent(event)
        self.histogram.setVisible(self.height() >= _HISTOGRAM_FROM_PX)

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


KIND = ViewKind(
    label="Latent channels",
    make=LatentChannelsView,
    about="The model does not work on pixels but on a latent: a small stack of channels, each a coarse picture "
    "of numbers. Together they hold what the autoencoder needs to paint the picture. One often carries "
    "light and dark, others colours or edges. Below each channel stands how often each value occurs.",
    terms=(
        ("channel", "one layer of the latent; Stable Diffusion has 4, newer models 16."),
        ("histogram", "how many places have a value, from −4 on the left to 4 on the right; the line is zero."),
        ("mean, std", "average and spread (standard deviation) of the values; about 0 and 1 in a healthy latent."),
    ),
)
