from __future__ import annotations

import pytest

from app.canvas.backdrop import Backdrop
from app.window.window_layout import WindowLayout


def test_a_layout_survives_being_written() -> None:
    layout = WindowLayout((300, 700, 200), ("rightPane",), Backdrop.checker)
    assert WindowLayout.from_text(layout.to_text()) == layout


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", "{}", '{"columns":["x"],"hidden":[],"backdrop":"neutral"}', '{"columns":1}', "\x00",
     '{"columns":[],"hidden":[],"backdrop":"tartan"}'],
)  # fmt: skip
def test_damaged_text_gives_the_default(text: str) -> None:
    assert WindowLayout.from_text(text) == WindowLayout()


def test_hidden_panes_take_no_room_before_the_page_is_there() -> None:
    assert WindowLayout((300, 700, 200), ("rightPane",)).shown_columns(1200) == (300, 700, 0)
    assert WindowLayout(hidden=("controlPanel",)).shown_columns(1360) == (0, 1360 - 352 - 264, 264)
