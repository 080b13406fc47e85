"""The training pictures: drawn once into shards on disk and read back by index.

A postcard's number is its seed, so nothing but pixels needs to be stored: `random_scene(number)` tells what is on
it.
Numbers from `FIRST_UNSEEN` on are never drawn for training; they are there to measure with.
"""

import logging
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from core.training.drawing import draw
from core.training.scene import random_scene

log = logging.getLogger(__name__)

FIRST_UNSEEN = 10_000_000
SHARD = 500


def draw_postcards(folder: Path, count: int, size_px: int, workers: int) -> None:
    """Draw postcards 0 to count - 1 into shards; shards that are there already are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    starts = [start for start in range(0, count, SHARD) if not _shard_path(folder, start, size_px).exists()]
    jobs = [(folder, start, min(SHARD, count - start), size_px) for start in starts]
    with ProcessPoolExecutor(max(1, workers)) as pool:
        list(tqdm(pool.map(_draw_shard, jobs), total=len(jobs), desc="drawing", unit="shard"))


def load_postcards(folder: Path, count: int, size_px: int) -> NDArray[np.uint8]:
    """The first `count` postcards: uint8 (count, size_px, size_px, 3).

    Raises:
        FileNotFoundError: not all of them have been drawn.
    """
    pictures = np.empty((count, size_px, size_px, 3), dtype=np.uint8)
    for start in range(0, count, SHARD):
        shard = np.load(_shard_path(folder, start, size_px), allow_pickle=False, mmap_mode="r")
        pictures[start : start + SHARD] = shard[: min(SHARD, count - start)]
    return pictures


def unseen_postcards(count: int, size_px: int) -> NDArray[np.uint8]:
    """Pictures that no training has seen: uint8 (count, size_px, size_px, 3)."""
    return np.stack([draw(random_scene(FIRST_UNSEEN + number), size_px) for number in range(count)])


def _draw_shard(job: tuple[Path, int, int, int]) -> None:
    folder, start, count, size_px = job
    pictures = np.stack([draw(random_scene(start + number), size_px) for number in range(count)])
    path = _shard_path(folder, start, size_px)
    partial = path.with_name(f"{path.stem}.{os.getpid()}.partial.npy")
    np.save(partial, pictures)
    partial.replace(path)


def _shard_path(folder: Path, start: int, size_px: int) -> Path:
    return folder / f"postcards-{size_px}-{start:07d}.npy"
