"""Reads a catalogue of gettext, ``resources/languages/<code>/emulsion.po``, as it is: nothing has to be compiled.

The format is that of GNU gettext (manual, "The Format of PO Files"), without contexts.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from gettext import c2py  # pyright: ignore[reportAttributeAccessIssue] - in every Python since 2.6

from core.language.language import NumberFormatter
from core.paths import resources

FILE_NAME = "emulsion.po"
_FORMATTERS = {"de": NumberFormatter(",", "\u00a0%")}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A `Language` with a catalogue.

    Attributes:
        texts: the forms of each English text; the first is the only one where there is no plural.
        form: the form's place for a number.
    """

    code: str
    texts: Mapping[str, tuple[str, ...]]
    form: Callable[[int], int]
    is_right_to_left: bool = False
    formatter: NumberFormatter = field(default_factory=lambda: NumberFormatter("."))

    def text(self, english: str) -> str:
        found = self.texts.get(english)
        return found[0] if found else english

    def english(self, text: str) -> str:
        return next((english for english, forms in self.texts.items() if forms[0] == text), text)

    def plural(self, one: str, many: str, count: int) -> str:
        found = self.texts.get(one, ())
        place = self.form(count)
        return found[place] if place < len(found) else one if count == 1 else many

    def filled(self, text: str, fields: Mapping[str, object]) -> str:
        return self.formatter.vformat(text, (), fields)


@dataclass(slots=True)
class Entry:
    """An entry of a catalogue. Attributes: forms: "" where there is no translation."""

    english: str = ""
    english_plural: str = ""
    forms: dict[int, str] = field(default_factory=dict[int, str])
    is_fuzzy: bool = False


def read_catalogue(code: str) -> Catalogue:
    """Reads the catalogue of a language. Raises OSError."""
    entries = parse((resources() / "languages" / code / FILE_NAME).read_text("utf-8"))
    texts = {
        entry.english: tuple(entry.forms[place] for place in sorted(entry.forms))
        for entry in entries
        if all(entry.forms.values()) and not entry.is_fuzzy
    }
    header = texts.pop("", ("",))[0]
    rule = header.partition("plural=")[2].partition(";")[0] or "n != 1"
    return Catalogue(code, texts, c2py(rule), formatter=_FORMATTERS.get(code, NumberFormatter(".")))


def parse(content: str) -> list[Entry]:
    """Reads the entries of a file; the first is its header, under the empty text."""
    entries: list[Entry] = []
    entry, keyword, place = Entry(), "", 0
    for line in content.splitlines():
        if line.startswith("#"):
            if keyword.startswith("msgstr"):
                entries.append(entry)
                entry, keyword = Entry(), ""
            entry.is_fuzzy |= line.startswith("#,") and "fuzzy" in line
            continue
        begin, quote, rest = line.partition('"')
        if not quote:
            continue
        text = json.loads(quote + rest)
        word = begin.strip()
        if word == "msgid" and keyword.startswith("msgstr"):
            entries.append(entry)
            entry = Entry()
        keyword = word or keyword
        if keyword == "msgid":
            entry.english += text
        elif keyword == "msgid_plural":
            entry.english_plural += text
        elif keyword.startswith("msgstr"):
            place = int(keyword[7:-1] or 0)
            entry.forms[place] = entry.forms.get(place, "") + text
    if keyword.startswith("msgstr"):
        entries.append(entry)
    return entries
