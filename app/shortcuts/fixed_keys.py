"""Keys of single parts of the window, which are no commands of the menus."""

from types import MappingProxyType

from app.masks.keys import MaskAction
from core.language.words import tr

FIXED_KEYS = MappingProxyType(
    {
        tr("In the window"): (
            (tr("Next control, control before"), tr("Tab, Shift+Tab")),
            (tr("Along chips and small buttons"), tr("Arrow keys")),
            (tr("Menu of a picture"), tr("Menu key")),
            (tr("Close a sheet or a dialog"), tr("Esc")),
        ),
        tr("On the picture"): (
            (tr("Zoom in, zoom out"), tr("Wheel, + and −")),
            (tr("Fit, 100 %"), "0, 1"),
            (tr("Move the picture"), tr("Drag, arrow keys")),
            (tr("Switch between fit and 100 %"), tr("Double click")),
            (tr("Repeat the picture, to see if it is seamless"), "R"),
        ),
        tr("On what was made with a mask"): (
            (tr("The candidate before, the next one"), tr("Left, Right")),
            (tr("See the picture as it was"), tr("Hold C")),
            (tr("Take it as the start image"), "T"),
        ),
        tr("While painting a mask"): (
            *((action.words, ", ".join(action.keys[:1])) for action in MaskAction),
            (tr("Size of the brush"), tr("Shift and a drag")),
            (tr("Move the picture"), tr("Space and a drag, middle button")),
            (tr("Move the pointer, press it"), tr("Arrow keys, Return")),
            (tr("Drop the stroke; leave"), tr("Esc")),
        ),
        tr("While widening a picture"): (
            (tr("Make it wider on that side, less wide"), tr("Arrow keys, Shift and arrow keys")),
            (tr("By single pixels"), tr("Hold Ctrl")),
            (tr("Move both sides"), tr("Shift and a drag")),
            (tr("Back to the picture"), tr("Esc")),
        ),
        tr("On the film"): (
            (tr("Play, pause"), tr("Space")),
            (tr("One step back, forward"), tr("Left, Right")),
            (tr("First step, last step"), tr("Home, End")),
        ),
        tr("In the gallery"): (
            (tr("Move"), tr("Arrow keys")),
            (tr("Open the viewer"), tr("Return")),
            (tr("Rate"), tr("0 to 5")),
            (tr("Favourite"), "F"),
            (tr("Open or close a stack"), "S"),
            (tr("Compare"), "C"),
            (tr("Rename"), "F2"),
            (tr("Move to trash"), tr("Del")),
            (tr("Search"), "Ctrl+F, /"),
        ),
    }
)
"""By the part of the window that must have the focus: each action, and its keys."""
