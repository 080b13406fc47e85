"""The lower half of a postcard: one function for each terrain, painted after the sky and before the objects."""

from collections.abc import Callable

import numpy as np

from core.training.canvas import Canvas, Pixels, mix, rgb
from core.training.palette import Daylight
from core.training.scene import Scene, Season, Terrain
from core.training.trees import paint_pine, paint_round_tree

Brush = Callable[[Canvas, Scene, Daylight, np.random.Generator], None]

SNOW = rgb(244, 248, 255)
AUTUMN_LEAVES = (rgb(206, 84, 24), rgb(226, 132, 28), rgb(178, 52, 26), rgb(222, 168, 48))


def horizon_of(terrain: Terrain) -> float:
    """Returns the height (y) at which the sky ends: a little lower in flat lands."""
    return {"sea": 0.56, "field": 0.60, "desert": 0.58, "city": 0.66}.get(terrain, 0.60)


def ground_of(terrain: Terrain) -> float:
    """Returns the height (y) of the foot of an object in the foreground."""
    return {"sea": 0.93, "city": 0.93}.get(terrain, 0.88)


def paint_land(canvas: Canvas, scene: Scene, daylight: Daylight, rng: np.random.Generator) -> None:
    """Paints everything between the horizon and the foreground objects."""
    brushes: dict[Terrain, Brush] = {
        "sea": _sea,
        "mountains": _mountains,
        "hills": _hills,
        "forest": _forest,
        "field": _field,
        "desert": _desert,
        "city": _city,
    }
    brushes[scene.terrain](canvas, scene, daylight, rng)


def grass(season: Season, rng: np.random.Generator) -> Pixels:
    """Returns the colour of a meadow in a season; winter covers it with snow."""
    match season:
        case "winter":
            return SNOW.copy()
        case "autumn":
            return mix(rgb(186, 128, 48), rgb(160, 116, 52), float(rng.random()))
        case "summer":
            return mix(rgb(92, 164, 62), rgb(70, 148, 70), float(rng.random()))


def snow_light(daylight: Daylight) -> Pixels:
    """Returns the colour of snow under this light: brighter than other land."""
    return SNOW * mix(daylight.land, daylight.paint, 0.75)


def meadow(scene: Scene, daylight: Daylight, rng: np.random.Generator, distance: float = 0.0) -> Pixels:
    """Returns the colour of the meadow under this light, faded by distance."""
    if scene.season == "winter":
        return mix(snow_light(daylight), daylight.haze, distance * 0.6)
    return daylight.on_land(grass(scene.season, rng), distance)


def _ridge(
    canvas: Canvas, rng: np.random.Generator, height: float, swing: float, waves: tuple[float, ...]
) -> Pixels:
    line = np.full(canvas.side, height, dtype=np.float32)
    for wave in waves:
        phase, part = rng.uniform(0, 2 * np.pi), swing * rng.uniform(0.5, 1.0) / (1 + 0.5 * wave)
        line += np.float32(part) * np.sin(canvas.x[0] * np.float32(2 * np.pi * wave) + np.float32(phase))
    return line


def _sea(canvas: Canvas, scene: Scene, daylight: Daylight, rng: np.random.Generator) -> None:
    top = int(horizon_of("sea") * canvas.side)
    depth = canvas.side - top
    mirrored = canvas.pixels[top - depth : top][::-1] if depth <= top else canvas.pixels[:depth][::-1]
    water = daylight.on_land(rgb(24, 104, 168))
    ripple = np.sin((np.arange(depth, dtype=np.float32) ** np.float32(0.82)) * np.float32(1.3))
    share = np.linspace(0.38, 0.72, depth, dtype=np.float32) + np.float32(0.05) * ripple
    canvas.pixels[top:] = mirrored + share[:, None, None] * (water - mirrored)
    if rng.random() < 0.5:
        x, width = float(rng.uniform(0.1, 0.9)), float(rng.uniform(0.12, 0.2))
        island = mix(daylight.on_land(rgb(84, 108, 110)), daylight.haze, 0.55)
        line = np.float32(top / canvas.side) - np.maximum(
            0, np.float32(0.05) * (1 - np.abs((canvas.x[0] - x) / width))
        )
        _between(canvas, line, top, island)


def _between(canvas: Canvas, line: Pixels, bottom: int, colour: Pixels) -> None:
    keep = canvas.pixels[bottom:].copy()
    canvas.below(line, colour)
    canvas.pixels[bottom:] = keep


def _mountains(canvas: Canvas, scene: Scene, daylight: Daylight, rng: np.random.Generator) -> None:
    is_snowy = scene.season == "winter"
    rock = mix(rgb(112, 116, 132), rgb(132, 112, 104), float(rng.random()))
    lit = snow_light(daylight) if is_snowy else daylight.on_land(rock * np.float32(1.25))
    for x in (float(rng.uniform(-0.1, 0.4)), float(rng.uniform(0.6, 1.1))):
        _peak(canvas, daylight, rng, (x, float(rng.uniform(0.36, 0.44))), 0.5, lit, is_snowy)
    _peak(canvas, daylight, rng, (float(rng.uniform(0.3, 0.7)), float(rng.uniform(0.2, 0.3))), 0.2, lit, is_snowy)
    far = _ridge(canvas, rng, 0.68, 0.03, (0.7, 1.6))
    canvas.below(far, meadow(scene, daylight, rng, 0.3), meadow(scene, daylight, rng, 0.15), 0.2)
    near = _ridge(canvas, rng, 0.78, 0.03, (0.5, 1.2))
    colour = meadow(scene, daylight, rng)
    canvas.below(near, colour, colour * np.float32(0.82), 0.25)
    _foreground_trees(canvas, scene, daylight, rng)


def _peak(
    canvas: Canvas,
    daylight: Daylight,
    rng: np.random.Generator,
    top: tuple[float, float],
    distance: float,
    lit: Pixels,
    is_snowy: bool,
) -> None:
    x, y = top
    foot, reach = 0.80, float(rng.uniform(0.42, 0.55))
    lit = mix(lit, daylight.haze, distance * 0.8)
    dark = mix(lit * np.float32(0.66), daylight.haze, distance * 0.3)
    heights = np.linspace(0, 1, 6)
    left = [(x - reach * h + float(rng.normal(0, 0.014)) * (h > 0), y + (foot - y) * h) for h in heights]
    right = [(x + reach * h + float(rng.normal(0, 0.014)) * (h > 0), y + (foot - y) * h) for h in heights]
    spine = [(x + 0.16 * reach * h + float(rng.normal(0, 0.03)) * (h > 0), y + (foot - y) * h) for h in heights]
    canvas.polygon(left + spine[::-1], lit)
    canvas.polygon(spine + right[::-1], dark)
    if not is_snowy:
        cap = 0.30
        white = mix(snow_light(daylight), daylight.haze, distance * 0.6)
        edge = [
            (x + reach * cap * s, y + (foot - y) * (cap + 0.07 * (k % 2)))
            for k, s in enumerate(np.linspace(-1, 1, 7))
        ]
        canvas.polygon([(x, y), *edge[:5]], white)
        canvas.polygon([(x, y), *edge[4:]], white * np.float32(0.84))


def _hills(canvas: Canvas, scene: Scene, daylight: Daylight, rng: np.random.Generator) -> None:
    for height, distance in ((0.56, 0.62), (0.64, 0.38), (0.72, 0.16), (0.82, 0.0)):
        line = _ridge(canvas, rng, height, 0.07, (0.6, 1.1, 1.9))
        colour = meadow(scene, daylight, rng, distance)
        canvas.below(line, colour, colour * np.float32(0.78), 0.26)
    _foreground_trees(canvas, scene, daylight, rng)


def _forest(canvas: Canvas, scene: Scene, daylight: Daylight, rng: np.random.Generator) -> None:
    for foot, height, count, distance in ((0.72, 0.30, 10, 0.55), (0.78, 0.36, 8, 0.28), (0.84, 0.44, 6, 0.06)):
        floor = meadow(scene, daylight, rng, distance)
        canvas.below(np.full(canvas.side, foot - 0.04, dtype=np.float32), floor, floor * np.float32(0.85), 0.2)
        start = float(rng.uniform(-0.5, 0.5))
        for k in range(count + 1):
            x = (k + start + float(rng.uniform(-0.25, 0.25))) / count
            size = height * float(rng.uniform(0.75, 1.1))
            if scene.season == "autumn":
                leaf = AUTUMN_LEAVES[int(rng.integers(len(AUTUMN_LEAVES)))]
                paint_round_tree(
                    canvas,
                    (x, foot),
                    size,
                    daylight.on_land(leaf, distance),
                    daylight.on_land(rgb(92, 62, 44), distance),
                )
            else:
                paint_pine(
                    canvas,
                    (x, foot),
                    size,
                    daylight.on_land(rgb(34, 98, 62), distance),
                    _snow_on(scene, daylight, distance),
                )
    near = _ridge(canvas, rng, 0.85, 0.02, (0.6, 1.3))
    colour = meadow(scene, daylight, rng)
    canvas.below(near, colour, colour * np.float32(0.82), 0.2)


def _field(canvas: Canvas, scene: Scene, daylight: Daylight, rng: np.random.Generator) -> None:
    far = _ridge(canvas, rng, 0.585, 0.025, (0.8, 1.7))
    canvas.below(far, meadow(scene, daylight, rng, 0.6))
    horizon = int(0.61 * canvas.side)
    colour = meadow(scene, daylight, rng)
    other = {"summer": rgb(214, 196, 78), "autumn": rgb(146, 92, 40), "winter": rgb(206, 216, 236)}[scene.season]
    second = (
        other * mix(daylight.land, daylight.paint, 0.55) if scene.season == "winter" else daylight.on_land(other)
    )
    fall = canvas.y[horizon:] - np.float32(0.59)
    rows = (canvas.x - np.float32(rng.uniform(0.2, 0.8))) / fall
    stripe = np.clip(
        np.sin(rows * np.float32(6.5)) * np.float32(2.0) * np.clip(fall * 8, 0.2, 1) + np.float32(0.5), 0, 1
    )
    stripe = stripe * np.float32(0.9)
    canvas.pixels[horizon:] = colour + stripe[..., None] * (second - colour)
    _foreground_trees(canvas, scene, daylight, rng)


def _desert(canvas: Canvas, scene: Scene, daylight: Daylight, rng: np.random.Generator) -> None:
    sand = mix(rgb(236, 184, 108), rgb(226, 160, 92), float(rng.random()))
    for height, distance in ((0.57, 0.45), (0.66, 0.22), (0.78, 0.0)):
        line = _ridge(canvas, rng, height, 0.085, (0.5, 1.0, 1.6))
        slope = np.gradient(line) * np.float32(canvas.side)
        shade = np.clip(np.float32(0.5) + slope * np.float32(2.2), 0, 1)[:, None]
        bright = daylight.on_land(sand * np.float32(1.04), distance)
        dark = daylight.on_land(sand * np.float32(0.68), distance)
        faces: Pixels = (bright + shade * (dark - bright)).astype(np.float32)
        canvas.below(
            line,
            faces,
            daylight.on_land(sand * np.float32(0.9), distance),
            0.22,
        )
    _foreground_trees(canvas, scene, daylight, rng)


def _city(canvas: Canvas, scene: Scene, daylight: Daylight, rng: np.random.Generator) -> None:
    is_lit = scene.time in ("night", "sunset")
    for foot, tall, distance in ((0.80, 0.46, 0.55), (0.84, 0.34, 0.08)):
        x = float(rng.uniform(-0.08, 0.0))
        while x < 1.0:
            width = float(rng.uniform(0.11, 0.17))
            top = foot - tall * float(rng.uniform(0.55, 1.0))
            wall = mix(rgb(122, 126, 140), rgb(164, 140, 124), float(rng.random()))
            canvas.rectangle(x, top, x + width, foot, daylight.on_land(wall, distance))
            if scene.season == "winter":
                canvas.rectangle(
                    x, top, x + width, top + 0.016, mix(snow_light(daylight), daylight.haze, distance)
                )
            if distance < 0.3:
                _windows(canvas, daylight, rng, (x, top, x + width, foot), is_lit)
            x += width + float(rng.uniform(0.0, 0.02))
    ground = snow_light(daylight) if scene.season == "winter" else daylight.on_land(rgb(112, 112, 120))
    canvas.below(np.full(canvas.side, 0.84, dtype=np.float32), ground, ground * np.float32(0.8), 0.2)


def _windows(
    canvas: Canvas,
    daylight: Daylight,
    rng: np.random.Generator,
    box: tuple[float, float, float, float],
    is_lit: bool,
) -> None:
    left, top, right, foot = box
    dark, lit = daylight.on_land(rgb(66, 78, 104)), rgb(255, 214, 110)
    for y in np.arange(top + 0.03, foot - 0.04, 0.05):
        for x in np.arange(left + 0.018, right - 0.026, 0.036):
            is_on = is_lit and rng.random() < 0.6
            canvas.rectangle(float(x), float(y), float(x) + 0.02, float(y) + 0.026, lit if is_on else dark)


def _snow_on(scene: Scene, daylight: Daylight, distance: float = 0.0) -> Pixels | None:
    return mix(snow_light(daylight), daylight.haze, distance) if scene.season == "winter" else None


def _foreground_trees(canvas: Canvas, scene: Scene, daylight: Daylight, rng: np.random.Generator) -> None:
    if not scene.has_trees:
        return
    middle = float(rng.uniform(0.2, 0.8))
    for offset, size in ((-0.17, 0.34), (0.15, 0.30), (0.0, 0.42)):
        foot = (middle + offset + float(rng.uniform(-0.03, 0.03)), 0.86 + 0.1 * (size - 0.3))
        size *= float(rng.uniform(0.9, 1.1))
        if scene.terrain == "desert":
            if offset != 0.15:
                _cactus(canvas, foot, size * 0.85, daylight.on_land(rgb(62, 140, 74)))
        elif scene.season == "autumn":
            leaf = AUTUMN_LEAVES[int(rng.integers(len(AUTUMN_LEAVES)))]
            paint_round_tree(canvas, foot, size, daylight.on_land(leaf), daylight.on_land(rgb(92, 62, 44)))
        else:
            paint_pine(canvas, foot, size, daylight.on_land(rgb(30, 92, 58)), _snow_on(scene, daylight))


def _cactus(canvas: Canvas, foot: tuple[float, float], size: float, colour: Pixels) -> None:
    x, y = foot
    thick = size * 0.09
    for left, top, bottom in (
        (x - thick, y - size, y),
        (x - thick * 3.6, y - size * 0.72, y - size * 0.38),
        (x + thick * 2.0, y - size * 0.8, y - size * 0.48),
    ):
        right = left + thick * (2.0 if bottom == y else 1.6)
        canvas.rectangle(left, top, right, bottom, colour)
        canvas.ellipse(((left + right) / 2, top), ((right - left) / 2, (right - left) / 2), colour)
    canvas.rectangle(x - thick * 3.6, y - size * 0.46, x, y - size * 0.36, colour)
    canvas.rectangle(x, y - size * 0.56, x + thick * 3.6, y - size * 0.46, colour)
