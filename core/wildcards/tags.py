"""Lists of tags that complete a prompt, in the form of the tag autocompletion for AUTOMATIC1111's program.

Rows of name, category, number of pictures and aliases: ``long_hair,0,4350743,"/lh,longhair"``
(a1111-sd-webui-tagcomplete). The most frequent come first.
"""

from __future__ import annotations

import csv
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from heapq import nlargest
from pathlib import Path

from core.errors import WildcardUnusable
from core.files.atomic import words_of
from core.language.words import tr

SUFFIX = ".csv"
MOST_TAGS = 1_000_000
_LAST = "\U0010ffff"
_LETTERS = re.compile(r"[^\W\d_]{2}")
_BRACKETS = re.compile(r"([()])")


class Tags:
    """Finds tags by their beginnings."""

    def __init__(self, entries: Iterable[tuple[str, str, int]]) -> None:
        """Takes beginnings as `spoken` makes them, the text that each stands for, and how often it is used."""
        self._entries = sorted(entries)
        self._keys = [key for key, _, _ in self._entries]

    def __len__(self) -> int:
        return len(self._entries)

    def complete(self, beginning: str, most: int) -> tuple[str, ...]:
        """Returns the most frequent tags that begin so, or have an alias that does."""
        typed = spoken(beginning)
        if not typed:
            return ()
        first, end = bisect_left(self._keys, typed), bisect_left(self._keys, typed + _LAST)
        found = nlargest(4 * most, self._entries[first:end], key=lambda entry: entry[2])
        return tuple(dict.fromkeys(text for _, text, _ in found))[:most]


NO_TAGS = Tags(())


def spoken(tag: str) -> str:
    """Returns a tag as it is typed: blanks for underlines, no escapes, small letters."""
    return tag.replace("_", " ").replace("\\", "").strip().casefold()


def read_tags(path: Path) -> Iterator[tuple[str, str, int]]:
    """Yields the entries of a list. Raises WildcardUnusable."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            for number, row in enumerate(csv.reader(file)):
                if number >= MOST_TAGS:
                    raise WildcardUnusable(str(path), tr("it has more than {most} tags", most=MOST_TAGS))
                if not row or not row[0].strip():
                    continue
                count = int(row[2]) if len(row) > 2 and re.fullmatch("[0-9]{1,18}", row[2]) else 0
                text = written(row[0].strip())
                aliases = row[3].split(",") if len(row) > 3 else []
                yield from ((key, text, count) for key in dict.fromkeys(map(spoken, (row[0], *aliases))) if key)
    except OSError as error:
        raise WildcardUnusable(str(path), words_of(error)) from error
    except csv.Error as error:
        raise WildcardUnusable(str(path), tr("it is not a table of tags")) from error


def written(tag: str) -> str:
    """Returns a tag as a prompt has it: blanks for underlines but in faces such as ^_^, and brackets escaped."""
    text = tag.replace("_", " ") if _LETTERS.search(tag) else tag
    return _BRACKETS.sub(r"\\\1", text)
