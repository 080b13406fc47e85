"""Describes one setting of a request to everything that shows, checks, stores, reads or finds it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from core.errors import InvalidRequest
from core.language.words import tr
from core.request.request import GenerationRequest, Limits

Value = TypeVar("Value")
Read = Callable[[Any], Value]
Taker = Callable[[dict[str, str], dict[str, Any]], None]
DEFAULT = GenerationRequest("")
Numbers = Literal["", "whole", "any", "after colon"]
OWN = tr("(default: the model's own)")


@dataclass(frozen=True, slots=True)
class Option(Generic[Value]):
    """An option of ``emulsion generate`` that sets a setting, or a part of it.

    Attributes:
        flag: as ``--steps``; a name without dashes is an argument that must be given.
        read: returns the value from the typed text and the value so far. Raises InvalidRequest.
        is_repeated: the option may be given several times.
        numbers: the text is a whole number, any number, or ends in one after a colon, so that a grid can count.
    """

    flag: str
    metavar: str
    help: str
    read: Callable[[str, Value], Value]
    is_repeated: bool = False
    numbers: Numbers = ""

    @property
    def name(self) -> str:
        """Returns the flag as a Python name, and as errors call it."""
        return self.flag.lstrip("-").replace("-", "_")


def _accept(_request: GenerationRequest, _limits: Limits) -> None:
    """Checks nothing."""


def _keep(value: Value, _limits: Limits, _own: Value) -> Value:
    return value


def _write_nothing(_value: object) -> Mapping[str, object]:
    return {}


def _take_nothing(_told: dict[str, str], _content: dict[str, Any]) -> None:
    """Reads nothing from a ``parameters`` text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting(Generic[Value]):
    """A setting; its entry in `core.request.settings.SETTINGS` is all that the program needs to know of it.

    Attributes:
        name: of the field of `GenerationRequest`.
        noun: the field's name inside a sentence, marked in English as recipes have it; `tr` is for the screen.
        label: the name as a caption; "" for the noun with a capital letter.
        words: the value for people; of a text from outside, show it as plain text.
        card: the value on the recipe card, ``{}`` being the words; "" for the label and the words.
        parts: the value as several facts with a noun for each, where one is not enough to compare two requests.
        from_json: reads the value from the JSON of a request, hostile ones too. Raises ValueError.
        to_json: what stands for the value in the JSON of a request.
        check: raises InvalidRequest for what the limits do not allow.
        fit: the nearest value that the limits allow; the third argument is the model's own value.
        options: of the command line.
        to_parameters: the entries of a ``parameters`` text for the value.
        take_parameters: moves such entries from what a text tells to the JSON of a request.
        is_shown: False for values that change nothing, which recipe card and inspector leave out.
        is_prose: the value is a text of any length, of which only the words that differ are told.
        is_of_picture: False for what says nothing about a single picture.
        is_of_model: a model brings its own good value.
        is_optional: only those models have it whose `Limits.optional_settings` name it.
        rebuilds: how much of the engine's work another value undoes: 3 the loaded model, 2 what was put into it,
            1 the prompts that were read, 0 nothing. Grids change what rebuilds most as seldom as possible.
        can_branch: a branch may have another value than the run that it leaves.
        can_be_used: the inspector can put the value alone into the draft.
        facet: the values that the gallery can filter by, or None.
        has_several_facets: one picture can have several of them.
        typed_facet: reads such a value from the command line. Raises InvalidRequest.
    """

    name: str
    noun: str
    label: str = ""
    words: Callable[[Value], str] = str
    card: str = ""
    parts: Callable[[Value], Mapping[str, str]] | None = None
    from_json: Callable[[Mapping[str, Any]], Value]
    to_json: Callable[[Value], Mapping[str, Any]]
    check: Callable[[GenerationRequest, Limits], None] = _accept
    fit: Callable[[Value, Limits, Value], Value] = _keep
    options: tuple[Option[Value], ...] = ()
    to_parameters: Callable[[Value], Mapping[str, object]] = _write_nothing
    take_parameters: Taker = _take_nothing
    is_shown: Callable[[Value], bool] = bool
    is_prose: bool = False
    is_of_picture: bool = True
    is_of_model: bool = False
    is_optional: bool = False
    rebuilds: int = 0
    can_branch: bool = True
    can_be_used: bool = True
    facet: Callable[[Value], tuple[str, ...]] | None = None
    has_several_facets: bool = False
    typed_facet: Callable[[str], str] = str

    def is_had_by(self, limits: Limits) -> bool:
        """Returns False if the value has no effect, since the model's family does not have the setting."""
        return not self.is_optional or self.name in limits.optional_settings

    @property
    def title(self) -> str:
        noun = tr(self.noun)
        return self.label or noun[0].upper() + noun[1:]

    def phrase(self, words: str) -> str:
        """Returns the words of a value with what it is a value of, as on the recipe card."""
        return (self.card or f"{self.title} {{}}").replace("{}", words)

    def of(self, request: GenerationRequest) -> Value:
        """Returns the value that a request has."""
        return getattr(request, self.name)

    def facts(self, request: GenerationRequest) -> Mapping[str, str]:
        """Returns the value in words, by the noun of each part."""
        value = self.of(request)
        return {tr(self.noun): self.words(value)} if self.parts is None else self.parts(value)


def json_reader(name: str, read: Read[Value]) -> Callable[[Mapping[str, Any]], Value]:
    """Reads the value under a name; where there is none, that of a request that says nothing."""
    default = getattr(DEFAULT, name)
    return lambda content: read(content.get(name, default))


def json_writer(name: str) -> Callable[[Any], Mapping[str, Any]]:
    """Writes the value as it is, always."""
    return lambda value: {name: value}


def sparse_json_writer(name: str, write: Callable[[Any], Any]) -> Callable[[Any], Mapping[str, Any]]:
    """Writes the value only when it is not the default: for settings that came after the first version."""
    return lambda value: {} if value == getattr(DEFAULT, name) else {name: write(value)}


def clamped(allowed: range) -> Callable[[int, Limits, int], int]:
    return lambda value, _limits, _own: min(max(value, allowed[0]), allowed[-1])


def scale_check(name: str, words: str, largest: float) -> Callable[[GenerationRequest, Limits], None]:
    """Returns the check of a field that is a number from 0 to ``largest``; ``words`` name it in the error."""

    def check(request: GenerationRequest, _limits: Limits) -> None:
        scale = getattr(request, name)
        if not 0 <= scale <= largest:  # also refuses NaN
            raise InvalidRequest(words, scale, tr("a number from 0 to {largest:g}", largest=largest))

    return check


def scale_fit(largest: float) -> Callable[[float, Limits, float], float]:
    """Brings a number into 0 to ``largest``; what is none becomes the model's own."""
    return lambda scale, _limits, own: min(max(own if math.isnan(scale) else scale, 0.0), largest)


def number_taker(key: str, name: str, allowed: range | tuple[float, float], *, is_clamped: bool = True) -> Taker:
    """Moves a number from a ``parameters`` text to JSON, where it is brought into its range.

    A number above the range stays in the text too, and alone if ``is_clamped`` is False. One that is below, such
    as a seed of -1, and a text that is no number stay in the text alone.
    """

    def take(told: dict[str, str], content: dict[str, Any]) -> None:
        number = _number(told.get(key, ""), is_whole=isinstance(allowed, range))
        if number is None or number < allowed[0] or (number > allowed[-1] and not is_clamped):
            return
        content[name] = min(number, allowed[-1])
        if number <= allowed[-1]:
            del told[key]

    return take


def _number(text: str, *, is_whole: bool) -> float | None:
    """Returns a finite number, and a whole one if wanted."""
    try:
        return int(text) if is_whole else float(text) if math.isfinite(float(text)) else None
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if is_whole and number.is_integer() else None


def short_number(number: float) -> str:
    """Returns all digits of a number, without ``.0``."""
    return f"{float(number)!r}".removesuffix(".0")
