"""Pieces of a picture that overlap, and their fades, which add up to 1 everywhere: so they can be summed.

A picture that goes on at its other side has pieces that do so, too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A rectangle of places.

    Attributes:
        rows, columns: of the whole, int64; they go around where the picture does.
        fade: float32 (rows, columns).
    """

    rows: Tensor
    columns: Tensor
    fade: Tensor

    def of(self, whole: Tensor) -> Tensor:
        """Returns the piece of (batch, channels, height, width)."""
        return whole[:, :, self.rows][:, :, :, self.columns]

    def below(self, top: int) -> Piece:
        """Returns the piece in a part of the whole that begins at this row."""
        return replace(self, rows=self.rows - top)

    def add_to(self, whole: Tensor, made: Tensor) -> None:
        """Adds what was made of the piece, faded, to sums (batch, channels, height, width) in memory."""
        whole[:, :, self.rows[:, None], self.columns] += made.to("cpu", torch.float32) * self.fade


def pieces(
    size: tuple[int, int], piece: tuple[int, int], overlap: int, seamless: str = "", scale: int = 1
) -> list[Piece]:
    """Returns the pieces of a whole of height and width, row by row.

    Args:
        piece: height and width of each, no larger than the whole.
        overlap: of neighbours, at least.
        seamless: the directions in which the whole goes on at its other side.
        scale: of the places that are returned; the pieces lie where they do at a scale of 1.
    """
    rows = list(_sides(size[0], piece[0], overlap, "y" in seamless, scale))
    columns = list(_sides(size[1], piece[1], overlap, "x" in seamless, scale))
    return [Piece(down, across, high[:, None] * wide) for down, high in rows for across, wide in columns]


def _sides(
    length: int, piece: int, overlap: int, goes_around: bool, scale: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yields the places of each piece along one side, and its fade; those of all add up to 1 at each place."""
    overlap = min(overlap, piece // 2)
    starts = _starts(length, piece, overlap, goes_around)
    count = torch.arange(piece * scale)
    rise = ((count + 0.5) / (overlap * scale)).clamp(max=1)
    ramp = torch.sin(torch.minimum(rise, rise.flip(0)) * (math.pi / 2)) ** 2
    places = [(start * scale + count) % (length * scale) for start in starts]
    total = torch.zeros(length * scale)
    for one in places:
        total[one] += ramp
    for one in places:
        yield one, ramp / total[one]


def _starts(length: int, piece: int, overlap: int, goes_around: bool) -> list[int]:
    if goes_around:  # at least two, so that the edges of each lie inside of the other
        count = max(2, -(-length // (piece - overlap)))
        return [round(k * length / count) for k in range(count)]
    if length <= piece:
        return [0]
    count = -(-(length - overlap) // (piece - overlap))
    return [round(k * (length - piece) / (count - 1)) for k in range(count)]
