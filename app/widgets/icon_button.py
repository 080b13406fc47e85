"""A small button with a line icon and no text."""

import re

from PySide6.QtWidgets import QToolButton, QWidget

from app.widgets.field import describe
from app.widgets.icons import set_icon


class IconButton(QToolButton):
    """Shows an icon of ``resources/icons``, given by name."""

    def __init__(
        self, icon_name: str, tooltip: str, object_name: str, parent: QWidget | None = None, *, name: str = ""
    ) -> None:
        """Takes a ``name`` for screen readers; by default it is the tooltip without explanation and key."""
        super().__init__(parent)
        describe(self, object_name, name or re.split(r":| \(", tooltip)[0], tooltip)
        self.setProperty("kind", "quiet")
        set_icon(self, icon_name)
