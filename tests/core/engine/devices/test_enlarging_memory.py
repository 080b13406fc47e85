"""A picture is enlarged also where the GPU has no memory left beside the model, or none at all."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from core.engine.devices.offloading import Offloading
from core.engine.upscaling.enlarging import Enlarger
from core.request.request import GenerationRequest, Size, Upscaler
from tests.on_gpus import GPUS, HALF, distance, engine_on, last_of
from tests.tiny_upscalers import esrgan

REQUEST = GenerationRequest(
    "a red house", model="tiny", size=Size(96, 80), sampler="euler", steps=2, seed=5, upscaler=Upscaler("twice")
)


@pytest.mark.parametrize("has_room_alone", [True, False])
@pytest.mark.parametrize("device", GPUS)
def test_a_picture_is_enlarged_without_memory(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str, has_room_alone: bool
) -> None:
    (tmp_path / "upscale_models").mkdir()
    save_file(esrgan(2), tmp_path / "upscale_models" / "twice.safetensors")
    expected = last_of(engine_on("cpu", models, tmp_path), REQUEST).image.pixels
    call, leave, alone, used = Enlarger.call, Offloading.alone, list[str](), list[str]()
    is_short = True

    @contextmanager
    def leaving(self: Offloading, name: str) -> Generator[None]:
        with leave(self, name):
            alone.append(name)
            yield
            alone.remove(name)

    def short(self: Enlarger, network: torch.nn.Module, *rest: Any) -> torch.Tensor:
        place = next(network.parameters()).device.type
        if is_short and place == device and not (alone and has_room_alone):
            raise torch.OutOfMemoryError
        used.append(place)
        return call(self, network, *rest)

    monkeypatch.setattr(Enlarger, "call", short)
    monkeypatch.setattr(Offloading, "alone", leaving)
    with GPUS[device]():
        engine = engine_on(device, models, tmp_path)
        assert distance(last_of(engine, REQUEST).image.pixels, expected) <= HALF
        assert set(used) == {device if has_room_alone else "cpu"}
        assert not alone
        is_short = False
        used.clear()
        assert distance(last_of(engine, REQUEST).image.pixels, expected) <= HALF
        assert used == [device], "the next picture has the GPU again, in one tile"
