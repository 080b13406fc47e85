"""Memory that ends at each place of editing and guiding: a sentence, and the next picture is made as ever."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.engine.engine import Engine
from core.errors import OutOfMemory
from core.recipes.refinement import Refinement
from core.request.hires import LANCZOS, Hires
from core.runs.enlargement import Enlarge
from core.runs.operations import Generate, result_of
from core.runs.refining import Refining
from tests.core.engine.operations.test_refine import image
from tests.core.engine.test_branching import ready
from tests.core.engine.test_controlled_parts import of_part
from tests.core.engine.test_controlled_runs import engine, guided, library, made_with

__all__ = ["engine", "library"]


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("no more"), MemoryError("no more")])
@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("core.engine.loading.control_nets.read_network", "control"),
        ("core.control.maps.read_map", "control"),
        ("core.control.picture.map_of", "second"),
        ("core.engine.initial_state.read_masked_picture", "masked"),
        ("core.pictures.masked_picture.pasted_over", "masked"),
        ("core.engine.operations.enlarge.read_maps", "refined"),
        ("core.engine.upscaling.refining.encoded", "refined"),
    ],
)
def test_memory_that_ends_is_told_in_a_sentence(
    place: str, kind: str, error: Exception, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, request = made_with(library), guided(tmp_path, preprocessor="canny")
    if kind == "masked":
        request = of_part(tmp_path)
    if kind == "second":
        request = replace(request, hires=Hires(LANCZOS, strength=0.5, steps=2))

    def work(engine: Engine) -> np.ndarray:
        if kind == "refined":
            of = image(replace(request, size=replace(request.size, width=64, height=64)), 64, 64)
            return result_of(engine, Enlarge(of, None, Refining(Refinement(0.5)))).pixels
        return ready(list(engine.run(Generate(request)))).image.pixels

    def ends(*_: Any, **__: Any) -> None:
        raise error

    with monkeypatch.context() as scarce:
        scarce.setattr(place, ends)
        with pytest.raises(OutOfMemory):
            work(engine)
    assert np.array_equal(work(engine), work(made_with(library)))
