"""The values of an axis as people type them in AUTOMATIC1111's X/Y/Z plot (``scripts/xyz_grid.py`` there).

Entries are separated by commas, or by lines; an entry in double quotes may have commas. Of numbers ``1-5`` counts
by 1, ``1-9 (+2)`` and ``9-1 (-2)`` by another step, and ``1-10 [5]`` gives five from the first to the last. Two
things differ: a range never goes past its end, and one that leads nowhere is refused.
"""

import csv
import re
from decimal import ROUND_DOWN, Decimal

from core.errors import InvalidRequest
from core.language.words import tr
from core.request.setting import Numbers

MOST_VALUES = 1_000
_NUMBER = r"[+-]?\s*(?:\d{1,20}(?:\.\d{0,9})?|\.\d{1,9})"
_RANGE = re.compile(
    rf"\s*({_NUMBER})\s*-\s*({_NUMBER})\s*(?:\(\s*({_NUMBER})\s*\)|\[\s*(\d{{1,6}})\s*\])?\s*", re.ASCII
)


def split(text: str) -> tuple[str, ...]:
    """Returns the entries, also empty ones. Raises InvalidRequest."""
    try:
        rows = list(csv.reader(text.strip().splitlines(keepends=True), skipinitialspace=True))
    except csv.Error as error:
        raise InvalidRequest(
            tr("list of values"), f"{text[:40]}…", tr("entries that are separated by commas")
        ) from error
    return tuple(entry.strip() for row in rows for entry in row)


def counted(axis: str, entry: str, numbers: Numbers) -> tuple[str, ...]:
    """Returns the numbers of a range, or the entry alone where it is none.

    ``axis`` is the name for an error. Raises InvalidRequest for a range that leads nowhere or too far.
    """
    head, colon, tail = entry.rpartition(":") if numbers == "after colon" else ("", "", entry)
    match = _RANGE.fullmatch(tail) if numbers and bool(colon) is (numbers == "after colon") else None
    if match is None:
        return (entry,)
    first, last = _decimal(match[1]), _decimal(match[2])
    if match[4]:
        found = _spread(axis, entry, first, last, int(match[4]))
        if numbers == "whole":  # cut off as in AUTOMATIC1111's program
            found = [number.to_integral_value(ROUND_DOWN) for number in found]
    else:
        step = _decimal(match[3]) if match[3] else Decimal(1 if last >= first else -1)
        found = _steps(axis, entry, first, last, step)
    return tuple(f"{head}{colon}{_written(number)}" for number in found)


def _steps(axis: str, entry: str, first: Decimal, last: Decimal, step: Decimal) -> list[Decimal]:
    if step == 0 or (last - first) / step < 0:
        example = _example(first, last)
        expected = (
            tr("a range whose step is below 0, such as {example}", example=example)
            if last < first
            else tr("a range whose step is above 0, such as {example}", example=example)
        )
        raise InvalidRequest(axis, entry, expected)
    count = int((last - first) / step) + 1
    _check_count(axis, entry, count)
    return [first + number * step for number in range(count)]


def _spread(axis: str, entry: str, first: Decimal, last: Decimal, count: int) -> list[Decimal]:
    if count < 1:
        raise InvalidRequest(axis, entry, tr("a range of at least one number, such as 1-10 [5]"))
    _check_count(axis, entry, count)
    return [first + (last - first) * number / max(count - 1, 1) for number in range(count)]


def _check_count(axis: str, entry: str, count: int) -> None:
    if count > MOST_VALUES:
        raise InvalidRequest(
            axis,
            entry,
            tr(
                "a range of at most {most_values:,} numbers; this one has {count:,}",
                most_values=MOST_VALUES,
                count=count,
            ),
        )


def _example(first: Decimal, last: Decimal) -> str:
    """Returns a range that is accepted, also where only whole numbers are."""
    span = abs(last - first)
    return f"{first}-{last} ({'-' if last < first else '+'}{span // 2 or span or 1:f})"


def _decimal(text: str) -> Decimal:
    return Decimal("".join(text.split()))


def _written(number: Decimal) -> str:
    """Returns a number with at most six places."""
    text = f"{number:.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
