"""One picture, fitted into its place, with a line of words below it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.canvas.painted_picture import PaintedPicture

_GAP_PX = 4


class PicturePane(QWidget):
    """Enlarges small pictures smoothly, or as sharp squares where each value counts."""

    def __init__(self, parent: QWidget | None = None, *, is_sharp: bool = False) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._is_sharp = is_sharp
        self._image = QImage()
        self._painted: PaintedPicture | None = None
        self._caption = ""

    @property
    def image(self) -> QImage:
        """The picture in its own size."""
        return self._image

    @property
    def caption(self) -> str:
        return self._caption

    def show_picture(self, image: QImage, caption: str = "") -> None:
        self._image = image
        self._painted = None
        self._caption = caption
        self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(64, 64)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._image.isNull():
            return
        painter = QPainter(self)
        line = self.fontMetrics().height() if self._caption else 0
        room = QRectF(self.rect()).adjusted(0, 0, 0, -(line + _GAP_PX) if line else 0)
        size = self._image.size().scaled(room.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRectF(0, 0, size.width(), size.height())
        place.moveCenter(room.center())
        place.moveTop(round(place.top()))
        place.moveLeft(round(place.left()))
        if self._painted is None:
            self._painted = PaintedPicture(self._image)
        self._painted.paint(painter, place, self._is_sharp)
        if line:
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            below = QRectF(0, place.bottom() + _GAP_PX, self.width(), line)
            text = self.fontMetrics().elidedText(self._caption, Qt.TextElideMode.ElideRight, self.width())
            painter.drawText(below, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, text)
