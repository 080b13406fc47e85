"""The facts of a model's training that its pictures depend on, each by the best of all places that tell it."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from core.errors import InvalidRequest
from core.language.words import tr
from core.request.request import CLIP_LAYERS, Size

Said = Mapping[str, Mapping[str, Any]]
"""Values by the name of the trait, by the place that tells them (`PLACES`)."""

PLACES = ("user", "marks", "yaml", "metadata", "weights", "list", "configuration", "lender", "name", "family")
"""The places that tell traits, the most trusted first.

``user``: chosen for the file's hash. ``marks``: empty tensors in the file. ``yaml``: the file of that name beside
it. ``metadata``: texts in its header. ``weights``: measured. ``configuration``: JSON files in a diffusers folder.
``lender``: that of the installed model that lends a network's file what it does not bring. ``name``: of the
file or folder. ``family``: as in most models of its kind.
"""

OUTSIDE = ("user", "yaml")
"""The places that another computer with the same file may lack."""

SCHEDULE = ("prediction_type", "zero_snr", "shift")
"""The traits that change a picture although its other settings are equal."""

SIDES_PX = range(64, 4097)
SHIFTS = (0.01, 100.0)


@dataclass(frozen=True, slots=True)
class Trait:
    """One fact. ``others`` are the less trusted places that tell something else, with what they tell."""

    value: Any
    place: str
    others: Mapping[str, Any] = field(default_factory=dict[str, Any])


Traits = Mapping[str, Trait]


def resolve(said: Said) -> Traits:
    """Returns each trait that any place tells, by the most trusted one."""
    told: dict[str, dict[str, Any]] = {}
    for place in PLACES:
        for name, value in said.get(place, {}).items():
            told.setdefault(name, {})[place] = value
    return {name: _trait(places) for name, places in told.items()}


def _trait(places: Mapping[str, Any]) -> Trait:
    (place, value), *others = places.items()
    return Trait(value, place, {other: told for other, told in others if told != value})


def _prediction(text: str) -> str:
    found = PREDICTIONS.get(re.sub(r"[^a-z0-9]", "", text.lower()))
    if found is None:
        raise ValueError(text)
    return found


PREDICTIONS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("epsilon", "eps", "epsilonprediction", "epsprediction"), "epsilon"),
        **dict.fromkeys(("v", "vpred", "vprediction", "vparameterization", "velocity"), "v_prediction"),
        **dict.fromkeys(("sample", "x0", "sampleprediction", "x0prediction"), "sample"),
    }
)
"""Prediction types as diffusers calls them, by the words of all programs without marks between letters."""


def _switch(text: str) -> bool:
    try:
        return {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}[text.lower()]
    except KeyError as error:
        raise ValueError(text) from error


def _size(text: str) -> str:
    found = re.fullmatch(r"\s*\(?\s*(\d{2,4})\s*(?:[x×,]\s*(\d{2,4})\s*)?\)?\s*", text, re.IGNORECASE | re.ASCII)
    sides = [int(side) for side in found.groups() if side] if found else []
    if not sides or not all(side in SIDES_PX for side in sides):
        raise ValueError(text)
    return str(Size(sides[0], sides[-1]))


def _clip_skip(text: str) -> int:
    if (layer := int(text)) not in CLIP_LAYERS:
        raise ValueError(text)
    return layer


def _variant(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9_]{1,40}", found := text.strip().lower()):
        raise ValueError(text)
    return found


def _shift(text: str) -> float:
    if not SHIFTS[0] <= (shift := float(text)) <= SHIFTS[1]:
        raise ValueError(text)
    return shift


@dataclass(frozen=True, slots=True)
class _Kind:
    """``read`` takes a text, and raises ValueError with one that is none of ``expected``."""

    read: Callable[[str], Any]
    expected: str
    is_of_flow: bool | None = None


KINDS: Mapping[str, _Kind] = MappingProxyType(
    {
        "variant": _Kind(_variant, tr("the name of a variant, such as turbo or edit")),
        "prediction_type": _Kind(_prediction, tr("epsilon, v_prediction or sample"), is_of_flow=False),
        "zero_snr": _Kind(_switch, tr("yes or no"), is_of_flow=False),
        "shift": _Kind(
            _shift,
            tr("a number from {least} to {most:.0f}", least=SHIFTS[0], most=SHIFTS[1]),
            is_of_flow=True,
        ),
        "size": _Kind(
            _size,
            tr("WIDTHxHEIGHT, {least} to {most} pixels", least=SIDES_PX[0], most=SIDES_PX[-1]),
        ),
        "clip_skip": _Kind(
            _clip_skip,
            tr(
                "a number from {least} to {most}",
                least=CLIP_LAYERS[0],
                most=CLIP_LAYERS[-1],
            ),
            is_of_flow=False,
        ),
    }
)


def names_of(is_flow: bool) -> tuple[str, ...]:
    """Returns the names of the traits that models have, with flow matching or without."""
    return tuple(name for name, kind in KINDS.items() if kind.is_of_flow in (None, is_flow))


def read_trait(name: str, text: str) -> Any:
    """Reads a value that somebody typed. Raises InvalidRequest."""
    try:
        return KINDS[name].read(text)
    except ValueError as error:
        raise InvalidRequest(name, text, KINDS[name].expected) from error


def told(name: str, *texts: str | None) -> dict[str, Any]:
    """Returns the first of the texts that can be read as the value of the trait; nothing where none can."""
    for text in texts:
        try:
            if text is not None:
                return {name: KINDS[name].read(text)}
        except ValueError:
            continue
    return {}


def read_traits(pairs: Iterable[str], names: Iterable[str]) -> dict[str, Any]:
    """Reads what somebody typed as ``NAME=VALUE``. Raises InvalidRequest."""
    values: dict[str, Any] = {}
    for name, _, text in (pair.partition("=") for pair in pairs):
        if name not in names:
            raise InvalidRequest(
                "training", name, tr("NAME=VALUE, with one of {names} as the name", names=", ".join(names))
            )
        values[name] = read_trait(name, text)
    return values


def traits_to_text(values: Mapping[str, Any]) -> str:
    """Returns traits as settings and recipes keep them: ``"prediction_type=v_prediction zero_snr=yes"``."""
    return " ".join(f"{name}={value_text(values[name])}" for name in KINDS if name in values)


def value_text(value: Any) -> str:
    """Returns a value in the form that `read_trait` reads."""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def traits_from_text(text: str) -> dict[str, Any]:
    """Reads `traits_to_text`; leaves out what this version cannot read."""
    parts = (part.partition("=") for part in text.split())
    return {key: value for name, _, given in parts if name in KINDS for key, value in told(name, given).items()}


def with_choice(kept: Mapping[str, str], sha256: str, values: Mapping[str, Any]) -> dict[str, str]:
    """Returns all choices by their files' hashes, with these for one file; none forget the file."""
    others = {key: text for key, text in kept.items() if key != sha256}
    return others | ({sha256: traits_to_text(values)} if values else {})


def outside(traits: Traits) -> str:
    """Returns the traits of the schedule as text where a place outside of the model's file tells one, else ""."""
    schedule = {name: trait for name, trait in traits.items() if name in SCHEDULE}
    is_outside = any(trait.place in OUTSIDE for trait in schedule.values())
    return traits_to_text({name: trait.value for name, trait in schedule.items()}) if is_outside else ""


def trait_words(name: str, value: Any) -> str:
    """Returns a trait as people call it: ``"v-prediction"``, ``"zero terminal SNR"``."""
    match name:
        case "prediction_type":
            return {"epsilon": tr("epsilon prediction"), "sample": tr("x0 prediction")}.get(
                value, tr("v-prediction")
            )
        case "zero_snr":
            return tr("zero terminal SNR") if value else tr("no zero terminal SNR")
        case "shift":
            return tr("flow shift {value:g}", value=value)
        case "variant":
            return str(value).replace("_", " ")
        case "clip_skip":
            return tr("clip skip {value}", value=value)
        case "size":
            return Size.parse(value).words
        case _:
            return str(value)
