from __future__ import annotations

import sys

import pytest

from app.startup.display import missing_display

if sys.platform == "linux":

    @pytest.mark.parametrize(
        "environment",
        [
            {"QT_QPA_PLATFORM": "offscreen"},
            {"QT_QPA_PLATFORM": "vnc:size=800x600"},
            {"WAYLAND_DISPLAY": "wayland-0"},
        ],
    )
    def test_other_platforms_need_no_x_server(environment: dict[str, str]) -> None:
        assert missing_display(environment) is None

    @pytest.mark.parametrize("environment", [{}, {"QT_QPA_PLATFORM": "xcb"}, {"DISPLAY": ""}])
    def test_without_a_display_the_command_line_is_named(environment: dict[str, str]) -> None:
        told = missing_display(environment)
        assert told is not None
        assert "no display" in told
        assert "emulsion generate" in told

    def test_a_display_that_does_not_answer_is_named(tmp_path: object) -> None:
        told = missing_display({"DISPLAY": ":98765"})
        assert told is not None
        assert ":98765 does not answer" in told
