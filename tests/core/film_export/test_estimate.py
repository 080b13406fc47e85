"""The estimated size of an exported film is about that of the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.film_export.estimate import estimated_bytes
from core.film_export.export import ExportOptions, export
from core.film_export.formats import FORMATS
from core.film_export.pictures import export_frames
from tests import synthetic_film


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("goes_back", [False, True])
def test_the_size_is_told_within_a_factor_of_two(name: str, goes_back: bool, tmp_path: Path) -> None:
    film, views = synthetic_film.film(12), ("denoised", "noisy")
    options = ExportOptions(tmp_path / f"film{FORMATS[name].suffix}", name, width_px=256, goes_back=goes_back)
    told = estimated_bytes(film, views, options, is_decoded=False)
    list(export(export_frames(film, views), len(film.frames), options))
    assert told / 2 < options.path.stat().st_size < told * 2
