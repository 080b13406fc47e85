"""Text taken out of a prompt in pieces; each character keeps its place in the prompt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlacedText:
    """A text.

    Attributes:
        places: for each character the one of the prompt (code points, from 0) that it is.
    """

    text: str
    places: tuple[int, ...]

    @classmethod
    def whole(cls, prompt: str) -> PlacedText:
        return cls(prompt, tuple(range(len(prompt))))

    @classmethod
    def joined(cls, pieces: Iterable[PlacedText]) -> PlacedText:
        """Returns the pieces one behind the other."""
        pieces = tuple(pieces)
        return cls("".join(p.text for p in pieces), tuple(place for p in pieces for place in p.places))

    def cut(self, start: int, end: int | None = None) -> PlacedText:
        return PlacedText(self.text[start:end], self.places[start:end])

    def without(self, ranges: Iterable[tuple[int, int]]) -> PlacedText:
        """Returns the text without these ranges of characters, which rise."""
        kept: list[PlacedText] = []
        place = 0
        for start, end in ranges:
            kept.append(self.cut(place, start))
            place = end
        return PlacedText.joined((*kept, self.cut(place)))

    def range_of(self, start: int, end: int) -> tuple[int, int]:
        """Returns the range of the prompt that these characters of the text come from."""
        return self.places[start], self.places[end - 1] + 1
