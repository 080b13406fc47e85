"""From the engine's arrays to pictures that Qt can paint, copied so that they own their memory."""

from __future__ import annotations

import numpy as np
from PIL import Image
from PySide6.QtGui import QImage

from core.pictures.pixels import Pixels

SMALL_PX = 384
"""Pictures with shorter edges than this are enlarged by a cubic filter: Qt's own is linear and shows its grid."""


def to_image(pixels: Pixels) -> QImage:
    """A picture of its own from uint8 (height, width, 3)."""
    contiguous = np.ascontiguousarray(pixels)
    height, width, _ = contiguous.shape
    return QImage(contiguous.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def to_pixels(image: QImage) -> Pixels:
    """uint8 (height, width, 3) from any picture; transparency is dropped."""
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return rows[:, : 3 * rgb.width()].reshape(rgb.height(), rgb.width(), 3).copy()


def enlarged(image: QImage) -> QImage:
    """A small picture, such as a linear preview, enlarged smoothly; a larger one as it is."""
    longest_px = max(image.width(), image.height())
    factor = SMALL_PX // longest_px if longest_px else 1
    if factor < 2:
        return image
    size = (image.width() * factor, image.height() * factor)
    return to_image(np.asarray(Image.fromarray(to_pixels(image)).resize(size, Image.Resampling.BICUBIC)))
