"""The part of a source picture that is changed, and what is added around it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.errors import InvalidRequest
from core.language.words import tr
from core.request.json_values import damaged, list_of, whole_of

MARGIN = range(8193)


@dataclass(frozen=True, slots=True)
class Margins:
    """Pixels by which a picture becomes larger at each of its edges."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0

    @classmethod
    def read(cls, text: str) -> Margins | None:
        """Reads ``"left,top,right,bottom"``, or one number for all edges; returns None for anything else."""
        parts = text.split(",")
        numbers = [int(part) for part in parts if re.fullmatch(r"\s*\d{1,6}\s*", part, re.ASCII)]
        if len(numbers) != len(parts) or not all(number in MARGIN for number in numbers):
            return None
        return cls(*(numbers * 4 if len(numbers) == 1 else numbers)) if len(numbers) in (1, 4) else None

    @classmethod
    def parse(cls, text: str) -> Margins:
        """Reads what somebody types, see `read`. Raises InvalidRequest, also where nothing is added."""
        if margins := cls.read(text):
            return margins
        raise InvalidRequest(
            "widen", text, tr("LEFT,TOP,RIGHT,BOTTOM: at most {most}, not all 0", most=MARGIN[-1])
        )

    @classmethod
    def from_json(cls, content: object) -> Margins:
        """Reads a list of four numbers, or an empty one. Raises ValueError."""
        edges = [whole_of(edge, "margins", MARGIN) for edge in list_of(content, "margins")]
        if len(edges) not in (0, 4):
            raise damaged("margins", edges, tr("four whole numbers"))
        return cls(*edges)

    @property
    def edges(self) -> tuple[int, int, int, int]:
        return self.left, self.top, self.right, self.bottom

    def around(self, width: int, height: int) -> tuple[int, int]:
        """Returns width and height of the larger picture."""
        return self.left + width + self.right, self.top + height + self.bottom

    def place(self, width: int, height: int) -> tuple[slice, slice]:
        """Returns rows and columns of the old picture in the larger one, which has this width and height."""
        return slice(self.top, height - self.bottom), slice(self.left, width - self.right)

    def __bool__(self) -> bool:
        return any(self.edges)

    def __str__(self) -> str:
        return ",".join(str(edge) for edge in self.edges)


NO_MARGINS = Margins()


@dataclass(frozen=True, slots=True)
class Mask:
    """The part of the source picture that is changed (inpainting); all else stays as it is, bit for bit.

    Attributes:
        path: of the mask's file (`core.pictures.mask`), which has the size of the source; only its name, or
            nothing, where no more is known, and where nothing but the margins is to be painted.
        sha256: of the file's content, the whole or its first digits; "" when it has not been read yet.
        area: key in `core.request.settings.mask.AREAS`: the part of the picture that the model works on.
        padding: pixels around the masked part that the model sees as well.
        fill: what the part begins with, key in `core.request.settings.mask.FILLS` or a colour ``#rrggbb``.
        softness: pixels over which the change fades out beyond the masked part; 0 for a hard edge.
        is_inverted: what the file masks is kept, and all else is changed; in recipes of other programs.
        margins: what is added around the source (outpainting); all of it is masked.
    """

    path: str
    sha256: str = ""
    area: str = "masked"
    padding: int = 32
    fill: str = "original"
    softness: float = 4.0
    is_inverted: bool = False
    margins: Margins = NO_MARGINS

    @property
    def is_painted(self) -> bool:
        """Returns whether there is a file, and not the margins alone."""
        return bool(self.path) or not self.margins
