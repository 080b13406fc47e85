"""Drags chosen pictures out of the grid: their files, under a small picture that tells how many they are."""

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QDrag, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from app.canvas.overlay import paint_badge
from app.gallery.picture_list import PictureList

DRAG_PX = 96


def drag(source: QWidget, pictures: PictureList, rows: list[int], current: int) -> None:
    """Drags the pictures of ``rows`` until they are dropped; ``current`` is the row whose picture is shown.

    Nothing is dragged while the place of one of them is not known yet: all of them are meant, or none.
    """
    data = pictures.mimeData([pictures.index(row) for row in rows])
    if len(data.urls()) < len(pictures.pictures_of(rows)):
        return
    dragged = QDrag(source)
    dragged.setMimeData(data)
    thumbnail = pictures.thumbnail(current)
    if thumbnail is not None and not thumbnail.isNull():
        pixmap = QPixmap.fromImage(thumbnail.scaledToWidth(DRAG_PX))
        if (count := len(pictures.pictures_of(rows))) > 1:
            with QPainter(pixmap) as painter:
                paint_badge(painter, QPointF(4, 4), f"{count:,}")
        dragged.setPixmap(pixmap)
    dragged.exec(Qt.DropAction.CopyAction)
