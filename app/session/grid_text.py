"""Grids in words."""

from app.session.progress_text import duration
from core.grid.estimate import Estimate
from core.grid.grid import Grid
from core.language.words import plural, tr


def size_words(grid: Grid) -> str:
    """Returns ``3 × 3 × 2``, the numbers of values on X, Y and Z."""
    return " × ".join(str(count) for count, axis in zip(grid.size, grid.axes, strict=True) if axis.kind)


def work_words(work: Estimate) -> str:
    """Returns ``18 pictures, 360 steps, about 40 s``."""
    if not work.pictures:
        return tr("all pictures are finished")
    pictures = plural("1 picture", "{count:,} pictures", work.pictures)
    steps = plural("1 step", "{count:,} steps", work.steps)
    if work.seconds is None:
        return tr("{pictures}, {steps}, time not known yet", pictures=pictures, steps=steps)
    time = duration(work.seconds)
    return tr("{pictures}, {steps}, about {time}", pictures=pictures, steps=steps, time=time)
