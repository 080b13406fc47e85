"""Converts the engine's arrays to pictures of Qt, which own a copy of the memory."""

from typing import Any

import numpy as np
from PIL import Image
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage

from core.pictures.pixels import Pixels

SMALL_PX = 384
"""Pictures with shorter edges than this are enlarged by a cubic filter, because Qt's linear one shows its grid."""

MOST_TIMES = 12
"""Beyond that Qt's filter goes on, at a fifth of the time: between points so near no eye sees a straight line."""


def to_image(pixels: Pixels) -> QImage:
    """Returns a picture with its own memory from uint8 (height, width, 3)."""
    contiguous = np.ascontiguousarray(pixels)
    height, width, _ = contiguous.shape
    return QImage(contiguous.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def to_pixels(image: QImage) -> Pixels:
    """Returns uint8 (height, width, 3) from any picture; transparency is dropped."""
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return rows[:, : 3 * rgb.width()].reshape(rgb.height(), rgb.width(), 3).copy()


def enlarged(image: QImage) -> QImage:
    """Returns a small picture, such as a linear preview, smoothly enlarged; a larger one unchanged."""
    times = times_enlarged(image)
    return image if times == 1 else resized(image, image.size() * times)


def times_enlarged(image: QImage) -> int:
    """Returns how many times as large `enlarged` makes a picture."""
    return min(max(SMALL_PX // max(image.width(), image.height(), 1), 1), MOST_TIMES)


def resized(image: QImage, size: QSize) -> QImage:
    """Returns a picture in another size, by a cubic filter, in the format that is painted without conversion."""
    width, height = size.width(), size.height()
    given = image.convertToFormat(QImage.Format.Format_RGB32)  # four bytes a pixel, the last one 255
    bits: Any = given.constBits()
    row_bytes, given_size = given.bytesPerLine(), (given.width(), given.height())
    pixels = Image.frombuffer("RGBX", given_size, bits, "raw", "RGBX", row_bytes, 1)
    made = pixels.resize((width, height), Image.Resampling.BICUBIC)
    return QImage(made.tobytes(), width, height, 4 * width, QImage.Format.Format_RGB32).copy()
