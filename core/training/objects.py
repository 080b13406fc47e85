"""The objects of a postcard: house, lighthouse, sailboat and balloon, each large and in one clear colour."""

import numpy as np

from core.training.canvas import Canvas, Pixels, mix, rgb
from core.training.land import ground_of, snow_light
from core.training.palette import Daylight, paint
from core.training.scene import Colour, Scene

_GLOWING = rgb(255, 214, 104)


def paint_objects(canvas: Canvas, scene: Scene, daylight: Daylight, rng: np.random.Generator) -> None:
    """Paints the objects in the foreground; two objects keep to different sides."""
    side = 1.0 if rng.random() < 0.5 else -1.0
    is_alone = len(scene.objects) < 2
    spread = float(rng.uniform(-0.22, 0.22)) if is_alone else side * float(rng.uniform(0.16, 0.22))
    if scene.balloon is not None:
        x = 0.5 + (spread if is_alone else -spread * 1.2)
        y = float(rng.uniform(0.26, 0.36))
        _balloon(canvas, daylight, (x, y), float(rng.uniform(0.16, 0.19)), scene.balloon)
    if scene.sailboat is not None:
        x = 0.5 + (spread if is_alone else -spread)
        _sailboat(
            canvas,
            daylight,
            (x, float(rng.uniform(0.72, 0.82))),
            float(rng.uniform(0.44, 0.52)),
            scene.sailboat,
            side,
        )
    if scene.has_lighthouse:
        _shore(canvas, daylight, 0.5 + spread, rng)
        _lighthouse(canvas, scene, daylight, (0.5 + spread, 0.86), float(rng.uniform(0.60, 0.68)))
    if scene.house is not None:
        if scene.terrain == "sea":
            _shore(canvas, daylight, 0.5 + spread, rng)
        foot = (0.5 + spread, ground_of(scene.terrain) + float(rng.uniform(-0.02, 0.03)))
        _house(canvas, scene, daylight, foot, float(rng.uniform(0.46, 0.54)), scene.house, side)


def _shore(canvas: Canvas, daylight: Daylight, x: float, rng: np.random.Generator) -> None:
    """Paints a grassy bank in front of the water, highest below the object."""
    rise = np.float32(0.13) * np.exp(-(((canvas.x[0] - np.float32(x)) / np.float32(0.38)) ** 4))
    line = np.float32(0.94 + float(rng.uniform(-0.01, 0.01))) - rise
    green = daylight.on_land(rgb(86, 152, 64))
    canvas.below(line, daylight.on_land(rgb(226, 204, 150)))
    canvas.below(line + np.float32(0.018), green, green * np.float32(0.75), 0.15)


def _house(
    canvas: Canvas,
    scene: Scene,
    daylight: Daylight,
    foot: tuple[float, float],
    width: float,
    colour: Colour,
    side: float,
) -> None:
    """Paints a cottage in three-quarter view: the gable on one side, the long wall and the roof on the other."""
    middle, y = foot
    wall = daylight.on_paint(paint(colour))
    roof = snow_light(daylight) if scene.season == "winter" else daylight.on_paint(rgb(92, 78, 78))
    window = _GLOWING if scene.time in ("night", "sunset") else daylight.on_paint(rgb(206, 232, 246))
    frame, door = daylight.on_paint(rgb(250, 248, 240)), daylight.on_paint(rgb(84, 54, 40))

    def at(u: float, v: float) -> tuple[float, float]:
        return middle + side * (u - 0.5) * width, y - v * width

    canvas.ellipse(
        (middle, y), (width * 0.56, width * 0.06), canvas.pixels[-2, canvas.side // 2] * np.float32(0.7), 0.6
    )
    canvas.polygon(
        (at(0.76, 0.74), at(0.85, 0.74), at(0.85, 0.5), at(0.76, 0.5)), daylight.on_paint(rgb(150, 108, 92))
    )
    canvas.polygon((at(0.4, 0.0), at(1.0, 0.0), at(1.0, 0.42), at(0.4, 0.42)), wall)
    canvas.polygon(
        (at(0.0, 0.0), at(0.4, 0.0), at(0.4, 0.42), at(0.2, 0.70), at(0.0, 0.42)), wall * np.float32(0.86)
    )
    canvas.polygon((at(0.2, 0.74), at(0.84, 0.74), at(1.05, 0.39), at(0.41, 0.39)), roof)
    canvas.polygon((at(0.2, 0.74), at(0.2, 0.66), at(-0.01, 0.36), at(-0.05, 0.40)), roof * np.float32(0.85))
    canvas.polygon((at(0.13, 0.0), at(0.27, 0.0), at(0.27, 0.27), at(0.13, 0.27)), door)
    for u in (0.5, 0.77):
        canvas.polygon((at(u, 0.11), at(u + 0.16, 0.11), at(u + 0.16, 0.31), at(u, 0.31)), frame)
        canvas.polygon((at(u + 0.02, 0.13), at(u + 0.14, 0.13), at(u + 0.14, 0.29), at(u + 0.02, 0.29)), window)


def _lighthouse(
    canvas: Canvas, scene: Scene, daylight: Daylight, foot: tuple[float, float], height: float
) -> None:
    """Paints a white tower with red bands; its lamp throws two beams at night."""
    x, y = foot
    top = y - height * 0.8
    white, red = daylight.on_paint(rgb(250, 248, 244)), daylight.on_paint(rgb(214, 38, 36))
    base_half, top_half = height * 0.135, height * 0.085
    if scene.time == "night":
        lamp = (x, top - height * 0.06)
        for way in (-1.0, 1.0):
            beam = ((x, lamp[1]), (x + way * 0.95, lamp[1] - 0.12), (x + way * 0.95, lamp[1] + 0.06))
            canvas.polygon(beam, rgb(255, 232, 150), 0.26)
        canvas.glow(lamp, 0.13, rgb(255, 226, 140), 0.75)
    bands = 5
    for k in range(bands):
        low, high = k / bands, (k + 1) / bands
        half_low, half_high = _half(base_half, top_half, low), _half(base_half, top_half, high)
        y_low, y_high = y + (top - y) * low, y + (top - y) * high
        colour = red if k % 2 else white
        corners = ((x - half_low, y_low), (x + half_low, y_low), (x + half_high, y_high), (x - half_high, y_high))
        canvas.polygon(corners, colour)
        shaded = (
            (x + half_low * 0.25, y_low),
            (x + half_low, y_low),
            (x + half_high, y_high),
            (x + half_high * 0.25, y_high),
        )
        canvas.polygon(shaded, colour * np.float32(0.82))
    dark = daylight.on_paint(rgb(56, 52, 62))
    canvas.rectangle(x - top_half * 1.35, top - 0.012, x + top_half * 1.35, top + 0.008, dark)
    is_lit = scene.time in ("night", "sunset")
    glass = rgb(255, 236, 140) if is_lit else daylight.on_paint(rgb(252, 226, 130))
    canvas.rectangle(x - top_half * 0.75, top - height * 0.1, x + top_half * 0.75, top - 0.012, glass)
    roof = ((x - top_half, top - height * 0.1), (x + top_half, top - height * 0.1), (x, top - height * 0.2))
    canvas.polygon(roof, red)


def _half(base: float, top: float, share: float) -> float:
    return base + (top - base) * share


def _sailboat(
    canvas: Canvas, daylight: Daylight, foot: tuple[float, float], height: float, colour: Colour, side: float
) -> None:
    """Paints a boat with a main sail and a jib of one colour, and its reflection in the water."""
    x, y = foot
    sail = daylight.on_paint(paint(colour))
    hull = daylight.on_paint(rgb(120, 76, 48))

    def at(u: float, v: float) -> tuple[float, float]:
        return x + side * u * height, y - v * height

    water = canvas.pixels[min(canvas.side - 1, int((y + 0.08) * canvas.side)), canvas.side // 2]
    faint = mix(sail, water, 0.45)
    canvas.polygon((at(0.02, -0.1), at(0.36, -0.1), at(0.04, -0.42)), faint, 0.55)
    canvas.polygon((at(-0.02, -0.1), at(-0.28, -0.1), at(-0.04, -0.36)), faint, 0.55)
    canvas.polygon((at(0.0, 1.0), at(0.02, 1.0), at(0.02, 0.1), at(0.0, 0.1)), hull * np.float32(0.7))
    canvas.polygon((at(0.03, 0.96), at(0.44, 0.2), at(0.03, 0.16)), sail)
    canvas.polygon((at(-0.02, 0.86), at(-0.02, 0.18), at(-0.34, 0.2)), sail * np.float32(0.86))
    canvas.polygon((at(-0.42, 0.13), at(0.46, 0.13), at(0.32, -0.04), at(-0.3, -0.04)), hull)
    canvas.polygon(
        (at(-0.42, 0.13), at(0.46, 0.13), at(0.44, 0.09), at(-0.39, 0.09)), daylight.on_paint(rgb(240, 232, 214))
    )


def _balloon(
    canvas: Canvas, daylight: Daylight, centre: tuple[float, float], radius: float, colour: Colour
) -> None:
    """Paints a hot-air balloon with lighter and darker gores and a basket."""
    x, y = centre
    skin: Pixels = daylight.on_paint(paint(colour))
    knot = y + radius * 1.5
    skirt = (
        (x - radius * 0.82, y + radius * 0.6),
        (x + radius * 0.82, y + radius * 0.6),
        (x + radius * 0.18, knot),
        (x - radius * 0.18, knot),
    )
    canvas.polygon(skirt, skin * np.float32(0.85))
    canvas.ellipse((x, y), (radius, radius * 1.05), skin * np.float32(0.85))
    canvas.ellipse((x - radius * 0.05, y), (radius * 0.68, radius * 1.04), skin)
    bright = mix(skin, rgb(255, 255, 255) * daylight.paint, 0.22)
    canvas.ellipse((x - radius * 0.1, y - radius * 0.02), (radius * 0.3, radius * 1.0), bright)
    basket = daylight.on_paint(rgb(124, 82, 48))
    rope = basket * np.float32(0.8)
    for way in (-1.0, 1.0):
        canvas.polygon(
            (
                (x + way * 0.16 * radius, knot),
                (x + way * 0.22 * radius, knot),
                (x + way * 0.2 * radius, knot + radius * 0.4),
            ),
            rope,
        )
    canvas.rectangle(x - radius * 0.22, knot + radius * 0.3, x + radius * 0.22, knot + radius * 0.62, basket)
