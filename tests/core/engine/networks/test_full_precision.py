"""A network that overflows in float16 computes that call in float32, and is as before afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.engine.engine import Engine
from core.engine.networks.full_precision import repeated_in_float32
from core.engine.sampling.denoising import Timestep
from core.engine.sampling.guidance import Prediction, combine
from core.errors import NotANumberPicture
from core.models.catalogue import Catalogue
from core.models.memory_plan import Placement
from core.request.request import GenerationRequest, Size
from core.runs.events import ImageReady, PreviewMode
from core.runs.operations import Generate

REQUEST = GenerationRequest("abc", model="tiny", size=Size(64, 64), sampler="ddim", steps=2, seed=5)
FACTOR = 2.0**14
"""Brings the values behind the first convolution beyond float16; the norms behind it take it out again."""


def picture(engine: Engine) -> ImageReady:
    *_, last = engine.run(Generate(REQUEST, PreviewMode.linear))
    assert isinstance(last, ImageReady)
    return last


def overflowing(models: Path, dtype: str, memory: Placement | None = None) -> tuple[Engine, Any]:
    engine = Engine(Catalogue((models,)), "cpu", dtype, memory)
    picture(engine)
    loaded = engine._context._loaded  # pyright: ignore[reportPrivateUsage]
    assert loaded is not None
    network = loaded.family.network()
    with torch.no_grad():
        network.conv_in.weight.mul_(FACTOR)
        network.conv_in.bias.mul_(FACTOR)
    return engine, network


@pytest.mark.parametrize("memory", [None, Placement.model_offload])
def test_a_call_that_overflows_is_repeated_in_float32(models: Path, memory: Placement | None) -> None:
    engine, network = overflowing(models, "float16", memory)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    there = picture(engine)
    assert all(frame.guided.dtype == np.float16 for frame in there.film.frames)
    expected = picture(overflowing(models, "float32")[0])
    assert np.abs(there.film.frames[-1].denoised - expected.film.frames[-1].denoised).max() < 0.05
    after = network.state_dict()
    assert all(
        torch.equal(after[name], value) and after[name].dtype is value.dtype for name, value in before.items()
    )


@pytest.mark.parametrize("site", ["weights", "call"])
def test_without_room_for_that_it_is_said(models: Path, monkeypatch: pytest.MonkeyPatch, site: str) -> None:
    engine, network = overflowing(models, "float16")

    def full(*_: object) -> None:
        if site == "weights" or network.conv_out.weight.dtype is torch.float32:
            torch.empty(1 << 50)

    if site == "weights":
        monkeypatch.setattr(network, "buffers", full)
    else:
        network.conv_out.register_forward_pre_hook(full)
    with pytest.raises(NotANumberPicture, match="the network"):
        picture(engine)
    assert {weight.dtype for weight in network.parameters()} == {torch.float16}


def test_a_few_layers_at_a_time_come_in_float16_only(models: Path) -> None:
    engine, _ = overflowing(models, "float16", Placement.group_offload)
    with pytest.raises(NotANumberPicture):
        picture(engine)


class Between(torch.nn.Module):
    """Has values of this size in its middle."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(2, dtype=torch.float16), requires_grad=False)

    def forward(self, x: torch.Tensor, size: float) -> torch.Tensor:
        return x * self.weight * size / size


def test_a_prediction_without_some_layers_that_overflows_is_repeated_too() -> None:
    network = Between()

    def predict(x: torch.Tensor, _t: Timestep) -> Prediction:
        made = network(x.half(), 1.0)
        return Prediction(made, made, without_layers=(network(x.half(), 1e6), 2.0))

    call = repeated_in_float32(predict, network, lambda: None)
    guided = combine(call(torch.ones(1, 2), Timestep(torch.zeros(()), 0.0)), 3.0)
    assert torch.equal(guided, torch.ones(1, 2, dtype=torch.float16))
