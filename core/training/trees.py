"""Trees of a postcard: pines of stacked triangles and round trees that carry autumn leaves."""

import numpy as np

from core.training.canvas import Canvas, Pixels, rgb


def paint_pine(
    canvas: Canvas, foot: tuple[float, float], height: float, leaf: Pixels, snow: Pixels | None
) -> None:
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


def paint_round_tree(
    canvas: Canvas, foot: tuple[float, float], height: float, leaf: Pixels, trunk: Pixels
) -> None:
    """Paints a tree with a round crown, lit from the upper left."""
    x, y = foot
    canvas.rectangle(x - height * 0.05, y - height * 0.5, x + height * 0.05, y, trunk)
    crown = (x, y - height * 0.62)
    canvas.ellipse(crown, (height * 0.34, height * 0.38), leaf * np.float32(0.84))
    canvas.ellipse(
        (x - height * 0.06, crown[1] - height * 0.06), (height * 0.25, height * 0.28), leaf * np.float32(1.12)
    )
