"""A mask as it is laid over its picture: a tint with stripes, and a dashed edge to be seen on every picture."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from app.canvas.zoom import Placement
from core.pictures.mask import MaskPixels

TINTS = ("#ff2d95", "#00b8ff", "#ffd000", "#2fd05a")
_TINT, _LIGHT, _DARK = 0.45, 0.7, 0.7
"""The part of the picture that tint, light and dark stripes hide where the mask is 255."""
_PERIOD_PX = 16
_DASH_PX = 4
_EDGE = 128
_BLACK, _WHITE = 0xFF000000, 0xFFFFFFFF


class Overlay:
    """Paints masks in one tint."""

    def __init__(self, tint: QColor) -> None:
        colours = [(tint, _TINT)] * _PERIOD_PX
        colours[0], colours[1] = (QColor("white"), _LIGHT), (QColor("black"), _DARK)
        self._colours = np.concatenate([_faded(*colour) for colour in colours])

    def paint(self, painter: QPainter, levels: MaskPixels, place: Placement, rect: QRect) -> None:
        """Lays a mask over a part of a view; each pixel of the screen shows the level below its middle."""
        ratio = painter.device().devicePixelRatioF()
        height, width = levels.shape
        frame = QRectF(place.left, place.top, width * place.scale, height * place.scale)
        seen = QRectF(rect).intersected(frame)
        if seen.isEmpty():
            return
        indices: list[np.ndarray] = []
        starts: list[int] = []
        for start, end, origin, length in (
            (seen.left(), seen.right(), place.left, width),
            (seen.top(), seen.bottom(), place.top, height),
        ):
            first = math.floor(start * ratio)
            screen = np.arange(first - 1, math.ceil(end * ratio) + 1)
            found = np.floor(((screen + 0.5) / ratio - origin) / place.scale).astype(np.int64)
            indices.append(np.clip(found, 0, length - 1))
            starts.append(first)
        columns, rows = indices
        part = levels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        shown = part.take(rows - rows[0], axis=0).take(columns - columns[0], axis=1)
        if shown.any():
            image = self.image(shown, *starts)
            image.setDevicePixelRatio(ratio)
            painter.drawImage(QPointF(starts[0] / ratio, starts[1] / ratio), image)

    def image(self, levels: MaskPixels, left: int, top: int) -> QImage:
        """Returns the picture to lay over another one, without the outermost pixels of ``levels`` on every side.

        ``left`` and ``top`` are its place on the screen, so that stripes go on from one part to the next.
        """
        inner = levels[1:-1, 1:-1]
        height, width = inner.shape
        xs, ys = np.arange(left, left + width, dtype=np.int32), np.arange(top, top + height, dtype=np.int32)
        index = np.add.outer(ys, xs)
        dashes = (index & _DASH_PX) != 0
        index &= _PERIOD_PX - 1
        index <<= 8
        index |= inner
        pixels = self._colours.take(index)
        is_in = levels >= _EDGE
        surrounded = is_in[:-2, 1:-1] & is_in[2:, 1:-1] & is_in[1:-1, :-2] & is_in[1:-1, 2:]
        rows, columns = np.nonzero(is_in[1:-1, 1:-1] & ~surrounded)
        pixels[rows, columns] = np.where(dashes[rows, columns], np.uint32(_WHITE), np.uint32(_BLACK))
        kind = QImage.Format.Format_ARGB32_Premultiplied
        return QImage(pixels.data, width, height, 4 * width, kind).copy()


def overlaid(picture: QImage, levels: MaskPixels, tint: str = TINTS[0]) -> QImage:
    """Returns a picture of any size with its mask over it."""
    rows = np.linspace(0, levels.shape[0] - 1, picture.height()).round().astype(np.int64)
    columns = np.linspace(0, levels.shape[1] - 1, picture.width()).round().astype(np.int64)
    seen = np.pad(levels[rows][:, columns], 1, mode="edge")
    result = picture.convertToFormat(QImage.Format.Format_RGB32)
    painter = QPainter(result)
    painter.drawImage(0, 0, Overlay(QColor(tint)).image(seen, 0, 0))
    painter.end()
    return result


def _faded(colour: QColor, most: float) -> np.ndarray:
    """Returns the premultiplied colours for the levels 0 to 255, uint32 (256)."""
    alpha = np.arange(256) / 255 * most
    channels = (255, colour.red(), colour.green(), colour.blue())
    a, r, g, b = ((alpha * channel + 0.5).astype(np.uint32) for channel in channels)
    return a << 24 | r << 16 | g << 8 | b
