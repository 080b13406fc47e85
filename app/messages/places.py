"""Words for the places in which pictures are made."""

from core.language.words import tr
from core.settings.engine_place import EnginePlace


def place_name(place: EnginePlace) -> str:
    """Returns the device of a place, as far as it is known, and its computer if that is another one."""
    names = {"cpu": tr("Processor (CPU)"), None: tr("Automatic")}
    device = place.label or names.get(place.device, place.device or "")
    return f"{device}, {place.address}" if place.address and place.address not in device else device


def engine_text(number: int) -> str:
    """Returns a short name for the engine of a place, by its number from 1."""
    return tr("Engine {number}", number=number)


def place_text(place: EnginePlace, number: int, device: str = "", node: str = "") -> str:
    """Returns words for a place with its number; ``device`` was found there, "" before that is known.

    ``node`` is the computer of a cluster that it is on now.
    """
    name = place_name(place) if not device or place.address else device
    if node:
        name = tr("{place}, on {node}", place=name, node=node)
    return f"{engine_text(number)} ({name})"
