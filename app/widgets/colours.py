"""The colours of the window."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Colours:
    """Every colour of the window, as ``#rrggbb``.

    Attributes:
        window, panel, field: surfaces, from the back to the front.
        canvas: behind pictures; without any hue, so that it does not colour what is judged before it.
        line, strong_line: between surfaces; around fields.
        accent, on_accent: the one colour that means "this acts" or "this is chosen", and text on it.
        danger: what went wrong.
    """

    is_dark: bool
    window: str
    panel: str
    field: str
    hover: str
    canvas: str
    checker: str
    line: str
    strong_line: str
    text: str
    muted: str
    disabled: str
    accent: str
    accent_hover: str
    accent_pressed: str
    on_accent: str
    selection: str
    danger: str
    danger_surface: str
    info_surface: str
