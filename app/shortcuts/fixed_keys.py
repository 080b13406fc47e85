"""Keys of single parts of the window, which act only while that part has the focus."""

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
"""Groups of rows: the action, and its keys in words."""
