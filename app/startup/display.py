"""Finds out whether a window can be opened, since Qt ends the process where not, and reports what prevents it."""

import ctypes
import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path

from core.language.words import mark, tr
from core.paths import APP_NAME

_UNSEEN = ("offscreen", "minimal")
_HINT = mark("The command line works without one: emulsion generate --help.")


def missing_display(environment: Mapping[str, str]) -> str | None:
    """Why no window can be opened, in a sentence for people, or None when one can."""
    if sys.platform in ("win32", "darwin"):
        return None
    platform = environment.get("QT_QPA_PLATFORM", "").partition(":")[0]
    if platform not in ("", "xcb") or environment.get("WAYLAND_DISPLAY"):
        return None
    display = environment.get("DISPLAY")
    if not display:
        return tr("There is no display to open a window on. {hint}", hint=tr(_HINT))
    if not _answers(display):
        return tr("The display {display} does not answer. {hint}", display=display, hint=tr(_HINT))
    if problem := _missing_library():
        return tr(
            "The window needs a library that this system does not have ({problem}); packaging/start.py installs "
            "what is missing, or names it. {hint}",
            problem=problem,
            hint=tr(_HINT),
        )
    return None


def tell(problem: str) -> None:
    """Blocks until the box has been closed; needs a display. A program started from a menu has no terminal."""
    sys.stderr.write(f"emulsion: {problem}\n")
    if sys.stderr.isatty():
        return
    try:
        from PySide6.QtWidgets import QApplication, QMessageBox
    except ImportError:  # which may be the problem itself
        return
    application = QApplication.instance() or QApplication(sys.argv[:1])
    if isinstance(application, QApplication) and application.platformName() not in _UNSEEN:
        QMessageBox(QMessageBox.Icon.Critical, APP_NAME, problem).exec()


def _answers(display: str) -> bool:
    """Returns whether the X server can be reached; True if that cannot be determined."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(display.encode(), None))
    is_connected = not xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    return is_connected


def _missing_library() -> str | None:
    """Returns the library that is missing for Qt's part for X11, in the words of the system's linker."""
    package = importlib.util.find_spec("PySide6")
    if package is None or not package.submodule_search_locations:
        return "PySide6"
    plugin = Path(package.submodule_search_locations[0], "Qt", "plugins", "platforms", "libqxcb.so")
    try:
        ctypes.CDLL(str(plugin))
    except OSError as error:
        return str(error)
    return None
