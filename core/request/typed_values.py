"""Reads numbers that people type; each function raises InvalidRequest with what was expected."""

import re

from core.errors import InvalidRequest


def typed_whole_number(field: str, text: str, allowed: range) -> int:
    """Returns a whole number, which may lie outside of what is allowed: the check of the request names that."""
    if not re.fullmatch(r"[+-]?\d{1,30}", text, re.ASCII):
        raise InvalidRequest(field, text, f"a whole number from {allowed[0]} to {allowed[-1]}")
    return int(text)


def typed_number(field: str, text: str, largest: float) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise InvalidRequest(field, text, f"a number from 0 to {largest:g}") from error
