"""The maps of a run's controls. Its film keeps them, so that it goes on without their files."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.control.picture import read_map
from core.pictures.masked_picture import read_masked_picture
from core.pictures.pixels import Pixels
from core.request.control import Control
from core.request.request import GenerationRequest, Size

EXTRA = "control map "
"""Begins the names of extras: uint8 (height, width) where the map is grey, else (height, width, 3)."""

LARGEST_PACKED, LARGEST_MAPS = 6 * 2**20, 24 * 2**20
"""Bytes of all maps of a film, packed and as they are, below the limits of its header and of its extras.

Others are read from their files again.
"""

MapKey = tuple[str, str, tuple[float, ...], str]
Maps = Mapping[MapKey, Pixels]
MapsBySize = Mapping[Size, Maps]
"""By the size of the picture that is made: a run of two passes has maps of both."""

OF_SECOND_PASS = " of the second pass"
"""Ends the names of the extras with its maps."""


def map_key(control: Control) -> MapKey:
    """Returns what a map depends on beside the size of the picture that is made."""
    edits = control.edits.sha256 if control.edits is not None else ""
    return control.sha256, control.preprocessor, control.used_values, edits


def read_maps(
    request: GenerationRequest, folders: Iterable[Path], known: Maps
) -> tuple[dict[MapKey, Pixels], tuple[Control, ...]]:
    """Returns the maps of a request's controls, and these with the hashes of their pictures.

    Files are looked for in ``folders`` where they have gone, and not read for maps that are ``known``; nor is the
    picture that is changed in part then. Raises UnreadablePicture.
    """
    maps: dict[MapKey, Pixels] = {}
    controls: list[Control] = []
    masked, has_part = None, request.mask is not None and request.source is not None
    for control in request.controls:
        pixels = known.get(map_key(control))
        if pixels is None:
            masked = read_masked_picture(request) if has_part and masked is None else masked
            pixels, control = read_map(control, request.size, masked, folders)
        maps[map_key(control)] = pixels
        controls.append(control)
    return maps, tuple(controls)


def read_maps_of_sizes(
    request: GenerationRequest, sizes: Iterable[Size], folders: Iterable[Path], known: MapsBySize
) -> tuple[MapsBySize, tuple[Control, ...]]:
    """Returns the maps for each size that a run works in; all else is as in `read_maps`."""
    folders, controls = tuple(folders), request.controls
    maps: dict[Size, Maps] = {}
    for size in dict.fromkeys(sizes):
        of_size = replace(request, size=size, controls=controls)
        maps[size], controls = read_maps(of_size, folders, known.get(size, {}))
    return maps, controls


def sizes_of(request: GenerationRequest, size_step: int) -> tuple[Size, ...]:
    """Returns the size of each pass of a request's run."""
    second = () if request.hires is None else (request.hires.target(request.size, size_step),)
    return request.size, *second


def maps_to_extras(controls: Iterable[Control], *passes: Maps) -> dict[str, NDArray[Any]]:
    """Returns the extras of a film for the maps of these controls, as far as there is room for them."""
    extras: dict[str, NDArray[Any]] = {}
    packed, whole, controls = 0, 0, tuple(controls)
    for maps, ending in zip(passes, ("", OF_SECOND_PASS), strict=False):
        for number, control in enumerate(controls):
            pixels = maps[map_key(control)]
            is_grey = bool((pixels == pixels[..., :1]).all())
            kept = np.ascontiguousarray(pixels[..., 0] if is_grey else pixels)
            packed, whole = packed + len(zlib.compress(kept.tobytes(), 1)) * 4 // 3, whole + kept.nbytes
            if packed <= LARGEST_PACKED and whole <= LARGEST_MAPS:
                extras[f"{EXTRA}{number}{ending}"] = kept
    return extras


def maps_from_extras(
    controls: Iterable[Control], extras: Mapping[str, NDArray[Any]], ending: str = ""
) -> dict[MapKey, Pixels]:
    """Returns the maps that a film has kept; a film from elsewhere may have arrays that are none."""
    numbered = ((control, extras.get(f"{EXTRA}{number}{ending}")) for number, control in enumerate(controls))
    return {map_key(control): _in_colour(kept) for control, kept in numbered if kept is not None and _is_map(kept)}


def _is_map(kept: NDArray[Any]) -> bool:
    return kept.dtype == np.uint8 and kept.size > 0 and (kept.ndim == 2 or (kept.ndim == 3 and kept.shape[2] == 3))


def _in_colour(kept: NDArray[Any]) -> Pixels:
    return kept if kept.ndim == 3 else np.repeat(kept[..., None], 3, axis=2)
