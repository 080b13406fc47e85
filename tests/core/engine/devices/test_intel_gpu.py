"""A GPU of Intel without float64: every family and every sampler makes the processor's picture there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from core.engine.devices.device import plan
from core.models.catalogue import Catalogue
from core.models.memory_plan import Placement
from core.request.request import GenerationRequest, Size, Source
from core.request.samplers import SAMPLERS
from tests.intel import XPU, intel_gpu
from tests.on_gpus import assert_same_picture, engine_on, last_of
from tests.tiny_families import TINY_MODELS, smallest_request

REQUEST = GenerationRequest("abc", model="tiny", size=Size(64, 64), sampler="ddim", steps=3, seed=5)


def test_it_is_found_and_chosen() -> None:
    with intel_gpu():
        chosen = plan()
        with pytest.raises(RuntimeError, match="fp64"):
            torch.zeros(1, dtype=torch.float64, device=XPU)
    assert (chosen.device, chosen.name) == (XPU, "Intel(R) Arc(TM) A770")


@pytest.mark.parametrize("placement", [Placement.on_device, Placement.group_offload])
@pytest.mark.parametrize("model", TINY_MODELS)
def test_every_family_makes_the_processors_picture(one_of_each: Path, model: str, placement: Placement) -> None:
    request = smallest_request(Catalogue((one_of_each,)).find(model), steps=2)
    expected = last_of(engine_on("cpu", one_of_each), request)
    with intel_gpu():
        assert_same_picture(last_of(engine_on("xpu", one_of_each, placement=placement), request), expected)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_no_step_of_a_sampler_reads_a_number_from_it(models: Path, tmp_path: Path, sampler: str) -> None:
    photo = tmp_path / "photo.png"
    Image.effect_noise((64, 64), 90).convert("RGB").save(photo)
    plain, processor = replace(REQUEST, sampler=sampler), engine_on("cpu", models)
    with intel_gpu() as gpu:
        engine = engine_on("xpu", models)
        for request in (plain, replace(plain, source=Source(str(photo), 0.8))):
            assert_same_picture(last_of(engine, request), last_of(processor, request))
            read = list[int]()
            for steps in (3, 6):
                gpu.counts.clear()
                last_of(engine, replace(request, steps=steps))
                read.append(gpu.counts["item"])
            assert read[0] == read[1]
