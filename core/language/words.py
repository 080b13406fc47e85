"""Puts sentences into the language of this process; a sentence is written in English, where it is needed.

``tr`` and ``plural`` are known to the extraction (`tests/languages.py`): their texts are literals, with named
fields in the place of values. A language has to be chosen before a module with a table of sentences is imported.
"""

import os
from functools import cache

from core.language.choice import CATALOGUES, PSEUDO, VARIABLE
from core.language.language import Language


@cache
def current() -> Language | None:
    """Returns the language that the environment names, read at the first sentence; None is English."""
    code = os.environ.get(VARIABLE, "")
    if code == PSEUDO:
        from core.language.pseudo import PSEUDO_LANGUAGE

        return PSEUDO_LANGUAGE
    if code not in CATALOGUES:
        return None
    from core.language.catalogue import read_catalogue

    return read_catalogue(code)


def tr(text: str, /, **fields: object) -> str:
    """Returns a sentence in the language of this process, its fields being filled.

    Args:
        text: in English; a literal, with fields such as ``{name}`` or ``{seconds:.1f}``. Braces that are no field
            are doubled where there are fields.
    """
    language = current()
    if language is None:
        return text.format(**fields) if fields else text
    told = language.text(text)
    return language.filled(told, fields) if fields else told


def plural(one: str, many: str, count: int, /, **fields: object) -> str:
    """Returns a sentence about ``count`` things, which is its field ``{count}``, in the form for that number."""
    language = current()
    fields["count"] = count
    if language is None:
        return (one if count == 1 else many).format(**fields)
    return language.filled(language.plural(one, many, count), fields)


def quoted(text: object, /) -> str:
    """Returns words in the language's quotation marks."""
    return tr("“{text}”", text=text)


def number_text(number: float, decimals: int) -> str:
    """Returns a number that stands alone, with the language's mark of decimals."""
    language = current()
    text = f"{{:.{decimals}f}}"
    return (
        text.format(number)
        if language is None
        else language.filled(f"{{number:.{decimals}f}}", {"number": number})
    )


def in_sentence(text: str, /) -> str:
    """Returns words for the middle of a sentence: ``Step 3`` -> ``step 3`` in English, but ``EXIF data`` stays."""
    first = text.split(maxsplit=1)[0] if text.strip() else ""
    return text[:1].lower() + text[1:] if current() is None and first[1:].islower() else text


def english(text: str, /) -> str:
    """Returns the English of a text that `tr` returned without any fields, for a file to keep."""
    language = current()
    return text if language is None else language.english(text)


def mark(text: str, /) -> str:
    """Returns the text itself, for the extraction: files hold it in English, and ``tr`` puts it on the screen."""
    return text
