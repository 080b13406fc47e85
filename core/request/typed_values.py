"""Reads numbers and texts that people type; each function raises InvalidRequest with what was expected."""

import re

from core.errors import InvalidRequest
from core.language.words import tr


def typed_whole_number(field: str, text: str, allowed: range) -> int:
    """Returns a whole number, which may lie outside of what is allowed: the check of the request names that."""
    if not re.fullmatch(r"[+-]?\d{1,30}", text, re.ASCII):
        raise InvalidRequest(
            field,
            text,
            tr("a whole number from {least} to {most}", least=allowed[0], most=allowed[-1]),
        )
    return int(text)


def needing(field: str, text: str, option: str, other: str) -> InvalidRequest:
    """Returns the error for an option that acts together with another one only, which was not given."""
    allowed = tr("given together with {other}", other=other)
    sentence = tr("{option} needs {other} as well.", option=option, other=other)
    return InvalidRequest(field, text, allowed, sentence=sentence)


def typed_number(field: str, text: str, largest: float) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise InvalidRequest(field, text, tr("a number from 0 to {largest:g}", largest=largest)) from error


def storable(field: str, value: str) -> str:
    """Returns the text, if it can stand in a recipe. Raises InvalidRequest."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        shown = value.encode("ascii", "backslashreplace").decode()
        raise InvalidRequest(field, shown, tr("text in UTF-8")) from error
    if "\0" in value:
        raise InvalidRequest(field, value.replace("\0", "\\0"), tr("text without NUL characters"))
    return value
