"""The upper half of a postcard: the sky's gradient, sun, moon, stars and clouds."""

import numpy as np

from core.training.canvas import Canvas
from core.training.palette import mix, rgb


def paint_sky(canvas: Canvas, horizon: float) -> float:
    """Paints the sky down to the horizon and returns the position (x) of sun or moon."""
    light, scene = canvas.light, canvas.scene
    height = np.clip(canvas.y[:, 0] / np.float32(horizon), 0, 1)
    stops = np.linspace(0, 1, len(light.sky))
    columns = [np.interp(height, stops, [float(colour[k]) for colour in light.sky]) for k in range(3)]
    canvas.pixels[:] = np.stack(columns, axis=-1).astype(np.float32)[:, None, :]
    if scene.has_stars:
        _stars(canvas, horizon)
    x = canvas.random(0.15, 0.85)
    if scene.light == "sun":
        _sun(canvas, x, horizon)
    elif scene.light != "none":
        _moon(canvas, x)
    if scene.has_clouds:
        for _ in range(int(canvas.rng.integers(2, 4))):
            _cloud(canvas, (canvas.random(0.05, 0.95), canvas.random(0.08, horizon * 0.55)))
    return x


def _sun(canvas: Canvas, x: float, horizon: float) -> None:
    lamp = canvas.light.lamp
    if canvas.scene.time == "noon":
        centre, radius = (x, canvas.random(0.12, 0.2)), 0.065
        canvas.glow(centre, 0.16, lamp, 0.6, horizon)
    else:
        centre, radius = (x, horizon - canvas.random(0.06, 0.16)), 0.085
        canvas.glow(centre, 0.30, mix(lamp, canvas.light.sky[-1], 0.5), 0.75, horizon)
    canvas.ellipse(centre, (radius, radius), lamp)


def _moon(canvas: Canvas, x: float) -> None:
    y, radius = canvas.random(0.12, 0.22), 0.07
    canvas.glow((x, y), 0.17, canvas.light.lamp, 0.28)
    behind = canvas.pixels.copy()
    canvas.ellipse((x, y), (radius, radius), canvas.light.lamp)
    if canvas.scene.light == "full moon":
        canvas.ellipse((x - 0.02, y - 0.015), (0.017, 0.017), rgb(226, 220, 200))
        canvas.ellipse((x + 0.025, y + 0.022), (0.012, 0.012), rgb(226, 220, 200))
    else:
        across, down = canvas.x - np.float32(x + 0.045), canvas.y - np.float32(y - 0.01)
        shadow = across**2 + down**2 < radius**2
        canvas.pixels[shadow] = behind[shadow]


def _stars(canvas: Canvas, horizon: float) -> None:
    for _ in range(int(canvas.rng.integers(26, 44))):
        place = (canvas.random(0, 1), canvas.random(0.01, horizon * 0.85))
        radius = canvas.random(0.0055, 0.0105)
        canvas.ellipse(place, (radius, radius), rgb(240, 242, 255), canvas.random(0.7, 1.0))


def _cloud(canvas: Canvas, centre: tuple[float, float]) -> None:
    (x, y), width, bright = centre, canvas.random(0.13, 0.2), canvas.light.cloud
    puffs = [(canvas.random(-0.7, 0.7), canvas.random(0.25, 0.42)) for _ in range(5)]
    for colour, lift in ((mix(bright, canvas.light.sky[1], 0.35), 0.0), (bright, -0.018)):
        canvas.ellipse((x, y + lift), (width, width * 0.2), colour, 0.9)
        for offset, size in puffs:
            height = width * size * (1.2 - abs(offset))
            canvas.ellipse((x + offset * width, y + lift - height * 0.4), (width * size, height), colour, 0.9)
