"""The maps of a run's controls in its film, for each of its passes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from core.control.maps import EXTRA, OF_SECOND_PASS, MapsBySize, maps_from_extras, maps_to_extras
from core.film.film import Film
from core.request.control import Control


def known_maps(film: Film) -> MapsBySize:
    """Returns the maps that a film has kept."""
    controls, extras = film.request.controls, film.extras
    first = {film.request.size: maps_from_extras(controls, extras)}
    if film.second is None:
        return first
    return {film.second.size: maps_from_extras(controls, extras, OF_SECOND_PASS), **first}


def with_maps(film: Film, controls: Iterable[Control], maps: MapsBySize) -> Film:
    """Returns a film that keeps the maps of these controls, and no others."""
    others = {name: extra for name, extra in film.extras.items() if not name.startswith(EXTRA)}
    sizes = (film.request.size, *((film.second.size,) if film.second is not None else ()))
    kept = maps_to_extras(controls, *(maps[size] for size in dict.fromkeys(sizes)))
    return replace(film, extras=others | kept)
