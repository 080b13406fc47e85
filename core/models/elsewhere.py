"""Models of other computers: described without their files, and found there by their weights under any name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.errors import InvalidRequest
from core.families import FAMILIES
from core.models.folders import FixedPlaces
from core.models.model import Model
from core.models.parts import NO_PARTS
from core.paths import resources
from core.request.request import GenerationRequest
from core.request.samplers import SAMPLERS
from core.request.settings import validate

Weights = tuple[str, int]
"""SHA-256 and size of the file that stands for a model, see `core.models.catalogue.hashed_file`."""

LARGEST_PX = 2**15
_LONGEST_KEY = 1000


@dataclass(frozen=True, slots=True)
class AskedPlaces(FixedPlaces):
    """The places of a run on another computer, which has models in places of its own.

    Attributes:
        model_weights: of the models that it asks for, by their keys; there they may have other names.
    """

    model_weights: Mapping[str, Weights] = field(default_factory=dict[str, Weights])


def described(model: Model) -> Model:
    """Returns a model without its places, as another computer is told of it."""
    return replace(model, folder=Path(), file=None, kind=None, parts=NO_PARTS, computers=())


def only_elsewhere(told: Mapping[str, Iterable[Model]], here: Iterable[Model]) -> tuple[Model, ...]:
    """Returns the models that other computers tell of and this one has not, by name or weights; each once.

    ``told`` is by the addresses of the computers. What cannot be a model of this
    version is left out, and one whose name another computer gives to other weights.
    """
    here = tuple(here)
    keys, hashes = {model.key for model in here}, {model.sha256 for model in here if model.sha256}
    found: dict[str, Model] = {}
    for address, models in told.items():
        for model in models:
            if model.key in keys or model.sha256 in hashes or not _is_usable(model):
                continue
            had = found.get(model.key)
            if had is not None and not is_same(had, model):
                continue  # one name for different pictures
            computers = had.computers if had is not None else ()
            folder = resources() / "families" / model.family  # whose tokenizer counts the prompt
            found[model.key] = replace(
                described(model), folder=folder, computers=(*computers, *({address} - {*computers}))
            )
    return tuple(found.values())


def lacking(told: Mapping[str, Iterable[Model]], here: Iterable[Model]) -> dict[str, frozenset[str]]:
    """Returns the keys of the models here that another computer has not told of, by its address."""
    here = tuple(here)
    return {
        address: frozenset(one.key for one in here if not any(is_same(one, other) for other in models))
        for address, models in told.items()
    }


def is_same(model: Model, other: Model) -> bool:
    """Returns True if two computers mean the same by these: by their weights, by name where one is not hashed."""
    if model.sha256 and other.sha256:
        return model.sha256 == other.sha256
    return model.key == other.key


def _is_usable(model: Model) -> bool:
    limits, key = model.limits, model.key
    sides = 0 < limits.size_step <= limits.smallest <= limits.largest <= LARGEST_PX
    if (
        not sides
        or model.family not in FAMILIES
        or not limits.samplers
        or not SAMPLERS.keys() >= {*limits.samplers}
    ):
        return False
    try:
        validate(replace(model.defaults, prompt="", model=key), limits)
    except InvalidRequest:
        return False
    return key.isprintable() and 0 < len(key) <= _LONGEST_KEY and model.defaults == _plain(model.defaults)


def _plain(request: GenerationRequest) -> GenerationRequest:
    """Returns the settings without any file."""
    return replace(request, source=None, mask=None, references=(), controls=(), loras=())
