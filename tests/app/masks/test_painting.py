"""Painted masks against computations of another kind, and their undo against a replay."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pytest
from numpy.typing import NDArray

from app.masks.area import Area, Coverage
from app.masks.brush import Brush, PressureUse, Stroke
from app.masks.history import History
from app.masks.painting import MaskPainting
from app.masks.shapes import Point, polygon, rectangle
from core.pictures.mask import MaskPixels

HEIGHT, WIDTH = 150, 210
PICTURE = Area(0, 0, WIDTH, HEIGHT)


def black() -> MaskPixels:
    return np.zeros((HEIGHT, WIDTH), np.uint8)


def noise(seed: int) -> MaskPixels:
    return np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH), np.uint8)


def paint(painting: MaskPainting, parts: Iterable[Coverage], *, is_erasing: bool = False) -> MaskPixels:
    for part in parts:
        painting.cover(part, is_erasing=is_erasing)
    painting.end()
    return painting.levels.copy()


def way(brush: Brush, points: list[tuple[float, float, float]]) -> list[Coverage]:
    stroke = Stroke(brush, *points[0])
    return [dab for point in points for dab in stroke.to(*point)]


def dab_places(brush: Brush, points: list[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """Returns where dabs lie: from the beginning on, each a tenth of a radius after the last."""
    places: list[tuple[float, float, float]] = []
    along, wanted = 0.0, 0.0
    for (x, y, p), (next_x, next_y, next_p) in zip([points[0], *points], points, strict=False):
        length = math.hypot(next_x - x, next_y - y)
        while wanted <= along + length:
            part = (wanted - along) / length if length else 0.0
            places.append((x + part * (next_x - x), y + part * (next_y - y), p + part * (next_p - p)))
            wanted += max(0.1 * brush.radius(places[-1][2]), 0.5)
        along += length
    return places


def computed_dabs(brush: Brush, places: list[tuple[float, float, float]]) -> NDArray[np.float64]:
    """Returns the coverage in float64, each pixel by itself from its distance to the middle of each dab."""
    ys, xs = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    best = np.zeros((HEIGHT, WIDTH))
    for x, y, pressure in places:
        radius = brush.radius(pressure)
        grid = 0.25 if radius <= 32 else 1.0
        x, y = (math.floor((place - 0.5) / grid + 0.5) * grid + 0.5 for place in (x, y))
        inside = np.clip((radius + 0.5 - np.hypot(xs - x, ys - y)) / max(radius * brush.softness, 1), 0, 1)
        strength = brush.strength * (pressure if brush.pressure is PressureUse.strength else 1)
        best = np.maximum(best, inside**2 * (3 - 2 * inside) * round(255 * strength))
    return best


WAYS = {
    "a dot": [(30.3, 40.8, 1.0)],
    "a corner": [(20.0, 20.0, 1.0), (120.5, 33.0, 0.6), (70.0, 130.0, 0.3)],
    "out of the picture": [(-40.0, 70.0, 0.5), (260.0, 75.5, 1.0)],
}
BRUSHES = {
    "fine": Brush(3, 0.0),
    "soft": Brush(40, 1.0, 0.7),
    "large": Brush(150, 0.3),
    "pen of strength": Brush(30, 0.5, pressure=PressureUse.strength),
}


@pytest.mark.parametrize("points", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("brush", BRUSHES.values(), ids=BRUSHES)
@pytest.mark.parametrize("is_erasing", [False, True], ids=["paints", "erases"])
def test_a_stroke_covers_what_its_dabs_cover(
    brush: Brush, points: list[tuple[float, float, float]], is_erasing: bool
) -> None:
    before = noise(1)
    painted = paint(MaskPainting(before), way(brush, points), is_erasing=is_erasing)
    kept = 1 - np.rint(computed_dabs(brush, dab_places(brush, points))) / 255
    expected = before * kept if is_erasing else 255 - (255 - before) * kept
    assert np.abs(painted - expected).max() <= 1.5  # of 255: both a dab and the mask are rounded


def test_a_hard_stroke_is_as_wide_as_the_brush_all_along() -> None:
    painted = paint(MaskPainting(black()), way(Brush(24, 0.0), [(30.0, 60.0, 1.0), (180.0, 90.0, 1.0)]))
    ys, xs = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    along = np.clip(((xs - 30) * 150 + (ys - 60) * 30) / (150**2 + 30**2), 0, 1)
    distance = np.hypot(xs - 30 - 150 * along, ys - 60 - 30 * along)
    assert (painted[distance < 11] == 255).all()
    assert (painted[distance > 13] == 0).all()


def test_one_stroke_is_not_stronger_where_it_crosses_itself_and_two_are() -> None:
    brush = Brush(20, 0.0, 0.5)
    to_and_fro = [(20.0, 50.0, 1.0), (100.0, 50.0, 1.0), (20.0, 50.0, 1.0)]
    painting = MaskPainting(black())
    assert paint(painting, way(brush, to_and_fro))[50, 60] == 128
    assert paint(painting, way(brush, to_and_fro))[50, 60] == 192


def test_pressure_makes_a_stroke_wider() -> None:
    painted = paint(MaskPainting(black()), way(Brush(40, 0.0), [(30.0, 75.0, 0.2), (180.0, 75.0, 1.0)]))
    widths = (painted > 127).sum(axis=0)
    assert widths[35] < widths[100] < widths[170] <= 41


@pytest.mark.parametrize(
    "corners", [((3.2, 5.9), (40.1, 60.0)), ((40.1, 60.0), (3.2, 5.9)), ((-9.0, -5.0), (500.0, 12.5))]
)
def test_a_rectangle_is_filled(corners: tuple[Point, Point]) -> None:
    painted = paint(MaskPainting(black()), [rectangle(*corners, PICTURE)])
    (left, right), (top, bottom) = (sorted(ends) for ends in zip(*corners, strict=True))
    ys, xs = np.mgrid[:HEIGHT, :WIDTH]
    touched = (xs + 1 > left) & (xs < right) & (ys + 1 > top) & (ys < bottom)
    assert np.array_equal(painted, touched * 255)


def turns(points: list[Point], x: float, y: float) -> int:
    """Returns how often a closed line goes around a point, by the sum of the angles."""
    angles = [math.atan2(py - y, px - x) for px, py in points]
    steps = (b - a for a, b in zip(angles, angles[1:] + angles[:1], strict=True))
    return round(sum((step + math.pi) % (2 * math.pi) - math.pi for step in steps) / (2 * math.pi))


@pytest.mark.parametrize("seed", range(4))
def test_a_lasso_fills_what_it_goes_around(seed: int) -> None:
    random = np.random.default_rng(seed)
    points = [(float(x), float(y)) for x, y in random.uniform((-20, -20), (90, 80), (9, 2))]
    painted = paint(MaskPainting(black()), [polygon(points, PICTURE)])
    for y in range(0, 85, 2):
        for x in range(0, 95, 3):
            assert bool(painted[y, x]) == (turns(points, x + 0.5, y + 0.5) != 0), (x, y)
    assert set(np.unique(painted)) <= {0, 255}


@pytest.mark.parametrize(
    "points", [[(5.0, 5.0)], [(5.0, 5.0), (50.0, 5.0)], [(-9.0, -9.0), (-5.0, -2.0), (-3.0, -9.0)]]
)
def test_a_lasso_around_nothing_changes_nothing(points: list[Point]) -> None:
    painting = MaskPainting(noise(2))
    assert np.array_equal(paint(painting, [polygon(points, PICTURE)]), noise(2))
    assert not painting.history.can_undo


def test_a_stroke_that_is_dropped_leaves_nothing() -> None:
    painting = MaskPainting(noise(3))
    for dab in way(Brush(50), WAYS["a corner"]):
        painting.cover(dab, is_erasing=False)
    painting.cancel()
    assert np.array_equal(painting.levels, noise(3))
    assert np.array_equal(
        paint(painting, way(Brush(9), WAYS["a dot"])), paint(MaskPainting(noise(3)), way(Brush(9), WAYS["a dot"]))
    )


def random_change(painting: MaskPainting, seed: int) -> None:
    """Does one of all that can be done, told by ``seed``."""
    random = np.random.default_rng(seed)
    points = [(float(x), float(y), float(p)) for x, y, p in random.uniform((-20, -20, 0.1), (230, 170, 1), (4, 3))]
    places = [(x, y) for x, y, _ in points]
    parts = {
        0: way(Brush(float(random.integers(1, 80)), random.random(), random.random()), points),
        1: [rectangle(places[0], places[1], PICTURE)],
        2: [polygon(places, PICTURE)],
    }
    kind = int(random.integers(0, 4))
    if kind in parts:
        paint(painting, parts[kind], is_erasing=bool(random.integers(0, 2)))
    else:
        painting.replace(255 - painting.levels)


@pytest.mark.parametrize("seed", range(3))
def test_undo_and_redo_in_any_order_lead_to_what_a_replay_gives(seed: int) -> None:
    random = np.random.default_rng(seed)
    painting = MaskPainting(noise(seed))
    states, at = [painting.levels.copy()], 0
    for number in range(80):
        step = random.random()
        if step < 0.5:
            random_change(painting, 1000 * seed + number)
            if not np.array_equal(painting.levels, states[at]):
                del states[at + 1 :]
                states.append(painting.levels.copy())
                at += 1
        elif step < 0.8:
            assert (painting.undo() is not None) == (at > 0)
            at = max(at - 1, 0)
        else:
            assert (painting.redo() is not None) == (at + 1 < len(states))
            at = min(at + 1, len(states) - 1)
        assert np.array_equal(painting.levels, states[at]), number
        assert painting.history.can_undo == (at > 0)
        assert painting.history.can_redo == (at + 1 < len(states))


def test_the_oldest_changes_are_forgotten_when_there_is_no_more_room() -> None:
    painting = MaskPainting(black(), History(most_bytes=100_000))
    for seed in range(20):
        painting.replace(noise(seed))
        assert painting.history.size <= 100_000
    undone = 0
    while painting.undo() is not None:
        undone += 1
        assert np.array_equal(painting.levels, noise(19 - undone))
        assert painting.history.size <= 110_000
    assert 1 <= undone < 20


def test_a_small_change_of_a_large_mask_takes_little_room() -> None:
    painting = MaskPainting(np.zeros((3000, 3000), np.uint8))
    paint(painting, way(Brush(40), WAYS["a corner"]))
    assert 0 < painting.history.size < 20_000
