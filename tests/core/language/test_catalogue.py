"""Catalogues are up to date with the sources, and their translations keep the fields."""

from __future__ import annotations

from string import Formatter

import pytest

from core.language.catalogue import Entry, parse
from core.language.choice import CATALOGUES
from tests import languages

HINT = "run: python -m tests.languages"


def entries(code: str) -> dict[str, Entry]:
    return {entry.english: entry for entry in parse(languages.po_file(code).read_text("utf-8")) if entry.english}


def fields(text: str) -> set[tuple[str, str | None, str | None]]:
    return {(name, spec, conversion) for _, name, spec, conversion in Formatter().parse(text) if name is not None}


@pytest.fixture(scope="module")
def in_sources() -> dict[str, str]:
    """Each text of the sources with its plural, or ""."""
    found = [message.id for message in languages.extracted() if message.id]
    pairs = [text if isinstance(text, tuple) else (text, "") for text in found]
    return {str(one): str(many) for one, many in pairs}


@pytest.mark.parametrize("code", CATALOGUES)
def test_a_catalogue_has_the_texts_of_the_sources_and_no_others(code: str, in_sources: dict[str, str]) -> None:
    there = {text: entry.english_plural for text, entry in entries(code).items()}
    assert set(in_sources.items()) - set(there.items()) == set(), HINT
    assert set(there.items()) - set(in_sources.items()) == set(), HINT


@pytest.mark.parametrize("code", CATALOGUES)
def test_translations_have_the_fields_of_the_text(code: str) -> None:
    def allowed(entry: Entry, place: int) -> tuple[set[tuple[str, str | None, str | None]], ...]:
        one, many = fields(entry.english), fields(entry.english_plural)
        return (one, many) if entry.english_plural and place == 0 else (many if entry.english_plural else one,)

    wrong = {
        text: form
        for text, entry in entries(code).items()
        for place, form in entry.forms.items()
        if form and fields(form) not in allowed(entry, place)
    }
    assert wrong == {}


@pytest.mark.parametrize("code", CATALOGUES)
def test_translations_end_and_begin_as_the_text_does(code: str) -> None:
    def ends(text: str) -> tuple[bool, bool, int]:
        return text[:1].isspace(), text[-1:].isspace(), text.replace("&&", "").count("&")

    wrong = {
        text: form
        for text, entry in entries(code).items()
        for form in entry.forms.values()
        if form and ends(form) != ends(text)
    }
    assert wrong == {}


def test_texts_are_literals_with_named_fields() -> None:
    numbered = [text for text in entries(next(iter(CATALOGUES))) for name, *_ in fields(text) if name.isdigit()]
    assert numbered == []
