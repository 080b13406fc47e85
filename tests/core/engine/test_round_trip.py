"""A saved picture makes itself again, whatever the format: the same settings, and the same pixels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.engine.engine import Engine
from core.gallery.encoding import Encoding
from core.gallery.export import export_files
from core.pictures.metadata import read_recipe
from core.pictures.picture import GeneratedImage
from core.pictures.saving import save_as
from core.request.request import GenerationRequest, Size
from core.runs.events import ImageReady
from core.runs.operations import Generate

REQUEST = GenerationRequest(
    'a red house, "by the sea": 家 🦊\nsecond line',
    negative_prompt="blurry, dark",
    model="tiny-v",
    size=Size(32, 24),
    sampler="dpmpp_2m_sde",
    steps=4,
    guidance_scale=4.5,
    seed=2**64 - 1,
)


def made(engine: Engine, request: GenerationRequest) -> GeneratedImage:
    (ready,) = [event for event in engine.run(Generate(request)) if isinstance(event, ImageReady)]
    return ready.image


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_a_saved_picture_makes_itself_again(engine: Engine, tmp_path: Path, suffix: str) -> None:
    image = made(engine, REQUEST)
    save_as(image, tmp_path / f"a{suffix}")
    request = read_recipe(tmp_path / f"a{suffix}").request
    assert request == replace(REQUEST, count=1)
    assert np.array_equal(made(engine, request).pixels, image.pixels)


@pytest.mark.parametrize("key", ["jpeg", "webp", "avif"])
def test_an_exported_picture_makes_itself_again(engine: Engine, tmp_path: Path, key: str) -> None:
    image = made(engine, REQUEST)
    save_as(image, tmp_path / "a.png")
    (exported,) = export_files([tmp_path / "a.png"], tmp_path / "out", Encoding(key, longest_px=16))
    assert exported.target is not None
    assert np.array_equal(made(engine, read_recipe(exported.target).request).pixels, image.pixels)
