"""What this program is, and the versions that matter when help is needed."""

from __future__ import annotations

import platform

from PySide6.QtCore import QSize, Qt, qVersion
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.icons import app_icon
from core.recipe import library_versions
from core.version import VERSION

ABOUT = (
    "Emulsion makes pictures from words on this computer, and shows how each one develops out of noise. "
    "Nothing leaves the computer. Apache License 2.0."
)


class AboutDialog(QDialog):
    """Open it with `open`: it does not block."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("About Emulsion")
        picture = QLabel()
        picture.setPixmap(app_icon().pixmap(QSize(72, 72), self.devicePixelRatioF()))
        title = QLabel(f"Emulsion {VERSION}")
        title.setProperty("role", "heading")
        words = QLabel(ABOUT)
        words.setWordWrap(True)
        words.setMinimumWidth(360)
        versions = QLabel(
            "\n".join(f"{name} {version}" for name, version in {**_own_versions(), **library_versions()}.items())
        )
        versions.setObjectName("versionsLabel")
        versions.setProperty("role", "hint")
        versions.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        texts = QVBoxLayout()
        texts.setSpacing(12)
        for widget in (title, words, versions):
            texts.addWidget(widget)
        row = QHBoxLayout()
        row.setSpacing(24)
        row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 16)
        layout.setSpacing(16)
        layout.addLayout(row)
        layout.addWidget(buttons)


def _own_versions() -> dict[str, str]:
    return {"Python": platform.python_version(), "Qt": qVersion(), "System": platform.platform(terse=True)}
