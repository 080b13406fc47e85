"""The places in which engines make pictures: this process, processes of their own, and other computers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import Enum, auto
from typing import Any

from core.request.json_values import list_of, object_of, text_of

FIRST_GPUS = "cuda:0", "mps", "xpu:0"
"""The GPU of each kind that is taken where none is named, the best kind first."""


class PlaceKind(Enum):
    """The way to an engine: in this process, in another one here, by ssh on another computer, or in a cluster."""

    here = auto()
    process = auto()
    ssh = auto()
    cluster = auto()


@dataclass(frozen=True, slots=True)
class EnginePlace:
    """One engine's place; the program has one worker for each.

    Attributes:
        device: such as ``"cuda:1"``, None for the best there is; of a cluster the number of the engine.
        address: of another computer or a cluster, "" for this computer.
        label: the device's name for people, as it was last seen; "" before. Places are equal whatever it is.
    """

    kind: PlaceKind = PlaceKind.here
    device: str | None = None
    address: str = ""
    label: str = field(default="", compare=False)


def each_once(places: Sequence[EnginePlace], gpus: Sequence[str] = ()) -> tuple[EnginePlace, ...]:
    """Returns the places without those on a GPU of one before; a processor has room for several engines.

    The ``gpus`` of this computer, as far as they are known, tell which one is meant where none is named, or only
    its kind.
    """
    gpus, found = gpus or FIRST_GPUS, dict[object, EnginePlace]()
    for number, place in enumerate(places):
        device = place.device
        if not place.address:
            kind = gpus[0] if device is None else device
            device = next((key for key in gpus if key.partition(":")[0] == kind), kind)
        found.setdefault(number if device == "cpu" and not place.address else (place.address, device), place)
    return tuple(found.values())


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
