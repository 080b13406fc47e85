"""Attention that holds its scores in memory is computed by rows, to the same numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from torch.nn.attention import SDPBackend
from torch.nn.functional import scaled_dot_product_attention

from core.engine.devices.probe import is_fused
from core.engine.engine import Engine
from core.engine.networks import bounded_attention
from core.engine.networks.bounded_attention import by_rows
from core.models.catalogue import Catalogue
from core.runs.events import ImageReady, PreviewMode
from core.runs.operations import Generate
from tests.apple import MPS, apple_gpu
from tests.tiny_families import TINY_MODELS, smallest_request


@pytest.mark.parametrize("mask", [None, (1, 1, 1, 6), (2, 1, 10, 6)])
@pytest.mark.parametrize("rows", [1, 4, 10])
def test_rows_together_are_the_whole(
    monkeypatch: pytest.MonkeyPatch, mask: tuple[int, ...] | None, rows: int
) -> None:
    rng = torch.Generator().manual_seed(0)
    query, key, value = (torch.randn((2, 3, count, 8), generator=rng) for count in (10, 6, 6))
    added = None if mask is None else torch.randn(mask, generator=rng)
    asked = list[int]()

    def counted(query: torch.Tensor, *rest: Any) -> torch.Tensor:
        asked.append(query.shape[2])
        return scaled_dot_product_attention(query, *rest)

    monkeypatch.setattr(bounded_attention, "LARGEST_SCORES", rows * 2 * 3 * 6 * 4)
    monkeypatch.setattr(bounded_attention, "scaled_dot_product_attention", counted)
    expected = scaled_dot_product_attention(query, key, value, added)
    assert torch.allclose(by_rows(query, key, value, added), expected, atol=1e-6)
    assert max(asked) == rows
    assert sum(asked) == 10


@pytest.mark.parametrize("model", TINY_MODELS)
def test_every_family_computes_it_so_on_an_apple_gpu(
    one_of_each: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    calls = list[torch.dtype]()

    def counted(query: torch.Tensor, *rest: Any, **options: Any) -> torch.Tensor:
        calls.append(query.dtype)
        return by_rows(query, *rest, **options)

    catalogue = Catalogue((one_of_each,))
    request = smallest_request(catalogue.find(model))
    monkeypatch.setattr(bounded_attention, "by_rows", counted)
    *_, expected = Engine(catalogue, "cpu", "float32").run(Generate(request, PreviewMode.linear))
    assert not calls
    monkeypatch.setattr(bounded_attention, "LARGEST_SCORES", 4096)
    with apple_gpu():
        *_, there = Engine(catalogue, "mps", "float32").run(Generate(request, PreviewMode.linear))
    assert calls
    assert isinstance(expected, ImageReady)
    assert isinstance(there, ImageReady)
    assert np.abs(expected.image.pixels.astype(int) - there.image.pixels).max() <= 1


def as_metal_does(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, *_: Any) -> torch.Tensor:
    """Holds the scores in the dtype of what it is given, where the processor computes in float32 by itself."""
    return (query @ key.transpose(-1, -2)).softmax(-1) @ value


@torch.inference_mode()
def test_apples_float16_is_computed_in_float32_which_holds_large_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_attention, "scaled_dot_product_attention", as_metal_does)
    with apple_gpu():
        large = torch.full((1, 1, 4, 8), 200.0, dtype=torch.float16, device=MPS)
        assert not as_metal_does(large, large, large).cpu().isfinite().any()
        for largest in (bounded_attention.LARGEST_SCORES, 16):  # at once, and a row at a time
            monkeypatch.setattr(bounded_attention, "LARGEST_SCORES", largest)
            result = by_rows(large, large, large)
            assert result.dtype is torch.float16
            assert torch.equal(result.cpu(), large.cpu())


@pytest.mark.parametrize("choice", [0, 1, 2])
def test_a_device_with_a_fused_kernel_keeps_its_own_way(monkeypatch: pytest.MonkeyPatch, choice: int) -> None:
    assert is_fused(torch.device("cpu"), torch.float32, 40)
    assert not is_fused(MPS, torch.float16, 40)
    monkeypatch.setattr(torch, "_fused_sdp_choice", Mock(return_value=choice))
    assert is_fused(torch.device("meta"), torch.float16, 40) == (choice != SDPBackend.MATH.value)
