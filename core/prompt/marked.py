"""Finds what a field marks in a prompt: weights, and brackets without a partner."""

from __future__ import annotations

from dataclasses import dataclass

from core.prompt.timeline import glimpse
from core.prompt.weights import weighted


@dataclass(frozen=True, slots=True)
class PromptSyntax:
    """Ranges and places in characters of a prompt.

    Attributes:
        weights: begin, end and weight of what does not weigh 1.
        unclosed: the places of opening brackets that act to the end, since nothing closes them.
        parts: how many there are with AND between them.
    """

    weights: tuple[tuple[int, int, float], ...]
    unclosed: tuple[int, ...]
    parts: int = 1


def syntax_of(prompt: str, *, is_negative: bool = False) -> PromptSyntax:
    """Reads a prompt for a family with weights."""
    weights: dict[int, float] = {}
    unclosed: set[int] = set()
    parts = 1
    for moment in glimpse(prompt, is_negative=is_negative):
        parts = len(moment.parts)
        for text in (moment.negative, *(part.content for part in moment.parts)):
            read = weighted(text)
            unclosed |= {bracket.start for bracket in read.brackets if not bracket.is_closed}
            for run in read.runs:
                if run.weight != 1.0 and not run.is_break:
                    weights |= dict.fromkeys(run.content.places, run.weight)
    return PromptSyntax(tuple(_ranges(weights)), tuple(sorted(unclosed)), parts)


def _ranges(weights: dict[int, float]) -> list[tuple[int, int, float]]:
    ranges: list[tuple[int, int, float]] = []
    for place in sorted(weights):
        if ranges and ranges[-1][1:] == (place, weights[place]):
            ranges[-1] = (ranges[-1][0], place + 1, weights[place])
        else:
            ranges.append((place, place + 1, weights[place]))
    return ranges
