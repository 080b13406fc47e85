"""Pieces cover a whole, add up to it, and go around where it does."""

from __future__ import annotations

import pytest
import torch

from core.engine.upscaling.pieces import pieces


@pytest.mark.parametrize("seamless", ["", "x", "y", "xy"])
@pytest.mark.parametrize(
    ("size", "piece", "overlap"),
    [
        ((8, 8), (8, 8), 2),
        ((9, 31), (8, 8), 2),
        ((16, 17), (5, 16), 1),
        ((40, 8), (12, 4), 6),
        ((3, 2), (3, 2), 1),
    ],
)
@pytest.mark.parametrize("scale", [1, 4])
def test_the_fades_of_all_pieces_add_up_to_one(
    size: tuple[int, int], piece: tuple[int, int], overlap: int, seamless: str, scale: int
) -> None:
    whole = torch.randn(2, 3, size[0] * scale, size[1] * scale)
    sums = torch.zeros_like(whole)
    for one in pieces(size, piece, overlap, seamless, scale):
        part = one.of(whole)
        assert part.shape[2:] == (piece[0] * scale, piece[1] * scale)
        assert float(one.fade.min()) > 0
        one.add_to(sums, part)
    assert torch.allclose(sums, whole, atol=1e-5)


def test_every_place_is_in_the_inside_of_a_piece_where_the_whole_goes_around() -> None:
    """The edges of a piece have next to no weight there, and so has the edge of the whole."""
    strongest = torch.zeros(1, 1, 1, 24)
    for one in pieces((1, 24), (1, 8), 4, "x"):
        strongest[0, 0, 0, one.columns] = torch.maximum(strongest[0, 0, 0, one.columns], one.fade[0])
        assert float(one.fade[0, 0]) < 0.1 and float(one.fade[0, -1]) < 0.1
    assert float(strongest.min()) > 0.5


def test_the_places_in_pixels_are_those_of_the_latent() -> None:
    small, large = (pieces((20, 12), (8, 8), 2, "xy", scale) for scale in (1, 3))
    for one, many in zip(small, large, strict=True):
        assert torch.equal(many.rows[::3] // 3, one.rows) and torch.equal(many.columns[::3] // 3, one.columns)
