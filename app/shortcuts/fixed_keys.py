"""Keys of single parts of the window, which are no commands of the menus."""

from types import MappingProxyType

FIXED_KEYS = MappingProxyType(
    {
        "In the window": (
            ("Next control, control before", "Tab, Shift+Tab"),
            ("Along chips and small buttons", "Arrow keys"),
            ("Menu of a picture", "Menu key"),
            ("Close a sheet or a dialog", "Esc"),
        ),
        "On the picture": (
            ("Zoom in, zoom out", "Wheel, + and −"),
            ("Fit, 100 %", "0, 1"),
            ("Move the picture", "Drag, arrow keys"),
            ("Switch between fit and 100 %", "Double click"),
        ),
        "On the film": (
            ("Play, pause", "Space"),
            ("One step back, forward", "Left, Right"),
            ("First step, last step", "Home, End"),
        ),
        "In the gallery": (
            ("Move", "Arrow keys"),
            ("Open the viewer", "Return"),
            ("Rate", "0 to 5"),
            ("Favourite", "F"),
            ("Compare", "C"),
            ("Rename", "F2"),
            ("Move to trash", "Del"),
            ("Search", "Ctrl+F, /"),
        ),
    }
)
"""By the part of the window that must have the focus: each action, and its keys."""
