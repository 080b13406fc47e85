"""The zoom and the place at which pictures are shown; the panes of a comparison share one lens."""

from PySide6.QtCore import QObject, Signal

from app.canvas.zoom import Extent, Placement, centred, fitted


class Lens(QObject):
    """A fitted picture, or a scale and the point of the picture that lies in the middle of each view.

    Signals:
        changed: the panes have to paint again.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._scale: float | None = None
        self._middle = (0.5, 0.5)

    @property
    def is_fitted(self) -> bool:
        return self._scale is None

    def placement(self, view: Extent, picture: Extent) -> Placement:
        """Returns the place of a picture in a view that looks through this lens."""
        if self._scale is None:
            return fitted(view, picture)
        x, y = self._middle
        left = view.width / 2 - x * picture.width * self._scale
        top = view.height / 2 - y * picture.height * self._scale
        return Placement(self._scale, left, top).limited(view, picture)

    def fit(self) -> None:
        """Shows the whole picture, at every size of the view."""
        self._scale = None
        self._middle = (0.5, 0.5)
        self.changed.emit()

    def zoom(self, factor: float, x: float, y: float, view: Extent, picture: Extent) -> None:
        """Enlarges or reduces; the point at (x, y) of this view stays there."""
        self._take(self.placement(view, picture).zoomed(factor, x, y), view, picture)

    def show_scale(self, scale: float, view: Extent, picture: Extent) -> None:
        """Sets the units of the view for each pixel of the picture; the middle stays."""
        if self._scale is None:
            self._take(centred(view, picture, scale), view, picture)
        else:
            self.zoom(scale / self._scale, view.width / 2, view.height / 2, view, picture)

    def pan(self, dx: float, dy: float, view: Extent, picture: Extent) -> None:
        self._take(self.placement(view, picture).panned(dx, dy), view, picture)

    def _take(self, placement: Placement, view: Extent, picture: Extent) -> None:
        limited = placement.limited(view, picture)
        self._scale = limited.scale
        self._middle = (
            (view.width / 2 - limited.left) / (picture.width * limited.scale),
            (view.height / 2 - limited.top) / (picture.height * limited.scale),
        )
        self.changed.emit()
