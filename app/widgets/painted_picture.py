"""One picture, painted well at every size: enlarged smoothly, reduced by averaging, or as sharp squares."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPixmap

from app.widgets.pixels import enlarged


class PaintedPicture:
    """Keeps the results of painting from the first time on, since some previews are never painted."""

    def __init__(self, image: QImage) -> None:
        self._image = image
        self._pixmap = QPixmap()
        self._reduced = QPixmap()

    def paint(self, painter: QPainter, rect: QRectF, is_sharp: bool) -> None:
        """Fills ``rect`` with the picture; ``is_sharp`` shows its pixels as squares."""
        if self._pixmap.isNull():
            self._pixmap = QPixmap.fromImage(enlarged(self._image))
        ratio = painter.device().devicePixelRatioF()
        if is_sharp:
            painter.drawImage(rect, self._image)
        elif rect.width() * ratio < self._pixmap.width():
            painter.drawPixmap(rect.topLeft(), self._averaged(rect, ratio))
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(rect, self._pixmap, QRectF(self._pixmap.rect()))

    def _averaged(self, rect: QRectF, ratio: float) -> QPixmap:
        """Returns the picture made smaller by averaging; painting with a transform would leave out pixels."""
        size = QSize(max(round(rect.width() * ratio), 1), max(round(rect.height() * ratio), 1))
        if self._reduced.size() != size:
            mode = Qt.TransformationMode.SmoothTransformation
            self._reduced = self._pixmap.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, mode)
            self._reduced.setDevicePixelRatio(ratio)
        return self._reduced
