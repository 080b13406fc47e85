"""Keys that belong to a part of the window and act only while it has the focus."""

from __future__ import annotations

FIXED_KEYS = (
    (
        "On the picture",
        (
            ("Zoom in, zoom out", "Wheel, + and −"),
            ("Fit, 100 %", "0, 1"),
            ("Move the picture", "Drag, arrow keys"),
            ("Switch between fit and 100 %", "Double click"),
        ),
    ),
    (
        "On the film",
        (
            ("Play, pause", "Space"),
            ("One step back, forward", "Left, Right"),
            ("First step, last step", "Home, End"),
        ),
    ),
    (
        "In the gallery",
        (
            ("Move", "Arrow keys"),
            ("Open the viewer", "Return"),
            ("Rate", "0 to 5"),
            ("Favourite", "F"),
            ("Compare", "C"),
            ("Rename", "F2"),
            ("Move to the trash", "Del"),
            ("Search", "Ctrl+F, /"),
        ),
    ),
)
"""Groups of rows: what is done, and the keys in words."""
