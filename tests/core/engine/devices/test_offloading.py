"""The place of a model's parts changes the memory, never the picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import psutil
import pytest

from core.engine.engine import Engine
from core.models.catalogue import Catalogue
from core.models.memory_plan import Placement
from core.pictures.picture import GeneratedImage
from core.request.request import GenerationRequest, Size
from core.runs.events import ImageReady
from core.runs.operations import Generate, ReportMemory, result_of
from tests.tiny_families import TINY_MODELS, smallest_request

REQUEST = GenerationRequest(
    "abc",
    negative_prompt="d",
    model="tiny",
    size=Size(64, 64),
    steps=3,
    guidance_scale=3.0,
    seed=5,
    sampler="ddim",
)


def picture(engine: Engine, request: GenerationRequest = REQUEST) -> GeneratedImage:
    *_, last = engine.run(Generate(request))
    assert isinstance(last, ImageReady)
    return last.image


def engine_with(models: Path, placement: Placement | None) -> Engine:
    return Engine(Catalogue((models,)), "cpu", "float32", placement)


@pytest.mark.parametrize("model", TINY_MODELS)
def test_each_placement_gives_the_same_picture_twice(one_of_each: Path, model: str) -> None:
    request = smallest_request(Catalogue((one_of_each,)).find(model), steps=2)
    expected = picture(engine_with(one_of_each, None), request).pixels
    for placement in list(Placement)[1:]:
        engine = engine_with(one_of_each, placement)
        for _ in range(2):
            assert np.array_equal(picture(engine, request).pixels, expected), placement


def test_a_freed_encoder_reads_the_next_prompt_as_before(models: Path) -> None:
    plain, freed = (engine_with(models, placement) for placement in (None, Placement.drop_encoder))
    for prompt in ("a", "b", "a"):
        request = GenerationRequest(prompt, negative_prompt="c", model="tiny", size=Size(64, 64), steps=1, seed=5)
        assert np.array_equal(picture(plain, request).pixels, picture(freed, request).pixels)


def test_ten_switches_between_models_give_all_memory_back(models: Path) -> None:
    engine = engine_with(models, None)
    process = psutil.Process()

    def use(model: str) -> None:
        picture(engine, GenerationRequest("a", model=model, size=Size(64, 64), steps=1, seed=1))

    for model in ("tiny", "tiny-v", "tiny"):
        use(model)
    first = process.memory_info().rss
    for number in range(10):
        use(("tiny-v", "tiny")[number % 2])
    assert process.memory_info().rss < 1.05 * first


def test_the_engine_tells_how_its_model_was_placed(models: Path) -> None:
    engine = Engine(Catalogue((models,)), "cpu", "float32", tiled_decode=True)
    assert result_of(engine, ReportMemory()).model == ""
    assert picture(engine).recipe.note == "decoded in tiles"
    use = result_of(engine, ReportMemory())
    assert use.plan is not None
    assert (use.model, use.placement, use.plan.tiled_decode) == ("tiny", Placement.on_device, True)
    assert 0 < use.device.free <= use.device.total
    engine.close()
    assert result_of(engine, ReportMemory()).plan is None
