"""Names for pictures that are valid on every file system and informative."""

import unicodedata
from datetime import datetime

LONGEST_SLUG = 60
LONGEST_SLUG_BYTES = 100
_LONGEST_PROMPT_READ = 1_000

# A name made of letters that Unicode 3.2 (2002) knew is accepted by every file system in use: some refuse what
# is newer than they are.
_known = unicodedata.ucd_3_2_0


def day_folder(now: datetime) -> str:
    """Returns the name of a day's folder: ``2026-11-21``."""
    return f"{now:%Y-%m-%d}"


def picture_stem(prompt: str, seed: int | None, now: datetime, copy: int = 1) -> str:
    """Returns ``142530-7-a-red-house-by-the-sea``; a second picture with that name gets ``-2`` at the end."""
    parts = [f"{now:%H%M%S}", str(seed), slug(prompt)]
    if copy > 1:
        parts.append(str(copy))
    return "-".join(part for part in parts if part)


def slug(text: str) -> str:
    """Returns the words of a text in any script, joined by ``-``, or "" if it has none.

    Letters, their marks and digits stay; everything else, such as separators, dots, control and direction
    characters and emoji, parts words.
    """
    words: list[str] = []
    for word in _words(text):
        longer = "-".join([*words, word])
        if len(longer) > LONGEST_SLUG or len(longer.encode()) > LONGEST_SLUG_BYTES:
            if not words:
                words.append(_cut(word))
            break
        words.append(word)
    return "-".join(words)


def _words(text: str) -> list[str]:
    normal = unicodedata.normalize("NFC", text[:_LONGEST_PROMPT_READ]).lower()
    letters = "".join(character if _belongs_to_a_word(character) else " " for character in normal)
    # a mark needs a letter before it
    return [word for word in letters.split() if not _known.category(word[0]).startswith("M")]


def _belongs_to_a_word(character: str) -> bool:
    return _known.category(character)[0] in "LNM"


def _cut(word: str) -> str:
    return word[:LONGEST_SLUG].encode()[:LONGEST_SLUG_BYTES].decode("utf-8", "ignore")
