"""Weights in a prompt, as AUTOMATIC1111's program reads them (``parse_prompt_attention`` in its prompt parser).

``(x)`` weighs 1.1 times as much, ``[x]`` 1.1 times less, ``(x:1.3)`` 1.3 times; nested ones multiply. ``\\(`` is a
bracket of the text. A bracket that is never closed acts to the end. ``BREAK`` begins a new chunk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import numpy as np

from core.prompt.placed import PlacedText

STRONGER, WEAKER = 1.1, 1 / 1.1
BREAK_WEIGHT = -1.0
"""``BREAK`` inside a bracket has another weight, and is a word like any other: there as here."""

_PIECE = re.compile(r"\\[()\[\]\\]?|[(\[]|:\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*\)|[)\]]|[^\\()\[\]:]+|:")
_BREAK = re.compile(r"\bBREAK\b")


@dataclass(frozen=True, slots=True)
class Run:
    """A part of a text with one weight. It becomes tokens by itself, so that no token spans two runs."""

    content: PlacedText
    weight: float
    is_break: bool = False

    @property
    def text(self) -> str:
        return self.content.text


@dataclass(frozen=True, slots=True)
class Bracket:
    """A bracket with a weight, from its opening to the end of its closing, in characters of the prompt.

    Attributes:
        is_closed: False for one that acts to the end of the text, since it has no partner.
    """

    start: int
    end: int
    factor: float
    is_closed: bool = True


@dataclass(frozen=True, slots=True)
class Weighted:
    """A text as its brackets divide it.

    Attributes:
        stray: the places of closing brackets that nothing has opened; they are text.
    """

    runs: tuple[Run, ...]
    brackets: tuple[Bracket, ...]
    stray: tuple[int, ...]


@lru_cache(maxsize=16)
def weighted(content: PlacedText) -> Weighted:
    """Divides a text into runs; takes time in proportion to its length, however deep its brackets are."""
    pieces: list[tuple[PlacedText, bool]] = []
    opened: dict[str, list[tuple[int, int]]] = {"(": [], "[": []}
    ranges: list[tuple[int, int, float]] = []
    brackets: list[Bracket] = []
    stray: list[int] = []

    def close(opening: tuple[int, int], factor: float, place: int, *, is_closed: bool = True) -> None:
        first, start = opening
        if first < len(pieces):
            ranges.append((first, len(pieces), factor))
        brackets.append(Bracket(start, place, factor, is_closed))

    for match in _PIECE.finditer(content.text):
        text, start, end = match[0], match.start(), match.end()
        place = content.places[start]
        if text.startswith("\\"):
            pieces.append((content.cut(start + 1, end), False))
        elif text in opened:
            opened[text].append((len(pieces), place))
        elif match[1] is not None and opened["("]:
            close(opened["("].pop(), float(match[1]), content.places[end - 1] + 1)
        elif text == ")" and opened["("]:
            close(opened["("].pop(), STRONGER, place + 1)
        elif text == "]" and opened["["]:
            close(opened["["].pop(), WEAKER, place + 1)
        else:
            if text in (")", "]"):
                stray.append(place)
            pieces += _divided(content.cut(start, end))
    behind = content.places[-1] + 1 if content.places else 0
    for kind, factor in (("(", STRONGER), ("[", WEAKER)):
        for opening in opened[kind]:
            close(opening, factor, behind, is_closed=False)
    weights = np.array([BREAK_WEIGHT if is_break else 1.0 for _, is_break in pieces])
    with np.errstate(over="ignore", invalid="ignore"):
        for first, last, factor in ranges:  # one after the other: products round by their order
            weights[first:last] *= factor
    return Weighted(tuple(_merged(pieces, weights.tolist())), tuple(brackets), tuple(stray))


def plain(content: PlacedText) -> Weighted:
    """Returns a text whose brackets are text."""
    return Weighted((Run(content, 1.0),), (), ())


def _divided(content: PlacedText) -> Iterator[tuple[PlacedText, bool]]:
    start = 0
    for match in _BREAK.finditer(content.text):
        before = content.text[start : match.start()].rstrip()
        yield content.cut(start, start + len(before)), False
        yield content.cut(match.start(), match.end()), True
        behind = content.text[match.end() :]
        start = len(content.text) - len(behind.lstrip())
    yield content.cut(start), False


def _merged(pieces: list[tuple[PlacedText, bool]], weights: list[float]) -> Iterator[Run]:
    """Joins neighbours of one weight, before they become tokens; without any there is one run without text."""
    pairs = zip(pieces, weights, strict=True)
    is_empty = True
    for weight, group in groupby(pairs, key=lambda pair: pair[1]):
        members = [piece for (piece, _), _ in group]
        content = PlacedText.joined(members)
        is_break = weight == BREAK_WEIGHT and content.text == "BREAK"
        yield Run(content, weight, is_break)
        is_empty = False
    if is_empty:
        yield Run(PlacedText("", ()), 1.0)
