"""Films keep the maps of their controls, as far as there is room, and believe no others."""

from __future__ import annotations

import numpy as np
import pytest

from core.control.maps import EXTRA, map_key, maps_from_extras, maps_to_extras
from core.film.extras import extras_from_json, extras_to_json
from core.request.control import Control

CONTROLS = tuple(Control("net", f"{number}.png", f"{number:064d}") for number in range(4))


def maps(shape: tuple[int, int], *, is_grey: bool = False) -> dict[object, np.ndarray]:
    made: dict[object, np.ndarray] = {}
    for number, control in enumerate(CONTROLS):
        values = np.random.default_rng(number).integers(0, 256, (*shape, 1 if is_grey else 3), dtype=np.uint8)
        made[map_key(control)] = np.repeat(values, 3, axis=2) if is_grey else values
    return made


@pytest.mark.parametrize("is_grey", [True, False])
def test_maps_come_back_as_they_were(is_grey: bool) -> None:
    before = maps((24, 32), is_grey=is_grey)
    extras = extras_from_json(extras_to_json(maps_to_extras(CONTROLS, before)))  # pyright: ignore[reportArgumentType]
    assert all(extra.ndim == (2 if is_grey else 3) for extra in extras.values())
    after = maps_from_extras(CONTROLS, extras)
    assert after.keys() == before.keys()
    assert all(np.array_equal(after[key], before[key]) for key in after)


@pytest.mark.parametrize("is_flat", [True, False])
def test_what_does_not_fit_into_a_film_is_left_out(is_flat: bool) -> None:
    large = maps((1024, 1024))
    if is_flat:  # packs to nothing
        large = {key: np.full((2048, 2048, 3), (1, 2, 3), np.uint8) for key in large}
    extras = maps_to_extras(CONTROLS, large)  # pyright: ignore[reportArgumentType]
    assert 0 < len(extras) < len(CONTROLS)
    assert extras_from_json(extras_to_json(extras)).keys() == extras.keys()


@pytest.mark.parametrize(
    "foreign",
    [
        np.zeros(5, np.uint8),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((4, 4), np.float32),
        np.zeros((0, 4), np.uint8),
    ],
)
def test_arrays_that_are_no_maps_are_passed_over(foreign: np.ndarray) -> None:
    assert maps_from_extras(CONTROLS, {f"{EXTRA}0": foreign}) == {}
