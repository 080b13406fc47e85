"""One picture, painted well at every size: enlarged smoothly, reduced by averaging, or as sharp squares."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPixmap

from app.widgets.pixels import enlarged, resized, times_enlarged


class PaintedPicture:
    """Keeps the results of painting from the first time on, since some previews are never painted."""

    def __init__(self, image: QImage) -> None:
        self._image = image
        self._enlarged = QPixmap()
        self._fitted = QPixmap()

    def paint(self, painter: QPainter, rect: QRectF, is_sharp: bool) -> None:
        """Fills ``rect`` with the picture; ``is_sharp`` shows its pixels as squares."""
        ratio = painter.device().devicePixelRatioF()
        size = QSize(max(round(rect.width() * ratio), 1), max(round(rect.height() * ratio), 1))
        if is_sharp:
            painter.drawImage(rect, self._image)
        elif size.width() <= self._image.width() * times_enlarged(self._image):
            painter.drawPixmap(rect.topLeft(), self._in_size(size, ratio))
        else:
            if self._enlarged.isNull():
                self._enlarged = QPixmap.fromImage(enlarged(self._image))
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(rect, self._enlarged, QRectF(self._enlarged.rect()))

    def _in_size(self, size: QSize, ratio: float) -> QPixmap:
        """Returns the picture in this size, made smaller by averaging: a transform would leave out pixels."""
        if self._fitted.size() != size:
            if size.width() > self._image.width():
                image = resized(self._image, size)
            else:
                mode = Qt.TransformationMode.SmoothTransformation
                image = self._image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, mode)
            self._fitted = QPixmap.fromImage(image)
            self._fitted.setDevicePixelRatio(ratio)
        return self._fitted
