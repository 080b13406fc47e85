"""Brings the catalogues up to date with the sources: ``python -m tests.languages``; needs Babel.

New texts are added without a translation, those that are gone go; translations of the others stay as they are.
"""

from __future__ import annotations

import io
import tomllib
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from core.language.catalogue import FILE_NAME
from core.language.choice import CATALOGUES

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ROOT / "resources" / "languages"
KEYWORDS = {"tr": None, "mark": None, "plural": (1, 2)}
WIDTH = 110


def extracted() -> Catalog:
    """Returns the texts of all calls of the functions in `core.language.words`, and the words on known models."""
    catalogue = Catalog(project="Emulsion", charset="utf-8")
    for path in sources():
        with path.open("rb") as file:
            for _, message, _, _ in extract("python", file, KEYWORDS, (), {}):  # pyright: ignore[reportArgumentType]
                catalogue.add(message, locations=[(path.relative_to(ROOT).as_posix(), 0)])
    models = tomllib.loads((ROOT / "resources" / "models.toml").read_text("utf-8"))
    for entry in models.values():
        if "about" in entry:
            catalogue.add(entry["about"], locations=[("resources/models.toml", 0)])
    return catalogue


def sources() -> Iterator[Path]:
    for folder in ("core", "app"):
        yield from sorted((ROOT / folder).rglob("*.py"))


def po_file(code: str) -> Path:
    return LANGUAGES / code / FILE_NAME


def read(code: str) -> Catalog:
    path = po_file(code)
    if not path.exists():
        return Catalog(locale=code, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=code)


def update(code: str) -> int:
    """Writes the catalogue of a language anew; returns how many texts have no translation."""
    catalogue = read(code)
    catalogue.update(extracted(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.fuzzy = False
    written = io.BytesIO()
    write_po(written, catalogue, width=WIDTH, omit_header=True, include_lineno=False, sort_by_file=True)
    header = (
        'msgid ""\nmsgstr ""\n"Language: {code}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Plural-Forms: {plural}\\n"\n\n'
    )
    path = po_file(code)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = header.format(code=code, plural=catalogue.plural_forms) + written.getvalue().decode()
    path.write_text(text.rstrip("\n") + "\n", "utf-8")
    return sum(not message.string or not any(message.string) for message in catalogue if message.id)


if __name__ == "__main__":
    for code in CATALOGUES:
        print(f"{code}: {update(code)} texts without a translation")  # noqa: T201
