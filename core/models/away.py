"""The models in folders that are not there now, as on a drive that was taken out, known from an earlier look."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from core.checkpoints.cache import CheckpointCache
from core.families import is_network
from core.language.words import tr
from core.models.folders import key_of


def models_away(places: Iterable[Path], memory: CheckpointCache) -> Iterator[tuple[Path, str]]:
    """Yields the file or folder of each model, and the sentence about it, without a full stop.

    Of folders only those are known whose weights have been read as a whole.
    """
    away = [place for place in places if not place.exists()]
    seen: set[Path] = set()
    for path, is_model in memory.files() if away else ():
        model = path if is_model else path.parent.parent if is_network(path.parent.name) else None
        place = next((place for place in away if place in path.parents or place == path), None)
        if model is not None and place is not None and model not in seen:
            seen.add(model)
            yield model, tr("{place} is not there: connect its drive, and the model is back", place=place)


def is_called(model: Path, key: str) -> bool:
    """Returns True for a model that requests call by this key."""
    return key in (str(model), model.name, key_of(model))
