"""The picture above the film, with a handle between them while views of the film are open."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLayout, QSplitter, QWidget

from app.widgets.building import vbox

_FILM_PART = 0.45
"""Of the height, until the user has moved the handle."""


class FilmSplitter(QSplitter):
    """Keeps the height of the film with its views, whatever view is open and however high the window is.

    Attributes:
        film: the lower part, filled by `add`.
        film_px: its height with views, 0 until the user has moved the handle.
    """

    def __init__(self, stage: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical, childrenCollapsible=False, handleWidth=1)
        self.film = QWidget()
        self.film_px = 0
        self._has_views = False
        self._slot = vbox(on=self.film, spacing=0)
        self._slot.setSizeConstraint(QLayout.SizeConstraint.SetMinAndMaxSize)
        for part in (stage, self.film):
            self.addWidget(part)
        self.setStretchFactor(0, 1)
        self.setStretchFactor(1, 0)
        self.splitterMoved.connect(self._remember)

    def add(self, panel: QWidget) -> None:
        """Adds a part below the picture."""
        self._slot.addWidget(panel)

    @Slot(object)
    def follow_views(self, views: Sequence[str]) -> None:
        """Makes room for the open views, or takes it back."""
        self._has_views = bool(views)
        self._slot.activate()  # the limits of its height
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def event(self, event: QEvent) -> bool:
        is_done = super().event(event)
        if event.type() is QEvent.Type.LayoutRequest:  # a part of the film wants another height
            self._fit()
        return is_done

    def _fit(self) -> None:
        """Without views the film is as low as its parts want to be: the room of those that were closed stayed."""
        film_px = self.film_px or round(self.height() * _FILM_PART)
        film_px = film_px if self._has_views else self.film.sizeHint().height()
        self.setSizes([max(self.height() - film_px, 0), film_px])

    @Slot()
    def _remember(self) -> None:
        if self._has_views:
            self.film_px = self.film.height()
