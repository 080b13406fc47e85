"""Imports the engine, and with it torch, in the least time and without stopping other threads for long."""

import ctypes
import importlib.util
import logging
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from app.startup.garbage_collection import kept_for_good

log = logging.getLogger(__name__)


@contextmanager
def engine_imports() -> Generator[None]:
    """Wraps the first import of `core.engine.engine`."""
    load_torch_library()
    with kept_for_good():
        from core.engine.postponed import lean_imports

        with lean_imports():
            yield


def load_torch_library() -> None:
    """Loads torch's largest library without Python's lock; on Linux, elsewhere torch loads it itself.

    Python holds the lock while it loads libraries: this one stopped the window for 290 ms, and stops it for 29 ms
    so, on a busy machine. A function that is called through `ctypes` lets other threads run meanwhile.
    """
    package = importlib.util.find_spec("torch") if sys.platform == "linux" else None
    if package is None or package.origin is None:
        return
    library = Path(package.origin).with_name("lib") / "libtorch_cpu.so"
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.argtypes, dlopen.restype = (ctypes.c_char_p, ctypes.c_int), ctypes.c_void_p
    if dlopen(os.fsencode(library), os.RTLD_NOW) is None:
        log.info("torch loads its library itself: %s cannot be loaded", library)
