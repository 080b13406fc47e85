"""Estimates the size of an exported film: a few of its pictures are written, and the rest is reckoned."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from core.film.film import Film
from core.film_export.export import ExportOptions, export
from core.film_export.pictures import DECODED, export_frames

SAMPLES = 5
NEIGHBOURS_ALIKE = 0.7
"""A video stores differences: its pictures differ less from their neighbours than the samples do."""


def estimated_bytes(film: Film, views: Sequence[str], options: ExportOptions, *, is_decoded: bool) -> int:
    """Returns the size of the file, within about a factor of two. ``film`` has frames, and ``views`` are some.

    Pictures are made by the linear map, which lacks detail; what is decoded takes as much more as was measured
    for each format.
    """
    count = len(film.frames)
    chosen = np.unique(np.linspace(0, count - 1, min(SAMPLES, count)).round().astype(int)).tolist()
    part = replace(film, frames=tuple(film.frames[index] for index in chosen))
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"sample{options.path.suffix}"
        sample = replace(options, path=path, goes_back=False, pace=())
        list(export(export_frames(part, views), len(chosen), sample))
        size = path.stat().st_size
    written = 2 * count - 2 if options.goes_back and count > 2 and options.format != "sheet" else count
    detail = DETAIL[options.format] if is_decoded and DECODED.intersection(views) else 1.0
    alike = NEIGHBOURS_ALIKE if options.format == "mp4" else 1.0
    return round(size / len(chosen) * written * detail * alike)


DETAIL = {"webp": 1.2, "mp4": 1.1, "gif": 1.05, "apng": 1.4, "sheet": 1.4}
"""The size of a decoded film, over that reckoned from its linear pictures: measured with the starter model."""
