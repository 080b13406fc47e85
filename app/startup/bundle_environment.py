"""Restores the environment of a frozen program before it starts others, such as a file manager.

PyInstaller's start sets where libraries and plugins are searched, for itself; programs of the system would load
the bundle's and fail.
"""

import sys
from collections.abc import MutableMapping

_LIBRARY_PATHS = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_QT_PATHS = ("QT_PLUGIN_PATH", "QML2_IMPORT_PATH")


def restore_environment(environment: MutableMapping[str, str]) -> None:
    """Call it when Qt has started: it has read the variables then. Without a bundle nothing is changed."""
    folder = getattr(sys, "_MEIPASS", None)
    if folder is None:
        return
    for name in _LIBRARY_PATHS:
        original = environment.pop(f"{name}_ORIG", None)  # left there by PyInstaller's start
        if original is not None:
            environment[name] = original
        elif environment.get(name, "").startswith(folder):
            del environment[name]
    for name in _QT_PATHS:
        if environment.get(name, "").startswith(folder):
            del environment[name]
