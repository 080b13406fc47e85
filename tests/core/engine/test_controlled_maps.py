"""The maps that guide a run: made anew for each pass, painted over, and in its film."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from core.control.edits import UNTOUCHED, save_edits
from core.control.maps import map_key
from core.control.picture import read_map
from core.engine.engine import Engine
from core.film.control_maps import known_maps
from core.film_export.pictures import control_picture
from core.request.control import MapEdits
from core.request.hires import Hires
from core.request.request import Size
from core.runs.branch import Branch
from core.runs.operations import Generate, GenerateBranch, OpenFilm, RecordAttention, result_of
from tests import tiny_controls
from tests.core.engine.test_branching import on_disk, ready
from tests.core.engine.test_controlled_runs import SIZE, engine, guided, library, made_with, picture

__all__ = ["engine", "library"]


def test_what_was_painted_over_a_map_guides_and_is_in_the_film(
    engine: Engine, library: Path, tmp_path: Path
) -> None:
    plain = guided(tmp_path, preprocessor="canny")
    strokes = np.full((SIZE.height, SIZE.width), UNTOUCHED, np.uint8)
    strokes[4:9, 3:20] = 255
    file = save_edits(strokes, tmp_path)
    request = replace(plain, controls=(replace(plain.controls[0], edits=MapEdits(str(file))),))
    whole = ready(list(engine.run(Generate(request))))
    assert not np.array_equal(whole.image.pixels, picture(engine, plain))
    for gone in (Path(plain.controls[0].path), file):
        gone.unlink()
    other = made_with(library)
    film = result_of(other, OpenFilm(on_disk(whole.film, tmp_path))).film
    again = ready(list(other.run(GenerateBranch(Branch(film, 2, film.request)))))
    assert np.array_equal(again.image.pixels, whole.image.pixels)
    (kept,), (told,) = (one.image.recipe.request.controls for one in (again, whole))
    assert map_key(kept) == map_key(told)


def test_the_map_of_a_second_pass_is_made_anew_at_its_size(engine: Engine, library: Path, tmp_path: Path) -> None:
    """An enlarged map would have edges twice as wide."""
    tiny_controls.picture(tmp_path, Size(200, 160))
    request = replace(guided(tmp_path, preprocessor="canny"), hires=Hires(scale=2.0, steps=3, strength=0.7))
    whole = ready(list(engine.run(Generate(request))))
    (control,) = request.controls
    first, second = (known_maps(whole.film)[size] for size in (SIZE, Size(64, 48)))
    for maps, size in ((first, SIZE), (second, Size(64, 48))):
        (pixels,) = maps.values()
        assert np.array_equal(pixels, read_map(control, size)[0])
    assert control_picture(whole.film, whole.film.frames[0]) is not None
    shown = [control_picture(whole.film, whole.film.frames[call]) for call in (0, -1)]
    assert [one.shape for one in shown if one is not None] == [(24, 32, 3), (48, 64, 3)]
    Path(control.path).unlink()
    other = made_with(library)
    film = result_of(other, OpenFilm(on_disk(whole.film, tmp_path))).film
    for call in (3, 5, 6):
        again = ready(list(other.run(GenerateBranch(Branch(film, call, film.request)))))
        assert np.array_equal(again.image.pixels, whole.image.pixels)
    rest = ready(list(other.run(GenerateBranch(Branch(film, 6, film.request, fresh_noise=0.3))))).film
    assert known_maps(rest).keys() == {Size(64, 48)}
    assert [*map(np.array_equal, known_maps(rest)[Size(64, 48)].values(), second.values())] == [True]
    assert result_of(other, RecordAttention(film)) is not None
