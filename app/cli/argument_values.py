"""Reads what was typed on the command line; each raises InvalidRequest with what was expected."""

from __future__ import annotations

import re

from core.errors import InvalidRequest


def text_of(field: str, value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InvalidRequest(field, value.encode("ascii", "backslashreplace").decode(), "text in UTF-8") from error
    if "\0" in value:
        raise InvalidRequest(field, value.replace("\0", "\\0"), "text without NUL characters")
    return value


def whole_number(field: str, text: str | None, allowed: range, default: int) -> int:
    if text is None:
        return default
    if not re.fullmatch(r"[+-]?\d{1,30}", text, re.ASCII):
        raise InvalidRequest(field, text, f"a whole number from {allowed[0]} to {allowed[-1]}")
    return int(text)


def number(field: str, text: str | None, largest: float, default: float) -> float:
    if text is None:
        return default
    try:
        return float(text)
    except ValueError as error:
        raise InvalidRequest(field, text, f"a number from 0 to {largest:g}") from error
