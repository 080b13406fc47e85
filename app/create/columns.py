"""The widths of the page *Create*: controls, canvas, recent pictures. Known before the page is there."""

LEFT_PX = 352
RIGHT_PX, NARROW_RIGHT_PX = 264, 168
WIDE_FROM_PX = 1240


def default_columns(width_px: int) -> tuple[int, int, int]:
    """Two columns of recent pictures where the window is wide, one where it is not."""
    right_px = RIGHT_PX if width_px >= WIDE_FROM_PX else NARROW_RIGHT_PX
    return LEFT_PX, width_px - LEFT_PX - right_px, right_px
