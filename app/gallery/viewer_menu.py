"""The menu of the picture in the viewer: what makes something new of it, on the page where that is done."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QPoint, Slot

from app.canvas.picture_actions import PictureAction, open_menu
from app.gallery.viewer import Viewer

OFFERED = (
    PictureAction.use_as_source,
    PictureAction.guide_by,
    PictureAction.paint_mask,
    PictureAction.widen,
    PictureAction.add_noise,
    PictureAction.enlarge,
    PictureAction.branch,
    PictureAction.more_like_this,
    PictureAction.show_changes,
)


class ViewerMenu(QObject):
    """Opens it at a right click; the viewer is closed before something is done with its picture."""

    def __init__(self, viewer: Viewer, do: Callable[[PictureAction], object]) -> None:
        super().__init__(viewer)
        self._viewer = viewer
        self._do = do
        viewer.canvas.menu_asked.connect(self._open)

    @Slot(QPoint)
    def _open(self, place: QPoint) -> None:
        picture = self._viewer.picture
        if picture is not None:
            self._viewer.set_slideshow(is_on=False)
            handlers = {action: partial(self._leave, action) for action in OFFERED}
            open_menu(self._viewer, place, handlers, None, has_film=picture.has_film)

    def _leave(self, action: PictureAction) -> None:
        self._viewer.close()  # the grid's current picture is the viewer's then
        self._do(action)
