"""A frame is drawn by its handles: in steps, never smaller than the picture, never larger than pictures may be."""

from __future__ import annotations

import numpy as np
import pytest

from app.masks.frame import Handle, drawn
from core.pictures.opening import MOST_PIXELS
from core.request.mask import MARGIN, NO_MARGINS, Margins
from core.request.request import Size

SIZE = Size(128, 96)


@pytest.mark.parametrize(
    ("handle", "moved", "expected"),
    [
        (Handle.right, (61, 40), Margins(right=64)),
        (Handle.left, (-61, 40), Margins(left=64)),
        (Handle.top, (3, -9), Margins(top=8)),
        (Handle.bottom_right, (17, 30), Margins(right=16, bottom=32)),
        (Handle.top_left, (-5, -3), Margins(left=8)),
        (Handle.bottom, (0, -50), NO_MARGINS),
    ],
)
def test_a_handle_moves_its_sides_in_steps(handle: Handle, moved: tuple[int, int], expected: Margins) -> None:
    assert drawn(NO_MARGINS, SIZE, handle, *moved, 8) == expected


def test_the_other_side_moves_too_where_it_is_asked() -> None:
    assert drawn(NO_MARGINS, SIZE, Handle.right, 30, 0, 8, is_mirrored=True) == Margins(32, 0, 32, 0)
    assert drawn(Margins(8, 0, 32, 0), SIZE, Handle.right, -24, 0, 8, is_mirrored=True) == Margins(0, 0, 8, 0)


def test_the_frame_of_an_odd_picture_has_sizes_of_the_model() -> None:
    margins = drawn(NO_MARGINS, Size(131, 77), Handle.bottom_right, 20, 20, 8)
    assert margins.around(131, 77) == (152, 96)
    assert drawn(margins, Size(131, 77), Handle.bottom_right, -100, -100, 8) == NO_MARGINS
    assert drawn(NO_MARGINS, Size(131, 77), Handle.right, 1, 0, 1) == Margins(right=1)


def test_wherever_handles_are_drawn_the_frame_is_one_that_a_picture_may_have() -> None:
    rng = np.random.default_rng(0)
    for _ in range(500):
        size = Size(*(int(length) for length in rng.integers(1, 9000, 2)))
        margins = Margins(*(int(edge) for edge in rng.integers(0, 500, 4)))
        handle = list(Handle)[rng.integers(8)]
        dx, dy = (float(by) for by in rng.normal(0, 20_000, 2))
        moved = drawn(
            margins, size, handle, dx, dy, int(rng.choice([1, 8, 16])), is_mirrored=bool(rng.integers(2))
        )
        assert all(edge in MARGIN for edge in moved.edges)
        width, height = moved.around(size.width, size.height)
        assert width * height <= MOST_PIXELS or moved == margins
