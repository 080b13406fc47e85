"""The sheet that postcards are painted on, back to front, at twice their final size.

Coordinates run from 0 to 1, x to the right and y down; colours are float32 RGB in [0, 1].
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from core.training.palette import DAYLIGHT, SNOW, Pixels, mix
from core.training.scene import Scene

Points = Sequence[tuple[float, float]]

OVERSAMPLING = 2


class Canvas:
    """A square picture under the brush, with the scene that it shows, its light and its random numbers.

    Attributes:
        pixels: float32 (side, side, 3) in [0, 1].
        x: float32 (1, side), the columns' centres.
        y: float32 (side, 1), the rows' centres.
    """

    def __init__(self, scene: Scene, size_px: int) -> None:
        self.scene = scene
        self.light = DAYLIGHT[scene.time]
        self.rng = np.random.default_rng((scene.seed, 2))
        self.side = size_px * OVERSAMPLING
        self.pixels: Pixels = np.zeros((self.side, self.side, 3), dtype=np.float32)
        centres = (np.arange(self.side, dtype=np.float32) + np.float32(0.5)) / np.float32(self.side)
        self.x: Pixels = centres[None, :]
        self.y: Pixels = centres[:, None]

    def random(self, low: float, high: float) -> float:
        """Returns the next random number between these two."""
        return float(self.rng.uniform(low, high))

    def random_mix(self, first: Pixels, second: Pixels) -> Pixels:
        """Returns a random colour between two."""
        return mix(first, second, float(self.rng.random()))

    def on_land(self, colour: Pixels, distance: float = 0.0) -> Pixels:
        """Returns a ground colour under the scene's light, faded by distance (0 near, 1 gone)."""
        return mix(colour * self.light.land, self.light.haze, distance)

    def on_paint(self, colour: Pixels) -> Pixels:
        """Returns an object's colour under the scene's light."""
        return colour * self.light.paint

    def snow(self, distance: float = 0.0) -> Pixels:
        """Returns the colour of snow under the scene's light, brighter than other land, faded by distance."""
        return mix(SNOW * mix(self.light.land, self.light.paint, 0.75), self.light.haze, distance)

    def below(self, line: Pixels, colour: Pixels, foot: Pixels | None = None, depth: float = 0.4) -> None:
        """Fills everything under a ridge line.

        Args:
            line: float32 (side,), the height y of the ridge in each column.
            colour: at the ridge, (3,) or (side, 3) for one colour in each column.
            foot: the colour reached `depth` below the ridge; the same colour when None.
        """
        top = max(0, int(float(line.min()) * self.side) - 1)
        rows = self.y[top:]
        under = rows - line[None, :]
        coverage = np.clip(under * np.float32(self.side), 0, 1)[..., None]
        paint = np.broadcast_to(colour, (self.side, 3))[None, :, :]
        if foot is not None:
            fall = np.clip(under / np.float32(depth), 0, 1)[..., None]
            paint = paint + fall * (foot - paint)
        region = self.pixels[top:]
        region += coverage * (paint - region)

    def polygon(self, points: Points, colour: Pixels, opacity: float = 1.0) -> None:
        """Fills a polygon given by its corners."""
        corners = [(x * self.side, y * self.side) for x, y in points]
        self._stamp(corners, colour, opacity, is_ellipse=False)

    def ellipse(
        self, centre: tuple[float, float], radii: tuple[float, float], colour: Pixels, opacity: float = 1.0
    ) -> None:
        """Fills an ellipse with axes along x and y."""
        (x, y), (rx, ry) = centre, radii
        corners = [((x - rx) * self.side, (y - ry) * self.side), ((x + rx) * self.side, (y + ry) * self.side)]
        self._stamp(corners, colour, opacity, is_ellipse=True)

    def rectangle(self, left: float, top: float, right: float, bottom: float, colour: Pixels) -> None:
        """Fills a rectangle with straight edges."""
        self.polygon(((left, top), (right, top), (right, bottom), (left, bottom)), colour)

    def glow(
        self, centre: tuple[float, float], radius: float, colour: Pixels, strength: float, bottom: float = 1.0
    ) -> None:
        """Lays soft light around a point, down to the row `bottom`."""
        x, y = centre
        rows = slice(max(0, int((y - 2.6 * radius) * self.side)), int(min(bottom, y + 2.6 * radius) * self.side))
        distance = (self.y[rows] - np.float32(y)) ** 2 + (self.x - np.float32(x)) ** 2
        light = np.float32(strength) * np.exp(distance * np.float32(-1 / radius**2))[..., None]
        region = self.pixels[rows]
        region += light * (colour - region)

    def finished(self) -> NDArray[np.uint8]:
        """Returns the picture at its final size: uint8 (size, size, 3)."""
        size = self.side // OVERSAMPLING
        small = self.pixels.reshape(size, OVERSAMPLING, size, OVERSAMPLING, 3).mean(axis=(1, 3), dtype=np.float32)
        return np.clip(small * 255 + np.float32(0.5), 0, 255).astype(np.uint8)

    def _stamp(
        self, corners: list[tuple[float, float]], colour: Pixels, opacity: float, *, is_ellipse: bool
    ) -> None:
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        left, top = max(0, int(min(xs))), max(0, int(min(ys)))
        right, bottom = min(self.side, int(max(xs)) + 2), min(self.side, int(max(ys)) + 2)
        if left >= right or top >= bottom:
            return
        sheet = Image.new("L", (right - left, bottom - top))
        moved = [(x - left, y - top) for x, y in corners]
        pen = ImageDraw.Draw(sheet)
        if is_ellipse:
            pen.ellipse(moved, fill=255)
        else:
            pen.polygon(moved, fill=255)
        coverage = np.asarray(sheet, dtype=np.float32)[..., None] * np.float32(opacity / 255)
        region = self.pixels[top:bottom, left:right]
        region += coverage * (colour - region)
