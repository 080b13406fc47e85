"""One picture, fitted into its place, with a line of text below it."""

import numpy as np
from PIL import Image
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPalette, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.widgets.pixels import to_image, to_pixels

_GAP_PX = 4


class PicturePane(QWidget):
    """Enlarges small pictures smoothly, or as sharp squares if each value counts.

    Attributes:
        image: the picture in its own size. caption: the text below it.
    """

    def __init__(self, parent: QWidget | None = None, *, is_sharp: bool = False) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._is_sharp = is_sharp
        self.image = QImage()
        self._fitted = QPixmap()
        self.caption = ""
        self._has_caption = True

    def show_picture(self, image: QImage, caption: str = "") -> None:
        self.image = image
        self._fitted = QPixmap()
        self.caption = caption
        self.update()

    def relabel(self, caption: str) -> None:
        """Changes the text below the picture."""
        self.caption = caption
        self.update()

    def _paint_picture(self, painter: QPainter, place: QRectF) -> None:
        """Paints the picture; enlarges small ones by a cubic filter, because Qt's linear one shows its grid."""
        ratio = self.devicePixelRatioF()
        size = (max(round(place.width() * ratio), 1), max(round(place.height() * ratio), 1))
        if self._is_sharp:
            painter.drawImage(place, self.image)
            return
        if self._fitted.size().toTuple() != size:
            fitted = Image.fromarray(to_pixels(self.image)).resize(size, Image.Resampling.BICUBIC)
            self._fitted = QPixmap.fromImage(to_image(np.asarray(fitted)))
            self._fitted.setDevicePixelRatio(ratio)
        painter.drawPixmap(place.topLeft(), self._fitted)

    def show_caption(self, *, is_shown: bool) -> None:
        """Shows or hides the line of text."""
        self._has_caption = is_shown
        self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(24, 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.image.isNull():
            return
        painter = QPainter(self)
        line = self.fontMetrics().height() if self.caption and self._has_caption else 0
        room = QRectF(self.rect()).adjusted(0, 0, 0, -(line + _GAP_PX) if line else 0)
        size = self.image.size().scaled(room.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRectF(0, 0, size.width(), size.height())
        place.moveCenter(room.center())
        place.moveTop(round(place.top()))
        place.moveLeft(round(place.left()))
        self._paint_picture(painter, place)
        if line:
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            below = QRectF(0, place.bottom() + _GAP_PX, self.width(), line)
            text = self.fontMetrics().elidedText(self.caption, Qt.TextElideMode.ElideRight, self.width())
            painter.drawText(below, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, text)
