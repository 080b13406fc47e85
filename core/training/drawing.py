"""Draws a postcard from its scene: sky, land, objects, back to front."""

import numpy as np
from numpy.typing import NDArray

from core.training.canvas import Canvas
from core.training.land import horizon_of, paint_land
from core.training.objects import paint_objects
from core.training.palette import daylight
from core.training.scene import Scene
from core.training.sky import paint_sky

SIZE_PX = 128


def draw(scene: Scene, size_px: int = SIZE_PX) -> NDArray[np.uint8]:
    """Returns the picture of a scene: uint8 (size_px, size_px, 3), always the same pixels."""
    rng = np.random.default_rng((scene.seed, 2))
    light = daylight(scene.time)
    canvas = Canvas(size_px)
    lamp_x = paint_sky(canvas, scene, light, horizon_of(scene.terrain), rng)
    paint_land(canvas, scene, light, rng)
    if scene.terrain == "sea" and scene.light != "none":
        _glitter(canvas, scene, lamp_x)
    paint_objects(canvas, scene, light, rng)
    return canvas.finished()


def _glitter(canvas: Canvas, scene: Scene, x: float) -> None:
    """Paints the path of light that a low sun or the moon lays on the water."""
    if scene.time == "noon":
        return
    top = int(horizon_of("sea") * canvas.side) + 1
    lamp = daylight(scene.time).lamp
    depth = np.arange(canvas.side - top, dtype=np.float32) / np.float32(canvas.side)
    width = np.float32(0.05) + depth * np.float32(0.16)
    across = np.exp(-(((canvas.x - np.float32(x)) / width[:, None]) ** 2))
    waves = np.clip(np.float32(0.55) + np.float32(0.45) * np.sin(np.sqrt(depth) * np.float32(70)), 0, 1)
    light = (across * waves[:, None] * np.float32(0.5 if scene.time != "night" else 0.38))[..., None]
    region = canvas.pixels[top:]
    region += light * (lamp - region)
