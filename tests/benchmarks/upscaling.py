"""Measures how fast upscalers are, in tiles a second: ``python -m tests.benchmarks.upscaling [NAME ...]``.

The starter model's own upscaler, and others by name or file, enlarge a drawn picture of so many tiles on the
processor; the plain network is called with as many tiles of the same size beside it, in turns. The time of the
processor is measured, since others may use the machine meanwhile; the difference is what cutting, fading and
joining cost.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image

from core.engine.upscaling.enlarging import Enlarger
from core.engine.upscaling.reading import read_network
from core.engine.upscaling.tiles import LARGEST_TILE_PX, OVERLAP_PX
from core.models.catalogue import Catalogue
from core.models.upscalers import upscalers_of
from core.paths import Folders
from core.request.request import Upscaler
from core.upscalers.library import OF_STARTER

MOST_RATIO = 1.5
"""Of the processor's time of a picture in tiles to that of the network alone."""


def main() -> int:
    """Prints a line for each upscaler; returns 1 where the ratio is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.upscaling", description=__doc__)
    parser.add_argument("names", nargs="*", default=[OF_STARTER], help=f"upscalers (default: {OF_STARTER})")
    parser.add_argument("--tiles", type=int, default=3, help="along each side (default: 3)")
    parser.add_argument("--rounds", type=int, default=3, help="in turns (default: 3)")
    arguments = parser.parse_args()
    ratios = [measure(name, arguments.tiles, arguments.rounds) for name in arguments.names]
    return int(max(ratios) > MOST_RATIO)


def measure(name: str, along: int, rounds: int) -> float:
    """Prints tiles a second, and returns the ratio of a picture in tiles to the network alone."""
    catalogue = Catalogue((Folders.default().models,))
    library = upscalers_of(catalogue)
    path = library.find(name)
    network, kind = read_network(path, catalogue.memory.sha256_of(path), library.converted)
    network.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    enlarger, side = Enlarger(catalogue, torch.device("cpu")), along * LARGEST_TILE_PX - (along - 1) * OVERLAP_PX
    small = np.random.default_rng(1).integers(0, 256, (side // 16, side // 16, 3), np.uint8)
    picture = np.asarray(Image.fromarray(small).resize((side, side), Image.Resampling.BICUBIC))
    tile = torch.rand(1, 3, LARGEST_TILE_PX, LARGEST_TILE_PX).to(memory_format=torch.channels_last)

    def in_tiles() -> None:
        for _ in enlarger.enlarged(picture, Upscaler(name)):
            pass

    @torch.inference_mode()
    def alone() -> None:
        for _ in range(along * along):
            network(tile)

    alone()
    times: dict[Callable[[], None], list[float]] = {in_tiles: [], alone: []}
    for _ in range(rounds):
        for work, spent in times.items():
            began = time.process_time()
            work()
            spent.append(time.process_time() - began)
    ours, plain = (statistics.median(times[work]) for work in (in_tiles, alone))
    tiles, ratio = along * along, ours / plain
    words = f"{tiles / ours:.2f} tiles of {LARGEST_TILE_PX} px a second, network alone {tiles / plain:.2f}"
    print(f"{name} (x{kind.scale}): {words}, ratio {ratio:.2f}")
    return ratio


if __name__ == "__main__":
    sys.exit(main())
