"""Memory that runs out at any tensor of a run ends in its picture or in a sentence, and the next run is right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.engine.engine import Engine
from core.errors import OutOfMemory
from core.models.acceleration import Acceleration
from core.models.catalogue import Catalogue
from core.pictures.picture import GeneratedImage
from core.request.request import GenerationRequest, Size
from core.runs.events import ImageReady, PreviewMode
from core.runs.operations import Generate
from tests.nvidia import GPUS

REQUEST = GenerationRequest(
    "a red house", "fog", "tiny", Size(32, 24), "euler", steps=2, guidance_scale=3.0, seed=5
)
POINTS = 16


def engine_of(models: Path, device: str) -> Engine:
    return Engine(Catalogue((models,)), device, "float32", collect=int, acceleration=Acceleration.off)


def made(engine: Engine) -> GeneratedImage:
    *_, last = engine.run(Generate(REQUEST, PreviewMode.linear))
    assert isinstance(last, ImageReady)
    return last.image


def is_same(one: GeneratedImage, other: GeneratedImage) -> bool:
    return bool(np.abs(one.pixels.astype(int) - other.pixels).max() <= 1)


@pytest.mark.parametrize("device", GPUS)
def test_a_tensor_that_finds_no_memory_costs_no_run_after_it(
    models: Path, expected_warnings: list[str], device: str
) -> None:
    expected_warnings.append("out of memory while decoding; trying again")
    expected = made(engine_of(models, "cpu"))
    with GPUS[device]() as there:
        assert is_same(made(engine_of(models, device)), expected)
        tensors = there.counts["taken"]
        pictures = 0
        for room in (tensors * point // POINTS for point in range(POINTS)):
            engine = engine_of(models, device)
            there.room = room
            try:
                image = made(engine)
            except OutOfMemory:
                pass
            else:
                pictures += 1
                assert is_same(image, expected) or image.recipe.note, room
            assert there.room is None, f"{room}: nobody ran out of memory"
            assert is_same(made(engine), expected), room
        assert pictures > POINTS // 2
