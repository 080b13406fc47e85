"""The lower half of a postcard: one function for each terrain, painted after the sky and before the objects."""

from collections.abc import Callable

import numpy as np

from core.training.canvas import Canvas
from core.training.palette import Pixels, mix, rgb
from core.training.scene import Terrain

AUTUMN_LEAVES = (rgb(206, 84, 24), rgb(226, 132, 28), rgb(178, 52, 26), rgb(222, 168, 48))
_TRUNK = rgb(92, 62, 44)


def horizon_of(terrain: Terrain) -> float:
    """Returns the height (y) at which the sky ends: a little lower in flat lands."""
    return {"sea": 0.56, "field": 0.60, "desert": 0.58, "city": 0.66}.get(terrain, 0.60)


def ground_of(terrain: Terrain) -> float:
    """Returns the height (y) of the foot of an object in the foreground."""
    return {"sea": 0.93, "city": 0.93}.get(terrain, 0.88)


def paint_land(canvas: Canvas) -> None:
    """Paints everything between the horizon and the foreground objects."""
    _BRUSHES[canvas.scene.terrain](canvas)


def _meadow(canvas: Canvas, distance: float = 0.0) -> Pixels:
    """Returns the colour of the meadow in its season under this light, faded by distance; winter covers it."""
    match canvas.scene.season:
        case "winter":
            return canvas.snow(distance * 0.6)
        case "autumn":
            grass = canvas.random_mix(rgb(186, 128, 48), rgb(160, 116, 52))
        case "summer":
            grass = canvas.random_mix(rgb(92, 164, 62), rgb(70, 148, 70))
    return canvas.on_land(grass, distance)


def _ridge(canvas: Canvas, height: float, swing: float, waves: tuple[float, ...]) -> Pixels:
    line = np.full(canvas.side, height, dtype=np.float32)
    for wave in waves:
        phase, part = canvas.random(0, 2 * np.pi), swing * canvas.random(0.5, 1.0) / (1 + 0.5 * wave)
        line += np.float32(part) * np.sin(canvas.x[0] * np.float32(2 * np.pi * wave) + np.float32(phase))
    return line


def _ground(canvas: Canvas, line: Pixels, shade: float, depth: float, distance: float = 0.0) -> None:
    """Lays a meadow below a line; `shade` is the part of its brightness that it has at `depth`."""
    colour = _meadow(canvas, distance)
    canvas.below(line, colour, colour * np.float32(shade), depth)


def _sea(canvas: Canvas) -> None:
    top = int(horizon_of("sea") * canvas.side)
    depth = canvas.side - top
    mirrored = canvas.pixels[top - depth : top][::-1] if depth <= top else canvas.pixels[:depth][::-1]
    water = canvas.on_land(rgb(24, 104, 168))
    ripple = np.sin((np.arange(depth, dtype=np.float32) ** np.float32(0.82)) * np.float32(1.3))
    share = np.linspace(0.38, 0.72, depth, dtype=np.float32) + np.float32(0.05) * ripple
    canvas.pixels[top:] = mirrored + share[:, None, None] * (water - mirrored)
    if canvas.rng.random() < 0.5:
        x, width = canvas.random(0.1, 0.9), canvas.random(0.12, 0.2)
        island = mix(canvas.on_land(rgb(84, 108, 110)), canvas.light.haze, 0.55)
        rise = np.maximum(0, np.float32(0.05) * (1 - np.abs((canvas.x[0] - x) / width)))
        water = canvas.pixels[top:].copy()
        canvas.below(np.float32(top / canvas.side) - rise, island)
        canvas.pixels[top:] = water


def _mountains(canvas: Canvas) -> None:
    rock = canvas.random_mix(rgb(112, 116, 132), rgb(132, 112, 104))
    lit = canvas.snow() if canvas.scene.season == "winter" else canvas.on_land(rock * np.float32(1.25))
    for x in (canvas.random(-0.1, 0.4), canvas.random(0.6, 1.1)):
        _peak(canvas, (x, canvas.random(0.36, 0.44)), 0.5, lit)
    _peak(canvas, (canvas.random(0.3, 0.7), canvas.random(0.2, 0.3)), 0.2, lit)
    far = _ridge(canvas, 0.68, 0.03, (0.7, 1.6))
    canvas.below(far, _meadow(canvas, 0.3), _meadow(canvas, 0.15), 0.2)
    _ground(canvas, _ridge(canvas, 0.78, 0.03, (0.5, 1.2)), 0.82, 0.25)
    _foreground_trees(canvas)


def _peak(canvas: Canvas, top: tuple[float, float], distance: float, lit: Pixels) -> None:
    x, y = top
    fall, reach = 0.80 - y, canvas.random(0.42, 0.55)
    lit = mix(lit, canvas.light.haze, distance * 0.8)
    dark = mix(lit * np.float32(0.66), canvas.light.haze, distance * 0.3)

    def slope(across: float, roughness: float) -> list[tuple[float, float]]:
        """Returns a line from the top to the foot, which lies so far to the right."""
        heights = np.linspace(0, 1, 6)
        return [(x + across * h + canvas.rng.normal(0, roughness) * (h > 0), y + fall * h) for h in heights]

    left, right, spine = slope(-reach, 0.014), slope(reach, 0.014), slope(0.16 * reach, 0.03)
    canvas.polygon(left + spine[::-1], lit)
    canvas.polygon(spine + right[::-1], dark)
    if canvas.scene.season != "winter":
        cap, white = 0.30, canvas.snow(distance * 0.6)
        sides = enumerate(np.linspace(-1, 1, 7))
        edge = [(x + reach * cap * side, y + fall * (cap + 0.07 * (k % 2))) for k, side in sides]
        canvas.polygon([(x, y), *edge[:5]], white)
        canvas.polygon([(x, y), *edge[4:]], white * np.float32(0.84))


def _hills(canvas: Canvas) -> None:
    for height, distance in ((0.56, 0.62), (0.64, 0.38), (0.72, 0.16), (0.82, 0.0)):
        _ground(canvas, _ridge(canvas, height, 0.07, (0.6, 1.1, 1.9)), 0.78, 0.26, distance)
    _foreground_trees(canvas)


def _forest(canvas: Canvas) -> None:
    for foot, height, count, distance in ((0.72, 0.30, 10, 0.55), (0.78, 0.36, 8, 0.28), (0.84, 0.44, 6, 0.06)):
        _ground(canvas, np.full(canvas.side, foot - 0.04, dtype=np.float32), 0.85, 0.2, distance)
        start = canvas.random(-0.5, 0.5)
        for k in range(count + 1):
            x = (k + start + canvas.random(-0.25, 0.25)) / count
            _tree(canvas, (x, foot), height * canvas.random(0.75, 1.1), rgb(34, 98, 62), distance)
    _ground(canvas, _ridge(canvas, 0.85, 0.02, (0.6, 1.3)), 0.82, 0.2)


def _field(canvas: Canvas) -> None:
    canvas.below(_ridge(canvas, 0.585, 0.025, (0.8, 1.7)), _meadow(canvas, 0.6))
    horizon = int(0.61 * canvas.side)
    colour = _meadow(canvas)
    match canvas.scene.season:
        case "winter":
            furrow = rgb(206, 216, 236) * mix(canvas.light.land, canvas.light.paint, 0.55)
        case "autumn":
            furrow = canvas.on_land(rgb(146, 92, 40))
        case "summer":
            furrow = canvas.on_land(rgb(214, 196, 78))
    fall = canvas.y[horizon:] - np.float32(0.59)
    rows = (canvas.x - np.float32(canvas.random(0.2, 0.8))) / fall
    waves = np.sin(rows * np.float32(6.5)) * np.float32(2.0) * np.clip(fall * 8, 0.2, 1)
    stripe = np.clip(waves + np.float32(0.5), 0, 1) * np.float32(0.9)
    canvas.pixels[horizon:] = colour + stripe[..., None] * (furrow - colour)
    _foreground_trees(canvas)


def _desert(canvas: Canvas) -> None:
    sand = canvas.random_mix(rgb(236, 184, 108), rgb(226, 160, 92))
    for height, distance in ((0.57, 0.45), (0.66, 0.22), (0.78, 0.0)):
        line = _ridge(canvas, height, 0.085, (0.5, 1.0, 1.6))
        slope = np.gradient(line) * np.float32(canvas.side)
        shade = np.clip(np.float32(0.5) + slope * np.float32(2.2), 0, 1)[:, None]
        bright, middle, dark = (canvas.on_land(sand * np.float32(part), distance) for part in (1.04, 0.9, 0.68))
        faces: Pixels = (bright + shade * (dark - bright)).astype(np.float32)
        canvas.below(line, faces, middle, 0.22)
    _foreground_trees(canvas)


def _city(canvas: Canvas) -> None:
    is_winter = canvas.scene.season == "winter"
    for foot, tall, distance in ((0.80, 0.46, 0.55), (0.84, 0.34, 0.08)):
        x = canvas.random(-0.08, 0.0)
        while x < 1.0:
            width = canvas.random(0.11, 0.17)
            top = foot - tall * canvas.random(0.55, 1.0)
            wall = canvas.random_mix(rgb(122, 126, 140), rgb(164, 140, 124))
            canvas.rectangle(x, top, x + width, foot, canvas.on_land(wall, distance))
            if is_winter:
                canvas.rectangle(x, top, x + width, top + 0.016, canvas.snow(distance))
            if distance < 0.3:
                _windows(canvas, x, top, x + width, foot)
            x += width + canvas.random(0.0, 0.02)
    ground = canvas.snow() if is_winter else canvas.on_land(rgb(112, 112, 120))
    canvas.below(np.full(canvas.side, 0.84, dtype=np.float32), ground, ground * np.float32(0.8), 0.2)


def _windows(canvas: Canvas, left: float, top: float, right: float, foot: float) -> None:
    dark, lit = canvas.on_land(rgb(66, 78, 104)), rgb(255, 214, 110)
    for y in np.arange(top + 0.03, foot - 0.04, 0.05).tolist():
        for x in np.arange(left + 0.018, right - 0.026, 0.036).tolist():
            is_on = canvas.scene.is_lit and canvas.rng.random() < 0.6
            canvas.rectangle(x, y, x + 0.02, y + 0.026, lit if is_on else dark)


def _foreground_trees(canvas: Canvas) -> None:
    if not canvas.scene.has_trees:
        return
    middle = canvas.random(0.2, 0.8)
    for offset, size in ((-0.17, 0.34), (0.15, 0.30), (0.0, 0.42)):
        foot = (middle + offset + canvas.random(-0.03, 0.03), 0.86 + 0.1 * (size - 0.3))
        height = size * canvas.random(0.9, 1.1)
        if canvas.scene.terrain != "desert":
            _tree(canvas, foot, height, rgb(30, 92, 58))
        elif offset != 0.15:
            _cactus(canvas, foot, height * 0.85, canvas.on_land(rgb(62, 140, 74)))


def _tree(
    canvas: Canvas, foot: tuple[float, float], height: float, needles: Pixels, distance: float = 0.0
) -> None:
    """Paints a pine or, in autumn, a round tree with coloured leaves, faded by distance."""
    if canvas.scene.season == "autumn":
        leaf = AUTUMN_LEAVES[int(canvas.rng.integers(len(AUTUMN_LEAVES)))]
        _round_tree(canvas, foot, height, canvas.on_land(leaf, distance), canvas.on_land(_TRUNK, distance))
    else:
        snow = canvas.snow(distance) if canvas.scene.season == "winter" else None
        _pine(canvas, foot, height, canvas.on_land(needles, distance), snow)


def _pine(canvas: Canvas, foot: tuple[float, float], height: float, leaf: Pixels, snow: Pixels | None) -> None:
    """Paints a pine of three tiers, lit from the left, with `snow` on them unless it is None."""
    x, y = foot
    trunk = height * 0.05
    canvas.rectangle(x - trunk, y - height * 0.14, x + trunk, y, leaf * rgb(190, 120, 110))
    for base, top, reach in ((0.10, 0.56, 0.25), (0.34, 0.78, 0.20), (0.58, 1.0, 0.14)):
        low, high, wide = y - height * base, y - height * top, height * reach
        canvas.polygon(((x, high), (x + wide, low), (x - wide, low)), leaf * np.float32(0.8))
        canvas.polygon(((x, high), (x, low), (x - wide, low)), leaf * np.float32(1.15))
        if snow is not None:
            mid = high + (low - high) * 0.55
            canvas.polygon(((x, high), (x + wide * 0.55, mid), (x, mid - 0.008), (x - wide * 0.55, mid)), snow)


def _round_tree(canvas: Canvas, foot: tuple[float, float], height: float, leaf: Pixels, trunk: Pixels) -> None:
    """Paints a tree with a round crown, lit from the upper left."""
    x, y = foot
    canvas.rectangle(x - height * 0.05, y - height * 0.5, x + height * 0.05, y, trunk)
    crown = y - height * 0.62
    canvas.ellipse((x, crown), (height * 0.34, height * 0.38), leaf * np.float32(0.84))
    lit = (x - height * 0.06, crown - height * 0.06)
    canvas.ellipse(lit, (height * 0.25, height * 0.28), leaf * np.float32(1.12))


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


_BRUSHES: dict[Terrain, Callable[[Canvas], None]] = {
    "sea": _sea,
    "mountains": _mountains,
    "hills": _hills,
    "forest": _forest,
    "field": _field,
    "desert": _desert,
    "city": _city,
}
