"""The objects of a postcard: house, lighthouse, sailboat and balloon, each large and in one clear colour."""

import numpy as np

from core.training.canvas import Canvas
from core.training.land import ground_of
from core.training.palette import PAINTS, mix, rgb
from core.training.scene import Colour

Point = tuple[float, float]

_GLOWING = rgb(255, 214, 104)


def paint_objects(canvas: Canvas) -> None:
    """Paints the objects in the foreground; two objects keep to different sides."""
    scene = canvas.scene
    side = 1.0 if canvas.rng.random() < 0.5 else -1.0
    is_alone = len(scene.objects) < 2
    spread = canvas.random(-0.22, 0.22) if is_alone else side * canvas.random(0.16, 0.22)
    if scene.balloon is not None:
        centre = (0.5 + (spread if is_alone else -spread * 1.2), canvas.random(0.26, 0.36))
        _balloon(canvas, centre, canvas.random(0.16, 0.19), scene.balloon)
    if scene.sailboat is not None:
        foot = (0.5 + (spread if is_alone else -spread), canvas.random(0.72, 0.82))
        _sailboat(canvas, foot, canvas.random(0.44, 0.52), scene.sailboat, side)
    if scene.has_lighthouse:
        _shore(canvas, 0.5 + spread)
        _lighthouse(canvas, (0.5 + spread, 0.86), canvas.random(0.60, 0.68))
    if scene.house is not None:
        if scene.terrain == "sea":
            _shore(canvas, 0.5 + spread)
        foot = (0.5 + spread, ground_of(scene.terrain) + canvas.random(-0.02, 0.03))
        _house(canvas, foot, canvas.random(0.46, 0.54), scene.house, side)


def _shore(canvas: Canvas, x: float) -> None:
    """Paints a grassy bank in front of the water, highest below the object."""
    rise = np.float32(0.13) * np.exp(-(((canvas.x[0] - np.float32(x)) / np.float32(0.38)) ** 4))
    line = np.float32(0.94 + canvas.random(-0.01, 0.01)) - rise
    green = canvas.on_land(rgb(86, 152, 64))
    canvas.below(line, canvas.on_land(rgb(226, 204, 150)))
    canvas.below(line + np.float32(0.018), green, green * np.float32(0.75), 0.15)


def _house(canvas: Canvas, foot: Point, width: float, colour: Colour, side: float) -> None:
    """Paints a cottage in three-quarter view: the gable on one side, the long wall and the roof on the other."""
    middle, y = foot
    wall = canvas.on_paint(PAINTS[colour])
    roof = canvas.snow() if canvas.scene.season == "winter" else canvas.on_paint(rgb(92, 78, 78))
    window = _GLOWING if canvas.scene.is_lit else canvas.on_paint(rgb(206, 232, 246))

    def at(u: float, v: float) -> Point:
        return middle + side * (u - 0.5) * width, y - v * width

    shadow = canvas.pixels[-2, canvas.side // 2] * np.float32(0.7)
    canvas.ellipse((middle, y), (width * 0.56, width * 0.06), shadow, 0.6)
    chimney, frame, door = (canvas.on_paint(rgb(*c)) for c in ((150, 108, 92), (250, 248, 240), (84, 54, 40)))
    canvas.polygon((at(0.76, 0.74), at(0.85, 0.74), at(0.85, 0.5), at(0.76, 0.5)), chimney)
    canvas.polygon((at(0.4, 0.0), at(1.0, 0.0), at(1.0, 0.42), at(0.4, 0.42)), wall)
    gable = (at(0.0, 0.0), at(0.4, 0.0), at(0.4, 0.42), at(0.2, 0.70), at(0.0, 0.42))
    canvas.polygon(gable, wall * np.float32(0.86))
    canvas.polygon((at(0.2, 0.74), at(0.84, 0.74), at(1.05, 0.39), at(0.41, 0.39)), roof)
    canvas.polygon((at(0.2, 0.74), at(0.2, 0.66), at(-0.01, 0.36), at(-0.05, 0.40)), roof * np.float32(0.85))
    canvas.polygon((at(0.13, 0.0), at(0.27, 0.0), at(0.27, 0.27), at(0.13, 0.27)), door)
    for u in (0.5, 0.77):
        canvas.polygon((at(u, 0.11), at(u + 0.16, 0.11), at(u + 0.16, 0.31), at(u, 0.31)), frame)
        canvas.polygon((at(u + 0.02, 0.13), at(u + 0.14, 0.13), at(u + 0.14, 0.29), at(u + 0.02, 0.29)), window)


def _lighthouse(canvas: Canvas, foot: Point, height: float) -> None:
    """Paints a white tower with red bands; its lamp throws two beams at night."""
    x, y = foot
    top = y - height * 0.8
    white, red, dark = (canvas.on_paint(rgb(*c)) for c in ((250, 248, 244), (214, 38, 36), (56, 52, 62)))
    base_half, top_half = height * 0.135, height * 0.085
    if canvas.scene.time == "night":
        lamp_y = top - height * 0.06
        for way in (-1.0, 1.0):
            beam = ((x, lamp_y), (x + way * 0.95, lamp_y - 0.12), (x + way * 0.95, lamp_y + 0.06))
            canvas.polygon(beam, rgb(255, 232, 150), 0.26)
        canvas.glow((x, lamp_y), 0.13, rgb(255, 226, 140), 0.75)
    bands = 5
    for k in range(bands):
        (low, y_low), (high, y_high) = (
            (base_half + (top_half - base_half) * share, y + (top - y) * share)
            for share in (k / bands, (k + 1) / bands)
        )
        colour = red if k % 2 else white
        for left, tint in ((-1.0, colour), (0.25, colour * np.float32(0.82))):
            band = ((x + low * left, y_low), (x + low, y_low), (x + high, y_high), (x + high * left, y_high))
            canvas.polygon(band, tint)
    canvas.rectangle(x - top_half * 1.35, top - 0.012, x + top_half * 1.35, top + 0.008, dark)
    glass = rgb(255, 236, 140) if canvas.scene.is_lit else canvas.on_paint(rgb(252, 226, 130))
    canvas.rectangle(x - top_half * 0.75, top - height * 0.1, x + top_half * 0.75, top - 0.012, glass)
    roof = ((x - top_half, top - height * 0.1), (x + top_half, top - height * 0.1), (x, top - height * 0.2))
    canvas.polygon(roof, red)


def _sailboat(canvas: Canvas, foot: Point, height: float, colour: Colour, side: float) -> None:
    """Paints a boat with a main sail and a jib of one colour, and its reflection in the water."""
    x, y = foot
    sail = canvas.on_paint(PAINTS[colour])
    hull = canvas.on_paint(rgb(120, 76, 48))

    def at(u: float, v: float) -> Point:
        return x + side * u * height, y - v * height

    water = canvas.pixels[min(canvas.side - 1, int((y + 0.08) * canvas.side)), canvas.side // 2]
    faint = mix(sail, water, 0.45)
    canvas.polygon((at(0.02, -0.1), at(0.36, -0.1), at(0.04, -0.42)), faint, 0.55)
    canvas.polygon((at(-0.02, -0.1), at(-0.28, -0.1), at(-0.04, -0.36)), faint, 0.55)
    canvas.polygon((at(0.0, 1.0), at(0.02, 1.0), at(0.02, 0.1), at(0.0, 0.1)), hull * np.float32(0.7))
    canvas.polygon((at(0.03, 0.96), at(0.44, 0.2), at(0.03, 0.16)), sail)
    canvas.polygon((at(-0.02, 0.86), at(-0.02, 0.18), at(-0.34, 0.2)), sail * np.float32(0.86))
    canvas.polygon((at(-0.42, 0.13), at(0.46, 0.13), at(0.32, -0.04), at(-0.3, -0.04)), hull)
    rail = canvas.on_paint(rgb(240, 232, 214))
    canvas.polygon((at(-0.42, 0.13), at(0.46, 0.13), at(0.44, 0.09), at(-0.39, 0.09)), rail)


def _balloon(canvas: Canvas, centre: Point, radius: float, colour: Colour) -> None:
    """Paints a hot-air balloon with lighter and darker gores and a basket."""
    x, y = centre
    skin = canvas.on_paint(PAINTS[colour])

    def at(u: float, v: float) -> Point:
        return x + u * radius, y + v * radius

    canvas.polygon((at(-0.82, 0.6), at(0.82, 0.6), at(0.18, 1.5), at(-0.18, 1.5)), skin * np.float32(0.85))
    canvas.ellipse((x, y), (radius, radius * 1.05), skin * np.float32(0.85))
    canvas.ellipse(at(-0.05, 0.0), (radius * 0.68, radius * 1.04), skin)
    bright = mix(skin, rgb(255, 255, 255) * canvas.light.paint, 0.22)
    canvas.ellipse(at(-0.1, -0.02), (radius * 0.3, radius * 1.0), bright)
    basket = canvas.on_paint(rgb(124, 82, 48))
    for way in (-1.0, 1.0):
        canvas.polygon((at(way * 0.16, 1.5), at(way * 0.22, 1.5), at(way * 0.2, 1.9)), basket * np.float32(0.8))
    canvas.rectangle(*at(-0.22, 1.8), *at(0.22, 2.12), basket)
