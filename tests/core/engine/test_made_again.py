"""A picture carries all that is needed to make it again, whatever format it was given away in."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from core.engine.engine import Engine
from core.gallery.encoding import FORMATS, Encoding
from core.gallery.export import export_files
from core.pictures.metadata import read_recipe
from core.pictures.picture import GeneratedImage
from core.pictures.saving import save_as
from core.request.request import GenerationRequest, Size
from core.runs.events import ImageReady
from core.runs.operations import Generate

REQUEST = GenerationRequest(
    "a red house, 海 and\na second line",
    negative_prompt="fog",
    model="tiny",
    size=Size(32, 24),
    sampler="dpmpp_2m_karras",
    steps=3,
    guidance_scale=4.25,
    seed=2**64 - 1,
)


def made(engine: Engine, request: GenerationRequest) -> GeneratedImage:
    (image,) = [event.image for event in engine.run(Generate(request)) if isinstance(event, ImageReady)]
    return image


@pytest.mark.parametrize("key", ["", *FORMATS])
def test_the_recipe_in_the_file_gives_every_pixel_again(engine: Engine, tmp_path: Path, key: str) -> None:
    first = made(engine, REQUEST)
    path = tmp_path / "first.png"
    save_as(first, path, datetime.now().astimezone())
    (exported,) = export_files([path], tmp_path / "given-away", Encoding(key, quality=30))
    assert exported.target is not None
    request = read_recipe(exported.target).request
    assert request == REQUEST
    assert np.array_equal(made(engine, request).pixels, first.pixels)
    assert not np.array_equal(made(engine, replace(request, seed=1)).pixels, first.pixels)
