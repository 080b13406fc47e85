"""A picture laid beside itself, as tiles lie: seams between its sides are seen, and no others."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter

MOST = 3
_LONGEST_PX = 6144
"""Larger ones are made smaller first: no screen shows more of them, and they would fill the memory."""


def repeated(image: QImage, times: int) -> QImage:
    """Returns the picture so many times in both directions, to be scaled as one: no seam comes from scaling."""
    if times == 1 or image.isNull():
        return image
    longest = max(image.width(), image.height()) * times
    if longest > _LONGEST_PX:
        size = QSize(image.width() * _LONGEST_PX // longest, image.height() * _LONGEST_PX // longest)
        mode = Qt.TransformationMode.SmoothTransformation
        image = image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, mode)
    made = QImage(image.size() * times, image.format())
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    for row in range(times):
        for column in range(times):
            painter.drawImage(QPointF(column * image.width(), row * image.height()), image)
    painter.end()
    return made


def cells(frame: QRectF, times: int) -> list[QRectF]:
    """Returns the places of the pictures within the frame of all."""
    width, height = frame.width() / times, frame.height() / times
    return [
        QRectF(frame.left() + column * width, frame.top() + row * height, width, height)
        for row in range(times)
        for column in range(times)
    ]
