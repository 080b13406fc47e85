"""The training pictures: drawn back to front from their scenes, into shards on disk before or during a training.

A postcard's number is its seed, so nothing but pixels needs to be stored: `random_scene(number)` returns the
content. Numbers from `FIRST_UNSEEN` on are never drawn for training; they are there to measure with.
"""

import multiprocessing
from collections.abc import Generator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from core.training.canvas import Canvas
from core.training.land import horizon_of, paint_land
from core.training.objects import paint_objects
from core.training.scene import Scene, random_scene
from core.training.shards import ROWS, Shards
from core.training.sky import paint_sky

FIRST_UNSEEN = 10_000_000


def draw(scene: Scene, size_px: int = 128) -> NDArray[np.uint8]:
    """Returns the picture of a scene: uint8 (size_px, size_px, 3), always the same pixels."""
    canvas = Canvas(scene, size_px)
    lamp_x = paint_sky(canvas, horizon_of(scene.terrain))
    paint_land(canvas)
    if scene.terrain == "sea" and scene.light != "none" and scene.time != "noon":
        _glitter(canvas, lamp_x)
    paint_objects(canvas)
    return canvas.finished()


def _glitter(canvas: Canvas, x: float) -> None:
    """Paints the path of light that a low sun or the moon lays on the water."""
    top = int(horizon_of("sea") * canvas.side) + 1
    depth = np.arange(canvas.side - top, dtype=np.float32) / np.float32(canvas.side)
    width = np.float32(0.05) + depth * np.float32(0.16)
    across = np.exp(-(((canvas.x - np.float32(x)) / width[:, None]) ** 2))
    waves = np.clip(np.float32(0.55) + np.float32(0.45) * np.sin(np.sqrt(depth) * np.float32(70)), 0, 1)
    light = (across * waves[:, None] * np.float32(0.5 if canvas.scene.time != "night" else 0.38))[..., None]
    region = canvas.pixels[top:]
    region += light * (canvas.light.lamp - region)


def postcards(folder: Path, size_px: int) -> Shards:
    """Returns the postcards of a run's folder: each row uint8 (size_px, size_px, 3)."""
    return Shards(folder / "postcards", f"postcards-{size_px}")


def draw_postcards(folder: Path, count: int, size_px: int, workers: int) -> None:
    """Draws postcards 0 to count - 1 of a run's folder; keeps shards that are there already."""
    with drawn_ahead(folder, count, size_px, workers) as shards:
        for shard in tqdm(shards, desc="drawing", unit="shard"):
            shard.result()


@contextmanager
def drawn_ahead(
    folder: Path, count: int, size_px: int, workers: int
) -> Generator[tuple[Future[None], ...], None, None]:
    """Draws missing postcards in so many processes during the block, and waits for the rest at its end."""
    shards = postcards(folder, size_px)
    starts = [start for start in range(0, count, ROWS) if not shards.path(start).exists()]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max(1, workers), mp_context=context) as pool:
        drawing = tuple(
            pool.submit(_draw_shard, folder, start, min(ROWS, count - start), size_px) for start in starts
        )
        try:
            yield drawing
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
        for shard in drawing:
            shard.result()


def unseen_postcards(count: int, size_px: int) -> NDArray[np.uint8]:
    """Returns pictures that no training has seen: uint8 (count, size_px, size_px, 3)."""
    return np.stack([draw(random_scene(FIRST_UNSEEN + number), size_px) for number in range(count)])


def _draw_shard(folder: Path, start: int, count: int, size_px: int) -> None:
    pictures = np.stack([draw(random_scene(start + number), size_px) for number in range(count)])
    postcards(folder, size_px).write(start, pictures)
