"""Width and height of a picture."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.errors import InvalidRequest
from core.language.words import tr


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height of a picture in pixels."""

    width: int
    height: int

    @classmethod
    def parse(cls, text: str) -> Size:
        """Reads ``"512x768"``. Raises InvalidRequest."""
        match = re.fullmatch(r"\s*(\d{1,6})\s*[x×]\s*(\d{1,6})\s*", text, re.IGNORECASE | re.ASCII)
        if match is None:
            raise InvalidRequest("size", text, tr("WIDTHxHEIGHT in pixels, for example 128x128"))
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"

    @property
    def words(self) -> str:
        """Returns ``512 × 768``, for people."""
        return f"{self.width} × {self.height}"

    def rounded_up(self, step: int) -> Size:
        """Returns the size with sides that are multiples of ``step``."""
        return Size(-(-self.width // step) * step, -(-self.height // step) * step)

    def rounded_down(self, step: int) -> Size:
        """Returns the size with sides that are multiples of ``step``, which may be 0."""
        return Size(self.width // step * step, self.height // step * step)

    def covered_by(self, width: int, height: int) -> Size:
        """Returns the size in which a preview of ``width`` by ``height`` places covers a picture of this size.

        It is larger where the picture ends within the last places.
        """
        return Size(-(-self.width // width) * width, -(-self.height // height) * height)
