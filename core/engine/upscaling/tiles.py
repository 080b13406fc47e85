"""Enlarges a picture in tiles that overlap and are faded into one another, so that no seam is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

LARGEST_TILE_PX = 512
SMALLEST_TILE_PX = 64
OVERLAP_PX = 32


def tiled(
    enlarge: Callable[[Tensor], Tensor], picture: Tensor, scale: int, tile_px: int
) -> Iterator[tuple[int, int, Tensor | None]]:
    """Yields tiles done, tiles in all, and with the last one the large picture: (1, 3, scale h, scale w), float32.

    Args:
        enlarge: from (1, 3, a, b) to (1, 3, scale a, scale b), on any device.
        picture: (1, 3, height, width).
    """
    rows, columns = (_starts(length, tile_px) for length in picture.shape[2:])
    total = len(rows) * len(columns)
    height, width = (length * scale for length in picture.shape[2:])
    made = torch.zeros(1, 3, height, width)
    weights = torch.zeros(1, 1, height, width)
    for number, (top, left) in enumerate((top, left) for top in rows for left in columns):
        tile = picture[:, :, top : top + tile_px, left : left + tile_px]
        large = enlarge(tile).float().cpu()
        inside = (
            slice(None),
            slice(None),
            *(
                slice(at * scale, at * scale + length)
                for at, length in zip((top, left), large.shape[2:], strict=True)
            ),
        )
        faded = _fade(large.shape[2], scale)[:, None] * _fade(large.shape[3], scale)
        made[inside] += large * faded
        weights[inside] += faded
        yield number + 1, total, made.div_(weights) if number + 1 == total else None


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
