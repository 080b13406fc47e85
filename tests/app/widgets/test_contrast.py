"""Text can be read in both themes: 4.5:1, as WCAG 2.2 asks for (1.4.3), between every text and its surface."""

from __future__ import annotations

import re

import pytest

from app.widgets.colours import Colours
from app.widgets.style_sheet import style_sheet
from app.widgets.theme import DARK, LIGHT

LEAST = 4.5
SURFACES = ("window", "panel", "field", "hover", "canvas", "selection", "info_surface", "danger_surface")
THEMES = pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])


def luminance(colour: str) -> float:
    """Returns the relative luminance of ``#rrggbb``, 0 to 1 (WCAG 2.2, "relative luminance")."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@THEMES
def test_text_and_hints_can_be_read_on_every_surface(colours: Colours) -> None:
    low = {
        (text, surface): round(contrast(getattr(colours, text), getattr(colours, surface)), 2)
        for text in ("text", "muted")
        for surface in SURFACES
    }
    assert not {pair: ratio for pair, ratio in low.items() if ratio < LEAST}


@THEMES
def test_the_accent_and_warnings_can_be_read_where_they_are_text(colours: Colours) -> None:
    pairs = (
        *(("accent", surface) for surface in ("window", "panel", "field")),
        *(("danger", surface) for surface in ("window", "panel", "field", "danger_surface")),
        *(("on_accent", surface) for surface in ("accent", "accent_hover", "accent_pressed")),
    )
    low = {pair: round(contrast(getattr(colours, pair[0]), getattr(colours, pair[1])), 2) for pair in pairs}
    assert not {pair: ratio for pair, ratio in low.items() if ratio < LEAST}


@THEMES
def test_every_rule_of_the_style_sheet_that_sets_both_colours_can_be_read(colours: Colours) -> None:
    low: dict[str, float] = {}
    for selector, body in re.findall(r"([^{}]+)\{([^}]*)\}", style_sheet(colours, 10.0)):
        text = re.search(r"(?<![-\w])color:\s*(#\w{6})", body)
        surface = re.search(r"background:\s*(#\w{6})", body)
        if text and surface and ":disabled" not in selector:
            low[" ".join(selector.split())] = round(contrast(text[1], surface[1]), 2)
    assert len(low) >= 3
    assert not {selector: ratio for selector, ratio in low.items() if ratio < LEAST}
