"""Reports a problem that keeps the window from opening in a visible place: a terminal or the desktop."""

import sys

from core.paths import APP_NAME

_UNSEEN = ("offscreen", "minimal")


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
