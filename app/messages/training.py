"""Sentences about a model's training: what it is taken for, and by what place."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from core.language.words import tr
from core.models.catalogue import Model
from core.request.traits import Trait, trait_words, value_text

BY: Mapping[str, str] = MappingProxyType(
    {
        "user": tr("chosen by you"),
        "marks": tr("by marks in its file"),
        "yaml": tr("by the .yaml beside it"),
        "metadata": tr("by its metadata"),
        "weights": tr("by its weights"),
        "list": tr("by Emulsion's list of models"),
        "configuration": tr("by its configuration"),
        "lender": tr("as in the installed model that lends its tokenizer"),
        "name": tr("by its name"),
        "family": tr("as usual in its family"),
    }
)
"""In the order of trust, as `core.request.traits.PLACES`."""

_PLAIN: Mapping[str, Any] = MappingProxyType({"zero_snr": False, "clip_skip": 1})
"""Values that are left out where no place tells anything special."""


def found_text(name: str, trait: Trait) -> str:
    """Returns ``"v-prediction (by its weights; by its metadata: noise prediction)"``."""
    told = {place: value for place, value in trait.others.items() if place != "family" or trait.place == "user"}
    others = "".join(f"; {BY[place]}: {trait_words(name, value)}" for place, value in told.items())
    return f"{trait_words(name, trait.value)} ({BY[trait.place]}{others})"


def training_text(model: Model) -> str:
    """Returns what a card tells of a model's training, in one line."""
    special = (
        found_text(name, trait)
        for name, trait in model.traits.items()
        if trait.value != _PLAIN.get(name) or trait.place not in ("family", "configuration") or trait.others
    )
    return tr("Trained: {special}", special=", ".join(special))


def training_to_json(model: Model) -> dict[str, Any]:
    """Returns each trait with the place that tells it, and what other places tell."""
    told: dict[str, Any] = {}
    for name, trait in model.traits.items():
        told[name] = {"value": value_text(trait.value), "why": BY[trait.place]}
        if trait.others:
            told[name]["others"] = {BY[place]: value_text(other) for place, other in trait.others.items()}
    return told
