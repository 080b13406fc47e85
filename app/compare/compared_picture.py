"""What a comparison gets to see of each picture."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage

LETTERS = "ABCD"
"""What the pictures of a comparison are called, in their order."""


@dataclass(frozen=True, slots=True, eq=False)
class ComparedPicture:
    """One of up to four.

    Attributes:
        image: the pixels; may be smaller than ``size`` when it is a preview.
        size: of the finished picture in pixels.
        name: which picture it is, as plain text.
        state: what of it is shown (``"step 12 of 20 · preview"``), or "".
    """

    image: QImage
    size: QSize
    name: str
    state: str = ""

    def has_shape_of(self, other: ComparedPicture) -> bool:
        """The same ratio of width to height: one lies exactly over the other."""
        return self.size.width() * other.size.height() == other.size.width() * self.size.height()

    def place_in(self, frame: QRectF) -> QRectF:
        """Where it lies in a frame: as large as it goes, in the middle."""
        scale = min(frame.width() / self.size.width(), frame.height() / self.size.height())
        place = QRectF(0, 0, self.size.width() * scale, self.size.height() * scale)
        place.moveCenter(frame.center())
        return place
