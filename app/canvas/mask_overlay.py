"""A mask as it is laid over its picture: a tint with stripes, and a dashed edge to be seen on every picture."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from app.canvas.zoom import Placement
from core.control.edits import UNTOUCHED
from core.pictures.mask import MaskPixels

TINTS = ("#ff2d95", "#00b8ff", "#ffd000", "#2fd05a")
_TINT, _LIGHT, _DARK = 0.45, 0.7, 0.7
"""The part of the picture that tint, light and dark stripes hide where the mask is 255."""
_PERIOD_PX, _DASH_PX = 16, 4
_EDGE = 128
_SHIFT = 2
"""Levels are shown in 64 steps, so that a byte also tells the kind of a pixel: tint, light, dark, or edge."""
_KINDS = 1 << 8 - _SHIFT


class Overlay:
    """Paints masks in one tint."""

    def __init__(self, tint: QColor) -> None:
        kinds = (tint, _TINT), (QColor("white"), _LIGHT), (QColor("black"), _DARK)
        faded = [colour for kind in kinds for colour in _faded(*kind)]
        self._colours = [*faded, QColor("black").rgba(), QColor("white").rgba()]

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
        line = np.zeros(width + _PERIOD_PX, np.uint8)  # of one row, to be shifted for the others
        along = (np.arange(len(line)) + left) % _PERIOD_PX
        line[along == 0], line[along == 1] = _KINDS, 2 * _KINDS
        shifts = (np.arange(height) + top) % _PERIOD_PX
        pixels = np.lib.stride_tricks.sliding_window_view(line, width)[shifts] | inner >> _SHIFT
        is_in = levels >= _EDGE
        if is_in.any() and not is_in.all():
            surrounded = is_in[:-2, 1:-1] & is_in[2:, 1:-1] & is_in[1:-1, :-2] & is_in[1:-1, 2:]
            rows, columns = np.nonzero(is_in[1:-1, 1:-1] & ~surrounded)
            pixels[rows, columns] = 3 * _KINDS + ((rows + columns + left + top) // _DASH_PX & 1)
        image = QImage(pixels.data, width, height, width, QImage.Format.Format_Indexed8).copy()
        image.setColorTable(self._colours)
        return image


class Strokes(Overlay):
    """Paints what covers a map in white and black (`core.control.edits`), as it is."""

    def __init__(self) -> None:
        by = [level - UNTOUCHED for level in range(256)]
        inks = [(255 if one > 0 else 0, min(255, round(255 * abs(one) / (255 - UNTOUCHED)))) for one in by]
        self._colours = [QColor(ink, ink, ink, cover).rgba() for ink, cover in inks]

    def image(self, levels: MaskPixels, left: int, top: int) -> QImage:
        inner = np.ascontiguousarray(levels[1:-1, 1:-1])
        height, width = inner.shape
        image = QImage(inner.data, width, height, width, QImage.Format.Format_Indexed8).copy()
        image.setColorTable(self._colours)
        return image


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


def _faded(colour: QColor, most: float) -> list[int]:
    """Returns the colours for all steps of levels, from transparent on."""
    r, g, b = colour.red(), colour.green(), colour.blue()
    return [QColor(r, g, b, round(255 * most * step / (_KINDS - 1))).rgba() for step in range(_KINDS)]
