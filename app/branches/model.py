"""The tree of branches as rows for a list view."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Slot
from PySide6.QtGui import QImage

from app.branches.branch_text import description, detail, heading
from app.branches.lanes import Lane, Lanes
from app.session.picture_loader import LoadedThumbnail, PictureLoader
from core.runs.branch_tree import BranchTree

Index = QModelIndex | QPersistentModelIndex

LANE_ROLE = int(Qt.ItemDataRole.UserRole)
"""`Lane`."""
THUMBNAIL_ROLE = LANE_ROLE + 1
"""`QImage`, null where the file cannot be read; None until it is loaded, and for a gap."""
CURRENT_ROLE = LANE_ROLE + 2
"""True for the run that is shown."""
DETAIL_ROLE = LANE_ROLE + 3
"""The second line of text."""
PICTURE_ROLE = LANE_ROLE + 4
"""`Path`, None for a gap."""

_NOWHERE = QModelIndex()


class BranchModel(QAbstractListModel):
    """One row for each run; thumbnails are loaded when a view asks for them."""

    def __init__(self, loader: PictureLoader, parent: Any = None) -> None:
        super().__init__(parent)
        self._loader = loader
        self._tree: BranchTree | None = None
        self._lanes: Lanes | None = None
        self._thumbnails: dict[Path, QImage | None] = {}
        loader.thumbnail_loaded.connect(self._on_thumbnail_loaded)

    @property
    def tree(self) -> BranchTree | None:
        return self._tree

    def show_tree(self, tree: BranchTree | None) -> None:
        if tree == self._tree:
            return
        self.beginResetModel()
        self._tree = tree
        self._lanes = Lanes(tree) if tree is not None else None
        shown = {path for run in tree.runs for path in run.pictures[:1]} if tree is not None else set[Path]()
        self._thumbnails = {path: image for path, image in self._thumbnails.items() if path in shown}
        self.endResetModel()

    def picture(self, row: int) -> Path | None:
        """Returns the picture that stands for a run, None for a gap."""
        pictures = self._tree.runs[row].pictures if self._tree is not None else ()
        return pictures[0] if pictures else None

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() or self._tree is None else len(self._tree.runs)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        tree, lanes = self._tree, self._lanes
        if tree is None or lanes is None or not index.isValid():
            return None
        row = index.row()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return heading(tree.runs[row])
            case Qt.ItemDataRole.AccessibleTextRole | Qt.ItemDataRole.ToolTipRole:
                return description(tree, row)
            case role if role == LANE_ROLE:
                return lanes.lane(row)
            case role if role == DETAIL_ROLE:
                return detail(tree, tree.runs[row])
            case role if role == CURRENT_ROLE:
                return row == tree.current
            case role if role == PICTURE_ROLE:
                return self.picture(row)
            case role if role == THUMBNAIL_ROLE:
                return self._thumbnail(self.picture(row))
            case _:
                return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid() or self.picture(index.row()) is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def _thumbnail(self, path: Path | None) -> QImage | None:
        if path is None:
            return None
        if path not in self._thumbnails:
            self._thumbnails[path] = None
            self._loader.load_thumbnail(path)
        return self._thumbnails[path]

    @Slot(object)
    def _on_thumbnail_loaded(self, loaded: LoadedThumbnail) -> None:
        if loaded.path in self._thumbnails and self._tree is not None:
            self._thumbnails[loaded.path] = loaded.image
            for row in range(len(self._tree.runs)):
                if self.picture(row) == loaded.path:
                    self.dataChanged.emit(self.index(row), self.index(row), [THUMBNAIL_ROLE])


def lane_of(index: Index) -> Lane:
    lane = index.data(LANE_ROLE)
    assert isinstance(lane, Lane)
    return lane
