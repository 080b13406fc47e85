"""The places in which engines make pictures: this process, processes of their own, and other computers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import Enum, auto
from typing import Any

from core.request.json_values import list_of, object_of, text_of


class PlaceKind(Enum):
    """The way to an engine: in this process, in another one of this computer, or by ssh on another computer."""

    here = auto()
    process = auto()
    ssh = auto()


@dataclass(frozen=True, slots=True)
class EnginePlace:
    """One engine's place; the program has one worker for each.

    Attributes:
        device: such as ``"cuda:1"``, None for the best there is.
        address: of another computer or a cluster, "" for this computer.
        label: the device's name for people, as it was last seen; "" before.
    """

    kind: PlaceKind = PlaceKind.here
    device: str | None = None
    address: str = ""
    label: str = ""


def places_from_json(value: Any) -> tuple[EnginePlace, ...]:
    """Reads places; those of a kind that this version does not know are left out. Raises ValueError."""
    entries = (object_of(entry, "a place") for entry in list_of(value, "places"))
    return tuple(
        _place(entry) for entry in entries if text_of(entry.get("kind", ""), "kind") in PlaceKind.__members__
    )


def places_to_json(places: tuple[EnginePlace, ...]) -> list[dict[str, Any]]:
    """Returns what `places_from_json` reads."""
    return [{**asdict(place), "kind": place.kind.name} for place in places]


def _place(entry: Mapping[str, Any]) -> EnginePlace:
    device = entry.get("device")
    return EnginePlace(
        PlaceKind[entry["kind"]],
        None if device is None else text_of(device, "device"),
        text_of(entry.get("address", ""), "address"),
        text_of(entry.get("label", ""), "label"),
    )
