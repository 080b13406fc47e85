"""Tiles: without seams, whatever the sizes, and smaller where memory runs out."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor

from core.engine.upscaling.tiles import OVERLAP_PX, tiled


def nearest(picture: Tensor) -> Tensor:
    return F.interpolate(picture, scale_factor=3, mode="nearest")


def blurred(picture: Tensor) -> Tensor:
    """A network with a field of 11 pixels, which sees zeros beyond the edges of its tile."""
    return F.interpolate(F.avg_pool2d(picture, 11, stride=1, padding=5), scale_factor=3, mode="nearest")


@pytest.mark.parametrize(("height", "width"), [(1, 1), (64, 64), (65, 40), (200, 131), (97, 320), (64, 1000)])
def test_tiles_give_the_picture_of_one_piece(height: int, width: int) -> None:
    picture = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(1))
    states = list(tiled(nearest, picture, 3, 64))
    assert [done for done, _, _ in states] == list(range(1, states[-1][1] + 1))
    made = torch.cat([rows for _, _, rows in states if rows is not None], 2)
    assert torch.allclose(made, nearest(picture), atol=1e-6)


def test_what_a_network_sees_of_an_edge_is_faded_out() -> None:
    """Beyond its edges a network sees nothing; one tile alone would show a seam of 0.4."""
    picture = torch.ones(1, 3, 150, 150)
    states = list(tiled(blurred, picture, 3, 64))
    made = torch.cat([rows for _, _, rows in states if rows is not None], 2)
    assert len(states) > 1
    inner = made[..., 3 * 6 : -3 * 6, 3 * 6 : -3 * 6]
    assert float(inner.min()) > 1 - 0.5 * 5 / OVERLAP_PX
    assert float((inner[..., 1:] - inner[..., :-1]).abs().max()) < 0.02
