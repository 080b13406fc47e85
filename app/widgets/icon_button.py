"""A small button with a line icon and no text."""

from __future__ import annotations

import re

from PySide6.QtWidgets import QToolButton, QWidget

from app.widgets.field import describe
from app.widgets.icons import set_icon


class IconButton(QToolButton):
    """Takes its icon by name from ``resources/icons``."""

    def __init__(
        self, icon_name: str, tooltip: str, object_name: str, parent: QWidget | None = None, *, name: str = ""
    ) -> None:
        """``name`` is for screen readers; by default it is the tooltip without explanation and key."""
        super().__init__(parent)
        describe(self, object_name, name or re.split(r":| \(", tooltip)[0], tooltip)
        self.setProperty("kind", "quiet")
        set_icon(self, icon_name)
