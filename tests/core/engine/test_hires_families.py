"""A second pass with every family: both ways to enlarge, rebuilt and gone on with, bit for bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.engine.engine import Engine
from core.models.catalogue import Catalogue
from core.request.hires import LANCZOS, Hires
from core.runs.branch import Branch
from core.runs.operations import Generate, GenerateBranch, OpenFilm, result_of
from tests.core.engine.test_branching import assert_same_frames, on_disk, ready
from tests.tiny_families import TINY_MODELS, smallest_request


@pytest.mark.parametrize("name", TINY_MODELS)
def test_a_second_pass(name: str, one_of_each: Path, tmp_path: Path) -> None:
    model = Catalogue((one_of_each,)).find(name)
    request = replace(smallest_request(model, steps=2), seed=3)
    engine = Engine(Catalogue((one_of_each,)), device="cpu", dtype="float32")
    for upscaler in ("Latent (bicubic)", LANCZOS):
        hires = Hires(upscaler, strength=0.5)
        whole = ready(list(engine.run(Generate(replace(request, hires=hires)))))
        size = request.size
        assert whole.image.pixels.shape == (2 * size.height, 2 * size.width, 3)
        path = on_disk(whole.film, tmp_path / upscaler)
        film = result_of(engine, OpenFilm(path)).film
        assert_same_frames(film, whole.film)
        first = film.first_call_at(len(film.frames) - 1)
        for call in (first, first + 1):
            again = ready(list(engine.run(GenerateBranch(Branch(film, call, film.request)))))
            assert np.array_equal(again.image.pixels, whole.image.pixels)
