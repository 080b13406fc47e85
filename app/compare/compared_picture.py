"""A picture as comparisons see it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage

LETTERS = "ABCD"
"""The names of the pictures of a comparison, in their order."""


@dataclass(frozen=True, slots=True, eq=False)
class ComparedPicture:
    """One of up to four pictures.

    Attributes:
        image: the pixels; may be smaller than ``size`` when it is a preview.
        size: of the finished picture in pixels.
        name: of the picture, as plain text.
        state: the shown state of it (``"step 12 of 20 · preview"``), or "".
    """

    image: QImage
    size: QSize
    name: str
    state: str = ""

    def has_shape_of(self, other: ComparedPicture) -> bool:
        """Returns whether the ratios of width to height are equal, so that one lies exactly over the other."""
        return self.size.width() * other.size.height() == other.size.width() * self.size.height()

    def place_in(self, frame: QRectF) -> QRectF:
        """Returns the picture's place in a frame: as large as possible, in the middle."""
        scale = min(frame.width() / self.size.width(), frame.height() / self.size.height())
        place = QRectF(0, 0, self.size.width() * scale, self.size.height() * scale)
        place.moveCenter(frame.center())
        return place
