"""The fields of a request: each is asked for with what is expected, and those that nobody asks for are known."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from typing import Any, TypeVar, cast

from core.errors import InvalidRequest
from core.language.words import tr
from core.request.typed_values import storable

Default = TypeVar("Default")
LONGEST_TEXT = 100_000
_SHOWN = 60


class Fields:
    """Fields by their names; null is a field that is not there. In a form all values are texts.

    Every method raises InvalidRequest for what is not of its kind.
    """

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._content = {name: value for name, value in content.items() if value is not None}
        self._asked: set[str] = set()

    def any(self, name: str) -> Any:
        """Returns the value as it came, None for none."""
        self._asked.add(name)
        return self._content.get(name)

    def text(self, name: str, default: str = "") -> str:
        value = default if (value := self.any(name)) is None else value
        if not isinstance(value, str) or len(value) > LONGEST_TEXT:
            raise unfit(name, value, tr("a text of at most {most} characters", most=LONGEST_TEXT))
        return storable(name, value)

    def one_of(self, name: str, choices: Collection[str], default: str) -> str:
        if (value := self.text(name, default)) not in choices:
            raise unfit(name, value, tr("one of {names}", names=", ".join(choices)))
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.any(name)
        told = {"true": True, "1": True, "false": False, "0": False, "": default}
        if value is None or str(value).lower() not in told:
            if value is not None:
                raise unfit(name, value, tr("true or false"))
            return default
        return told[str(value).lower()]

    def whole(self, name: str, default: Default) -> int | Default:
        """Returns a whole number; its range is left to whoever asks."""
        number = self.number(name, None)
        if number is None:
            return default
        value = self.any(name)
        if number != int(number):
            raise unfit(name, value, tr("a whole number"))
        return int(value) if isinstance(value, int | str) and "." not in str(value) else int(number)

    def number(self, name: str, default: Default) -> float | Default:
        value = self.any(name)
        if value is None or value == "":
            return default
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if isinstance(value, str) and re.fullmatch(r"[+-]?\d{1,30}(\.\d{0,30})?", value, re.ASCII):
            is_number = True
        if not is_number or not math.isfinite(number := _float(value)):
            raise unfit(name, value, tr("a number"))
        return number

    def items(self, name: str) -> list[Any]:
        value: object = [] if (value := self.any(name)) is None else value
        if not isinstance(value, list):
            raise unfit(name, value, tr("a list"))
        return cast("list[Any]", value)

    def part(self, name: str) -> Fields:
        """Returns the fields of an object inside."""
        value: object = {} if (value := self.any(name)) is None else value
        if not isinstance(value, dict):
            raise unfit(name, value, tr("an object"))
        return Fields(cast("dict[str, Any]", value))

    @property
    def left(self) -> dict[str, Any]:
        """Returns those that nobody has asked for."""
        return {name: value for name, value in self._content.items() if name not in self._asked}


def unfit(name: str, value: object, allowed: str) -> InvalidRequest:
    """Returns the error for a field; a long value is cut, since a sentence shows it."""
    text = repr(value) if not isinstance(value, str) else value
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return InvalidRequest(name, shown.encode("utf-8", "replace").decode(), allowed)


def refused(name: str, sentence: str) -> InvalidRequest:
    """Returns the error for a field, in a sentence of its own."""
    return InvalidRequest(name, name, "", sentence=sentence)


def _float(value: float | str) -> float:
    try:
        return float(value)
    except OverflowError:  # a whole number of hundreds of digits
        return math.inf
