"""Prompts of several parts, ``a cat :1.2 AND a red house``: each pulls the picture by itself (Liu et al. 2022).

As AUTOMATIC1111's program reads them (``get_multicond_prompt_list``), but for one thing: there the weight at the
end also counts in a prompt without ``AND``, so that "a clock at 12:30" pulls thirty times as hard.
"""

import re
from dataclasses import dataclass

from core.errors import InvalidRequest
from core.language.words import tr
from core.prompt.placed import PlacedText

MOST_PARTS = 16
_AND = re.compile(r"\bAND\b")
_WEIGHT = re.compile(r":\s*([-+]?(?:\d+\.?|\d*\.\d+))$")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a prompt, without its weight."""

    content: PlacedText
    weight: float = 1.0


def parts_of(content: PlacedText) -> tuple[Part, ...]:
    """Divides a prompt at each ``AND``. Raises InvalidRequest for more than `MOST_PARTS`."""
    marks = [*_AND.finditer(content.text)]
    if not marks:
        return (Part(content),)
    if len(marks) >= MOST_PARTS:
        raise InvalidRequest(
            "prompt",
            tr("{count} parts with AND between them", count=len(marks) + 1),
            tr("at most {most_parts}", most_parts=MOST_PARTS),
        )
    starts, ends = [0, *(mark.end() for mark in marks)], [*(mark.start() for mark in marks), len(content.text)]
    return tuple(_part(content.cut(start, end)) for start, end in zip(starts, ends, strict=True))


def composed(parts: tuple[tuple[str, float], ...]) -> str:
    """Returns a prompt that `parts_of` divides into these texts again."""
    if len(parts) == 1:
        return parts[0][0]
    return " AND ".join(f"{text} :{weight:.12f}" for text, weight in parts)


def _part(content: PlacedText) -> Part:
    text = content.text.rstrip()
    weight = _WEIGHT.search(text)
    if weight is None:
        return Part(content.cut(0, len(text)))
    return Part(content.cut(0, len(text[: weight.start()].rstrip())), float(weight[1]))
