"""The role of a language, and numbers inside sentences as it writes them."""

from collections.abc import Mapping
from string import Formatter
from typing import Protocol


class Language(Protocol):
    """Attributes: code: as Qt and locales call it; is_right_to_left: the direction of its writing."""

    @property
    def code(self) -> str: ...

    @property
    def is_right_to_left(self) -> bool: ...

    def text(self, english: str) -> str:
        """Returns a text, or the English one where it has none."""
        ...

    def english(self, text: str) -> str:
        """Returns the English of one of its texts, or the text itself."""
        ...

    def plural(self, one: str, many: str, count: int) -> str:
        """Returns the form for a number, or the English one."""
        ...

    def filled(self, text: str, fields: Mapping[str, object]) -> str:
        """Returns a text with the values of its fields."""
        ...


class NumberFormatter(Formatter):
    """Fills fields; floats have the language's mark between ones and tenths, and its sign of percent."""

    def __init__(self, decimal_mark: str, percent: str = "%") -> None:
        self._mark = decimal_mark
        self._percent = percent

    def format_field(self, value: object, format_spec: str) -> str:
        text = super().format_field(value, format_spec)
        if not isinstance(value, float):
            return text
        text = text.replace(".", self._mark)
        return f"{text[:-1]}{self._percent}" if format_spec.endswith("%") else text
