"""Turns a query into SQL, and typed text into words for the full-text search.

The tokenizer of SQLite's FTS5 (unicode61) knows words between spaces. Chinese and Japanese are written without
spaces, and emoji are no words to it: both get spaces around each character before they reach the index.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.gallery.query import Query
from core.gallery.stored_values import signed, stored
from core.request.settings import SETTINGS

LONGEST_TEXT = 20_000
_LONGEST_QUESTION = 1_000
_MOST_WORDS = 20

# scripts written without spaces (Thai, Lao, Myanmar, Khmer, kana, Han, Hangul stays: it has spaces)
_ALONE = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_SYMBOL = re.compile("[\u2190-\u2bff\u3000-\u303f\U0001f000-\U0001faff]")
_PART = re.compile(r'(-?)"([^"]*)"?|(\S+)')
_FLAGS = {True: "", False: "NOT "}
_WITH_SEVERAL_FACETS = {setting.name for setting in SETTINGS if setting.has_several_facets}


@dataclass(frozen=True, slots=True)
class SearchTerms:
    """The words to search for.

    Attributes:
        wanted, unwanted: expressions of FTS5, "" for none.
        literal: what to look for as it stands, since it has no words; else "".
    """

    wanted: str = ""
    unwanted: str = ""
    literal: str = ""


def words(text: str) -> str:
    """Returns the text as it is given to the index: bounded, and spaced so that every word is one."""
    return _SYMBOL.sub(_symbol_word, _ALONE.sub(r" \g<0> ", _storable(text[:LONGEST_TEXT])))


def question(text: str) -> SearchTerms:
    """Parses typed text: all words, each as the beginning of one; ``"as a phrase"``; ``-without``."""
    wanted: list[str] = []
    unwanted: list[str] = []
    for minus, phrase, word in _PART.findall(text[:_LONGEST_QUESTION]):
        is_unwanted = bool(minus) or (word.startswith("-") and len(word) > 1)
        expression = _expression(word, is_beginning=True) if word else _expression(phrase, is_beginning=False)
        if expression:
            (unwanted if is_unwanted else wanted).append(expression)
    if not wanted and not unwanted:
        return SearchTerms(literal=" ".join(_storable(text[:_LONGEST_QUESTION]).split()))
    return SearchTerms(" AND ".join(wanted[:_MOST_WORDS]), " OR ".join(unwanted[:_MOST_WORDS]))


def _expression(text: str, *, is_beginning: bool) -> str:
    """Returns the words of a text as a phrase of FTS5, "" when it has none."""
    parts = "".join(character if _is_of_a_word(character) else " " for character in words(text)).split()
    if not parts:
        return ""
    return f'"{" ".join(parts)}"' + ("*" if is_beginning else "")


def _is_of_a_word(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "LNM" or category == "Co"


def _storable(text: str) -> str:
    """Without NUL and halves of characters."""
    return text.replace("\0", " ").encode("utf-8", "ignore").decode()


def _symbol_word(match: re.Match[str]) -> str:
    """Returns a word that no one writes, for a character that is none."""
    return f" u{ord(match[0]):x}symbol "


def conditions(query: Query, *, needs_picture: bool = True) -> tuple[str, str, list[object]]:
    """Returns the tables, `` WHERE ...`` over them, or "", and the values for its question marks.

    The table ``picture`` is among them if it is needed. Values never become part of the text. The words of the
    query's text are left out: `core.gallery.finder` asks the full-text search for them on its own.
    """
    tables = "picture"
    parts: list[str] = []
    values: list[object] = []

    def add(part: str, *with_values: object) -> None:
        parts.append(part)
        values.extend(with_values)

    if literal := question(query.text).literal:
        columns = ("prompt", "negative_prompt", "note", "name")
        add(" OR ".join(f"instr(picture.{column}, ?)" for column in columns), *[literal] * len(columns))
    for name in sorted({name for name, _ in query.facets}):
        wanted = [value for other, value in query.facets if other == name]
        marks = ",".join("?" * len(wanted))
        facet = f"facet IN (SELECT id FROM facet WHERE name = ? AND value IN ({marks}))"
        is_narrowed = tables == "picture_facet" or query.seed is not None
        if not is_narrowed and (len(wanted) == 1 or name not in _WITH_SEVERAL_FACETS):
            tables = "picture_facet"  # faster than a list of pictures to search; none may be found twice
            add(facet, name, *wanted)
        else:
            of_picture = "other.picture = picture.id AND " if is_narrowed else ""
            add(
                f"picture.id IN (SELECT picture FROM picture_facet AS other WHERE {of_picture}{facet})",
                name,
                *wanted,
            )
    if query.since:
        add("picture.day >= ?", query.since.toordinal())
    if query.until:
        add("picture.day <= ?", query.until.toordinal())
    if query.smallest_rating:
        add("picture.rating >= ?", query.smallest_rating)
    if query.is_favourite is not None:
        add(f"{_FLAGS[query.is_favourite]}picture.is_favourite")
    if query.has_film is not None:
        add(f"{_FLAGS[query.has_film]}picture.has_film")
    if query.is_unreadable is not None:
        add(f"{_FLAGS[query.is_unreadable]}picture.problem != ''")
    if query.seed is not None:
        add("picture.seed = ?", signed(query.seed))
    if query.collection is not None:
        add("picture.id IN (SELECT picture FROM collection WHERE name = ?)", query.collection)
    for tag in query.tags:
        add("picture.id IN (SELECT picture FROM tag WHERE name = ?)", tag)
    if query.folder:
        _add_folder(query.folder, add)
    if tables == "picture_facet" and (needs_picture or len(parts) > 1):
        tables = "picture_facet LEFT JOIN picture ON picture.id = picture_facet.picture"
    storable = [value.encode("utf-8", "replace").decode() if isinstance(value, str) else value for value in values]
    return tables, " WHERE " + " AND ".join(f"({part})" for part in parts) if parts else "", storable


def _add_folder(folder: Path, add: Callable[..., None]) -> None:
    start = folder.as_posix().rstrip("/") + "/"
    add(
        "(picture.folder, picture.directory) IN (SELECT DISTINCT other.folder, other.directory "
        "FROM picture AS other JOIN folder ON folder.id = other.folder "
        "WHERE substr(folder.path || '/' || other.directory || '/', 1, ?) = ?)",
        len(start),
        stored(start),
    )
