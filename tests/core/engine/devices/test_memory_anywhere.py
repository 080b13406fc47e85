"""Memory that runs out at any tensor of a run ends in its picture or in a sentence, and the next run is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import OutOfMemory
from core.request.request import GenerationRequest, Size
from tests.on_gpus import GPUS, assert_same_picture, engine_on, last_of

REQUEST = GenerationRequest(
    "a red house", "fog", "tiny", Size(32, 24), "euler", steps=2, guidance_scale=3.0, seed=5
)
POINTS = 16


@pytest.mark.parametrize("device", GPUS)
def test_a_tensor_that_finds_no_memory_costs_no_run_after_it(
    models: Path, expected_warnings: list[str], device: str
) -> None:
    expected_warnings.append("out of memory while decoding; trying again")
    expected = last_of(engine_on("cpu", models), REQUEST)
    with GPUS[device]() as there:
        assert_same_picture(last_of(engine_on(device, models), REQUEST), expected)
        tensors = there.counts["taken"]
        pictures = 0
        for room in (tensors * point // POINTS for point in range(POINTS)):
            engine = engine_on(device, models)
            there.room = room
            try:
                ready = last_of(engine, REQUEST)
            except OutOfMemory:
                pass
            else:
                pictures += 1
                if not ready.image.recipe.note:
                    assert_same_picture(ready, expected)
            assert there.room is None, f"{room}: nobody ran out of memory"
            assert_same_picture(last_of(engine, REQUEST), expected)
        assert pictures > POINTS // 2
