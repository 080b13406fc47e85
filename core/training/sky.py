"""The upper half of a postcard: the sky's gradient, sun, moon, stars and clouds."""

import numpy as np

from core.training.canvas import Canvas, Pixels, mix, rgb
from core.training.palette import Daylight
from core.training.scene import Scene


def paint_sky(canvas: Canvas, scene: Scene, daylight: Daylight, horizon: float, rng: np.random.Generator) -> float:
    """Paints the sky down to the horizon and returns the position (x) of sun or moon."""
    _gradient(canvas, daylight, horizon)
    if scene.has_stars:
        _stars(canvas, horizon, rng)
    x = float(rng.uniform(0.15, 0.85))
    match scene.light:
        case "sun":
            _sun(canvas, scene, daylight, x, horizon, rng)
        case "full moon" | "crescent moon":
            _moon(canvas, daylight, x, scene.light == "crescent moon", rng)
        case "none":
            pass
    if scene.has_clouds:
        _clouds(canvas, daylight, horizon, rng)
    return x


def _gradient(canvas: Canvas, daylight: Daylight, horizon: float) -> None:
    height = np.clip(canvas.y[:, 0] / np.float32(horizon), 0, 1)
    stops = np.linspace(0, 1, len(daylight.sky))
    columns = [np.interp(height, stops, [float(c[k]) for c in daylight.sky]) for k in range(3)]
    canvas.pixels[:] = np.stack(columns, axis=-1).astype(np.float32)[:, None, :]


def _sun(
    canvas: Canvas, scene: Scene, daylight: Daylight, x: float, horizon: float, rng: np.random.Generator
) -> None:
    if scene.time == "noon":
        centre, radius = (x, float(rng.uniform(0.12, 0.2))), 0.065
        canvas.glow(centre, 0.16, daylight.lamp, 0.6, horizon)
    else:
        centre, radius = (x, horizon - float(rng.uniform(0.06, 0.16))), 0.085
        canvas.glow(centre, 0.30, mix(daylight.lamp, daylight.sky[-1], 0.5), 0.75, horizon)
    canvas.ellipse(centre, (radius, radius), daylight.lamp)


def _moon(canvas: Canvas, daylight: Daylight, x: float, is_crescent: bool, rng: np.random.Generator) -> None:
    centre, radius = (x, float(rng.uniform(0.12, 0.22))), 0.07
    canvas.glow(centre, 0.17, daylight.lamp, 0.28)
    behind = canvas.pixels.copy() if is_crescent else None
    canvas.ellipse(centre, (radius, radius), daylight.lamp)
    if behind is None:
        canvas.ellipse((x - 0.02, centre[1] - 0.015), (0.017, 0.017), rgb(226, 220, 200))
        canvas.ellipse((x + 0.025, centre[1] + 0.022), (0.012, 0.012), rgb(226, 220, 200))
        return
    shift = 0.045
    shadow = (canvas.x - np.float32(x + shift)) ** 2 + (canvas.y - np.float32(centre[1] - 0.01)) ** 2 < radius**2
    canvas.pixels[shadow] = behind[shadow]


def _stars(canvas: Canvas, horizon: float, rng: np.random.Generator) -> None:
    for _ in range(int(rng.integers(26, 44))):
        x, y = float(rng.uniform(0, 1)), float(rng.uniform(0.01, horizon * 0.85))
        radius = float(rng.uniform(0.0055, 0.0105))
        canvas.ellipse((x, y), (radius, radius), rgb(240, 242, 255), float(rng.uniform(0.7, 1.0)))


def _clouds(canvas: Canvas, daylight: Daylight, horizon: float, rng: np.random.Generator) -> None:
    for _ in range(int(rng.integers(2, 4))):
        x, y = float(rng.uniform(0.05, 0.95)), float(rng.uniform(0.08, horizon * 0.55))
        width = float(rng.uniform(0.13, 0.2))
        _cloud(canvas, daylight, x, y, width, rng)


def _cloud(canvas: Canvas, daylight: Daylight, x: float, y: float, width: float, rng: np.random.Generator) -> None:
    shade: Pixels = mix(daylight.cloud, daylight.sky[1], 0.35)
    puffs = [(float(rng.uniform(-0.7, 0.7)), float(rng.uniform(0.25, 0.42))) for _ in range(5)]
    for colour, lift in ((shade, 0.0), (daylight.cloud, -0.018)):
        canvas.ellipse((x, y + lift), (width, width * 0.2), colour, 0.9)
        for offset, size in puffs:
            height = width * size * (1.2 - abs(offset))
            canvas.ellipse((x + offset * width, y + lift - height * 0.4), (width * size, height), colour, 0.9)
