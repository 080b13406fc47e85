"""The list of recent pictures, newest first, with thumbnails that arrive later."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractListModel, QMimeData, QModelIndex, QPersistentModelIndex, Qt, QUrl

from app.session.picture_loader import BADGE, PictureLoader
from core.gallery.order import batch_of, number_of
from core.recipes.recipe import Recipe

Index = QModelIndex | QPersistentModelIndex

THUMBNAIL_ROLE = int(Qt.ItemDataRole.UserRole)
"""`QImage`; None until it has been asked for and loaded, null when the file cannot be read."""

_NOWHERE = QModelIndex()


class RecentPictures(QAbstractListModel):
    """Pictures of the pictures folder and those made since. Thumbnails are loaded when a view asks for them."""

    def __init__(self, loader: PictureLoader) -> None:
        super().__init__(loader)
        self._loader = loader
        self._paths: list[Path] = []
        self._batches: dict[str, dict[Path, int]] = {}
        self._order: list[Path] = []  # with those that have been deleted, each in its place
        loader.found.connect(self._on_found)
        loader.thumbnail_loaded.connect(self._on_thumbnail_loaded)

    def add(self, path: Path, recipe: Recipe | None = None) -> None:
        """A picture that has just been saved; those of its request with higher numbers stay above it."""
        if path not in self._paths:
            order = self._order = [known for known in self._order if known != path]
            above = 0
            if recipe is not None and (number := number_of(recipe)) is not None:
                batch = self._batches.setdefault(batch_of(recipe), {})
                batch[path] = number
                above = max(
                    (at + 1 for at, known in enumerate(order) if batch.get(known, number) > number), default=0
                )
            order.insert(above, path)
            self.take_back(path)

    def take_back(self, path: Path) -> None:
        """A picture that is there again, after it was deleted: it stands where it stood."""
        if path not in self._order:
            self.add(path)
        elif path not in self._paths:
            before = set(self._order[: self._order.index(path)])
            row = sum(shown in before for shown in self._paths)
            self.beginInsertRows(QModelIndex(), row, row)
            self._paths.insert(row, path)
            self.endInsertRows()

    def remove(self, path: Path) -> None:
        """A picture that has been deleted."""
        if (row := self.row(path)) is not None:
            self.beginRemoveRows(QModelIndex(), row, row)
            del self._paths[row]
            self.endRemoveRows()

    def path(self, row: int) -> Path:
        return self._paths[row]

    def row(self, path: Path) -> int | None:
        return self._paths.index(path) if path in self._paths else None

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._paths)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        path = self._paths[index.row()]
        match role:
            case Qt.ItemDataRole.AccessibleTextRole:
                return path.stem.replace("-", " ")
            case Qt.ItemDataRole.ToolTipRole:
                thumbnail = self._loader.thumbnail(path)
                badge = thumbnail.text(BADGE) if thumbnail is not None else ""
                return f"{path.name} · {badge}" if badge else path.name
            case role if role == THUMBNAIL_ROLE:
                return self._loader.thumbnail(path)
            case _:
                return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        enabled = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled
        return enabled if index.isValid() else Qt.ItemFlag.NoItemFlags

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(self._paths[index.row()])) for index in indexes])
        return data

    def _on_found(self, paths: tuple[Path, ...]) -> None:
        known = set(self._paths)
        new = [path for path in paths if path not in known]
        if new:
            self.beginInsertRows(QModelIndex(), len(self._paths), len(self._paths) + len(new) - 1)
            self._paths += new
            self._order = [path for path in self._order if path not in new] + new
            self.endInsertRows()

    def _on_thumbnail_loaded(self, path: Path) -> None:
        row = self.row(path)
        if row is not None:
            self.dataChanged.emit(self.index(row), self.index(row), [THUMBNAIL_ROLE])
