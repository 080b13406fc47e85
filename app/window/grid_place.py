"""The page *Grid* among the other pages of the window: built when it is needed, and asked for from pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from app.window.pages import Page, Pages
from app.window.services import Services
from core.language.words import tr

if TYPE_CHECKING:  # it is built when it is first shown
    from app.grid.page import GridPage


class GridPlace(QObject):
    """Part of the contents of the window.

    Attributes:
        page: the page.

    Signals:
        picture_asked, live_asked: those of `GridPage`.
    """

    picture_asked = Signal(object)
    live_asked = Signal()

    def __init__(self, places: Pages, services: Services, parent: QObject) -> None:
        super().__init__(parent)
        self._places = places
        self._services = services
        self.page: Page[GridPage] = places.add(tr("Grid"), self._build)

    @Slot(object)
    def open(self, picture: Path) -> None:
        """Shows the grid of a picture."""
        self._places.show_page(self.page)
        self._services.grids.open(picture)

    def _build(self) -> GridPage:
        from app.grid.page import GridPage

        page = GridPage(self._services.session, self._services.grids)
        page.picture_asked.connect(self.picture_asked)
        page.live_asked.connect(self.live_asked)
        return page
