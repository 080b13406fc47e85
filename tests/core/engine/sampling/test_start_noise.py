"""The noise of a seed and its variations, against AUTOMATIC1111's formulas computed number by number."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from core.engine.sampling.start_noise import start_noise
from core.request.request import Size, Variation

SHAPE = (4, 8, 6)


def seeded(seed: int, shape: tuple[int, int, int] = SHAPE) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def noise(variation: Variation | None, layout: tuple[int, int, int] | None = None) -> torch.Tensor:
    return start_noise(SHAPE, [torch.Generator().manual_seed(3)], 3, variation, layout)[0]


def mixed(low: torch.Tensor, high: torch.Tensor, strength: float) -> np.ndarray:
    result = np.zeros(low.shape)
    for channel in range(low.shape[0]):
        for x in range(low.shape[2]):
            a, b = (part[channel, :, x].double().numpy() for part in (low, high))
            angle = math.acos(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
            result[channel, :, x] = (
                math.sin((1 - strength) * angle) * a + math.sin(strength * angle) * b
            ) / math.sin(angle)
    return result


def test_a_seed_alone_is_torchs_own_noise() -> None:
    assert torch.equal(noise(None), seeded(3))
    assert torch.equal(start_noise(SHAPE, [torch.Generator().manual_seed(s) for s in (3, 4)])[1], seeded(4))


@pytest.mark.parametrize("strength", [0.01, 0.3, 0.5, 1.0])
def test_a_second_seed_is_mixed_in_on_the_arc(strength: float) -> None:
    varied = noise(Variation(strength, 9))
    assert varied.numpy() == pytest.approx(mixed(seeded(3), seeded(9), strength), abs=1e-5)


def test_the_own_seed_as_the_second_one_changes_nothing() -> None:
    assert torch.allclose(noise(Variation(0.5, 3)), seeded(3), atol=1e-6)


@pytest.mark.parametrize("layout", [(4, 4, 4), (4, 10, 9), (4, 5, 11), (4, 8, 6)])
def test_the_layout_of_another_size_stands_in_the_middle(layout: tuple[int, int, int]) -> None:
    expected, other = seeded(3).clone(), seeded(3, layout)
    top, left = (SHAPE[1] - layout[1]) // 2, (SHAPE[2] - layout[2]) // 2
    for y in range(layout[1]):
        for x in range(layout[2]):
            is_cut = y >= layout[1] + min(top, 0) or x >= layout[2] + min(left, 0)
            if 0 <= y + top < SHAPE[1] and 0 <= x + left < SHAPE[2] and not is_cut:
                expected[:, y + top, x + left] = other[:, y, x]
    assert torch.equal(noise(Variation(size=Size(64, 64)), layout), expected)


def test_the_generator_goes_on_as_without_a_variation() -> None:
    plain, varied = (torch.Generator().manual_seed(3) for _ in range(2))
    start_noise(SHAPE, [plain])
    start_noise(SHAPE, [varied], 3, Variation(0.4, 9, Size(64, 64)), (4, 10, 10))
    assert torch.equal(torch.randn(5, generator=plain), torch.randn(5, generator=varied))
