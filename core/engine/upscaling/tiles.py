"""Enlarges a picture in tiles that overlap and are faded into one another, so that no seam is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

LARGEST_TILE_PX = 512
SMALLEST_TILE_PX = 64
OVERLAP_PX = 32


class Band:
    """Sums over a large picture that are made from above; rows to which nothing more comes are given away.

    Attributes:
        sums: float32 (1, channels, rows, columns), as many rows as one tile has.
        top: the row of the picture that the first of them is.
    """

    def __init__(self, channels: int, rows: int, columns: int) -> None:
        self.sums = torch.zeros(1, channels, rows, columns)
        self.top = 0

    def finished(self, end: int) -> Tensor:
        """Returns the rows before row ``end`` of the picture, and makes room for as many."""
        count = end - self.top
        done, rest = self.sums[:, :, :count].clone(), self.sums[:, :, count:].clone()
        self.sums.zero_()
        self.sums[:, :, : rest.shape[2]] = rest
        self.top = end
        return done


def tiled(
    enlarge: Callable[[Tensor], Tensor], picture: Tensor, scale: int, tile_px: int
) -> Iterator[tuple[int, int, Tensor | None]]:
    """Yields tiles done, tiles in all, and with the last one of a row of tiles the next rows of the large picture.

    They are float32 (1, 3, rows, scale width): the whole of them is larger than anything else that is needed.

    Args:
        enlarge: from (1, 3, a, b) to (1, 3, scale a, scale b), on any device.
        picture: (1, 3, height, width).
    """
    height, width = picture.shape[2:]
    rows, columns = (_starts(length, tile_px) for length in (height, width))
    total, done = len(rows) * len(columns), 0
    band = Band(4, min(tile_px, height) * scale, width * scale)  # colours, and the sum of the weights
    for top, below in zip(rows, (*rows[1:], height), strict=True):
        finished = None
        for left in columns:
            large = enlarge(picture[:, :, top : top + tile_px, left : left + tile_px]).float().cpu()
            faded = _fade(large.shape[2], scale)[:, None] * _fade(large.shape[3], scale)
            inside = band.sums[:, :, : large.shape[2], left * scale : left * scale + large.shape[3]]
            inside[:, :3] += large * faded
            inside[:, 3:] += faded
            done += 1
            if left == columns[-1]:
                sums = band.finished(below * scale)
                finished = sums[:, :3].div_(sums[:, 3:])
            yield done, total, finished


def _starts(length: int, tile: int) -> list[int]:
    """Returns where tiles begin, so that all overlap by `OVERLAP_PX` at least and the last ends at the edge."""
    if length <= tile:
        return [0]
    count = -(-(length - OVERLAP_PX) // (tile - OVERLAP_PX))
    return [round(k * (length - tile) / (count - 1)) for k in range(count)]


def _fade(length: int, scale: int) -> Tensor:
    """Returns a tile's weights along one side: they rise over the overlap, and never reach 0."""
    rise = OVERLAP_PX * scale
    ramp = torch.arange(1, length + 1, dtype=torch.float32).clamp(max=rise) / rise
    return torch.minimum(ramp, ramp.flip(0))
