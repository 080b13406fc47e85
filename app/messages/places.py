"""Words for the places in which pictures are made."""

from core.language.words import tr
from core.settings.engine_place import EnginePlace


def place_text(place: EnginePlace, number: int, device: str = "") -> str:
    """Returns words for a place with its number, from 1, and the name of the device that was found there."""
    name = device or place.label or {"cpu": tr("processor"), None: ""}.get(place.device, place.device)
    place_name = tr("Engine {number}", number=number)
    parts = [part for part in (name, place.address) if part]
    return f"{place_name} ({', '.join(parts)})" if parts else place_name
