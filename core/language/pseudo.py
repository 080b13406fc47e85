"""A language made from the English words, chosen like one: accents, 40 % more letters, from right to left.

Text on the screen that is plain English did not come through `core.language.words`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_PLAIN, _ACCENTED = "aeiouyncszAEIOUYNCSZ", "áéíóúýñçšžÁÉÍÓÚÝÑÇŠŽ"
_ACCENTS = str.maketrans(_PLAIN, _ACCENTED)
_NO_ACCENTS = str.maketrans(_ACCENTED, _PLAIN)
_KEPT = re.compile(r"(\{[^{}]*\}|<[^<>]*>|&\w+;|https?://\S+|\(\*\.[^)]*\))")
"""Fields, tags, entities, addresses and patterns of files stay as they are."""

PADDING = "~"
LONGER_BY, LONGEST_WORD = 0.4, 12


@dataclass(frozen=True, slots=True)
class PseudoLanguage:
    """A `Language`; its locale is that of Hebrew, which Qt writes from right to left."""

    code: str = "he"
    is_right_to_left: bool = True

    def text(self, english: str) -> str:
        """Returns ``Séêd~~`` for ``Seed``; what a text ends with, such as a colon or a blank, stays at its end."""
        if not re.search(r"[A-Za-z]", english):
            return english
        parts = _KEPT.split(english)
        accented = "".join(part if number % 2 else part.translate(_ACCENTS) for number, part in enumerate(parts))
        letters = sum(len(part) for part in parts[::2])
        body = accented.rstrip()
        more = max(round(letters * LONGER_BY), 1)
        words = [PADDING * min(LONGEST_WORD, more - begun) for begun in range(0, more, LONGEST_WORD)]
        return body + " ".join(words) + accented[len(body) :]

    def english(self, text: str) -> str:
        return re.sub(f"({PADDING} ?)+{PADDING}|{PADDING}", "", text.translate(_NO_ACCENTS))

    def plural(self, one: str, many: str, count: int) -> str:
        return self.text(one if count == 1 else many)

    def filled(self, text: str, fields: Mapping[str, object]) -> str:
        return text.format(**fields)


PSEUDO_LANGUAGE = PseudoLanguage()
