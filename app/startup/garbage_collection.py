"""Keeps Python's search for garbage away from what stays for the whole run."""

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def kept_for_good() -> Generator[None]:
    """Excludes objects that are made inside from later searches for cycles of garbage.

    A full search goes through every object there is and stops all threads meanwhile: for 245 ms once torch and
    diffusers are imported, 87 ms for the window alone. Not for what may go, such as a model. Meanwhile nothing is
    searched, in any thread: the threshold is 0. Python's automatic search stays on or off as it was left inside.
    """
    thresholds = gc.get_threshold()
    gc.set_threshold(0)
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(*thresholds)
