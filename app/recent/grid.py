"""The grid of thumbnails: as many columns as there is room for, each as wide as that leaves."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QListView, QWidget

from app.recent.delegate import ThumbnailDelegate
from app.recent.model import RecentPictures

SMALLEST_CELL_PX = 104


class ThumbnailGrid(QListView):
    """Pictures can be chosen, opened and dragged out."""

    def __init__(self, model: RecentPictures, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recentView")
        self.setAccessibleName("Recent pictures")
        self.setModel(model)
        self.setItemDelegate(ThumbnailDelegate(self))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setDragEnabled(True)
        self.setDragDropMode(QListView.DragDropMode.DragOnly)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The right button asks for the menu of a picture, which need not be opened for that."""
        if event.button() is not Qt.MouseButton.RightButton:
            super().mousePressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        # with room for the scroll bar, whether it is there or not: otherwise showing it could hide itself
        room_px = self.width() - 2 * self.frameWidth() - self.verticalScrollBar().sizeHint().width() - 1
        columns = max(room_px // SMALLEST_CELL_PX, 1)
        cell_px = max(room_px // columns, SMALLEST_CELL_PX)
        self.setGridSize(QSize(cell_px, cell_px))
        super().resizeEvent(event)
