"""The settings in which two recipes differ, in short: for the legend of a comparison and the tree of branches."""

import itertools
from dataclasses import dataclass

from core.language.words import quoted, tr
from core.request.request import GenerationRequest
from core.request.settings import SETTINGS

MOST_WORDS = 6


@dataclass(frozen=True, slots=True)
class RecipeDifference:
    """One setting that differs; ``first`` and ``second`` are ready to be read, one of them may be "".

    Texts come from recipes, which come from outside: show them as plain text.
    """

    name: str
    first: str
    second: str

    def __str__(self) -> str:
        if not self.first:
            return f"{self.name} + {self.second}"
        if not self.second:
            return f"{self.name} − {self.first}"
        return f"{self.name} {self.first} → {self.second}"


def differences(
    first: GenerationRequest, second: GenerationRequest, untold: frozenset[str] = frozenset()
) -> tuple[RecipeDifference, ...]:
    """Returns the settings that differ, in the order of the settings; of prompts only the words that differ."""
    found: list[RecipeDifference] = []
    for setting in SETTINGS:
        if setting.name in untold:
            continue
        if setting.is_prose:
            parts = changed_words(setting.of(first), setting.of(second))
            if any(parts):
                found.append(RecipeDifference(tr(setting.noun), *(quoted(part) if part else "" for part in parts)))
        elif setting.is_of_picture:
            before, after = setting.facts(first), setting.facts(second)
            found += [RecipeDifference(name, before[name], after[name]) for name in before if name in after]
    return tuple(difference for difference in found if difference.first != difference.second)


def changed_words(before: str, after: str) -> tuple[str, str]:
    """Returns two texts without their equal words at the beginning and end; at most `MOST_WORDS` each.

    Texts that differ in their blanks only are alike.
    """
    first, second = before.split(), after.split()
    begin = _alike(first, second)
    first, second = first[begin:], second[begin:]
    end = _alike(first[::-1], second[::-1])
    return _joined(first[: len(first) - end]), _joined(second[: len(second) - end])


def _alike(first: list[str], second: list[str]) -> int:
    """With how many equal words both begin."""
    pairs = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False))
    return sum(1 for _ in pairs)


def _joined(words: list[str]) -> str:
    return " ".join(words[:MOST_WORDS]) + (" …" if len(words) > MOST_WORDS else "")
