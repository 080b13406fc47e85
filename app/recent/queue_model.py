"""The rows of the queue: one for each request, with its progress, time and latest picture."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QMimeData, QModelIndex, QObject, QPersistentModelIndex, Qt, Slot
from PySide6.QtGui import QImage

from app.session.progress_text import duration
from app.session.session import Session
from app.widgets.pixels import to_image
from core.language.words import plural, tr
from core.pictures.picture import GeneratedImage
from core.runs.events import ImageReady, LinearPreview, Preview, Stepped
from core.runs.operations import GenerateBranch
from core.runs.queued import QueuedRun

Index = QModelIndex | QPersistentModelIndex

DETAIL_ROLE = int(Qt.ItemDataRole.UserRole)
"""The second line of a row, in words."""

PICTURE_ROLE, RUN_ROLE = DETAIL_ROLE + 1, DETAIL_ROLE + 2
"""`QImage` or None, and the `QueuedRun`."""

_NOWHERE = QModelIndex()
_MIME = "application/x-emulsion-queued-run"


class QueueModel(QAbstractListModel):
    """Follows the session's queue. Rows can be dragged to another place."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._runs: tuple[QueuedRun, ...] = ()
        self._pictures: dict[int, QImage | Preview | LinearPreview | GeneratedImage] = {}
        session.queue.changed.connect(self._on_changed)
        session.step_shown.connect(self._on_step_shown)
        session.image_ready.connect(self._on_image_ready)
        self._on_changed()

    def row_of(self, run_id: int) -> int:
        """Returns the row of a request, -1 where it is not in the queue any more."""
        return next((row for row, run in enumerate(self._runs) if run.id == run_id), -1)

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._runs)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        run = self._runs[index.row()]
        title = run.operation.title
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return title
            case Qt.ItemDataRole.AccessibleTextRole | Qt.ItemDataRole.ToolTipRole:
                return f"{title[:300]}\n{self._detail(run)}"
            case role if role == DETAIL_ROLE:
                return self._detail(run)
            case role if role == PICTURE_ROLE:
                return self._picture(run)
            case role if role == RUN_ROLE:
                return run
            case _:
                return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        item = Qt.ItemFlag
        if not index.isValid():
            return item.ItemIsDropEnabled
        return item.ItemIsEnabled | item.ItemIsSelectable | item.ItemIsDragEnabled

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        return [_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        data.setData(_MIME, str(self._runs[indexes[0].row()].id).encode())
        return data

    def dropMimeData(self, data: QMimeData, _action: Qt.DropAction, row: int, _column: int, parent: Index) -> bool:
        """Moves the request; False, since there is nothing left to be removed by the view."""
        place = row if row >= 0 else parent.row() if parent.isValid() else len(self._runs)
        text = bytes(data.data(_MIME).data()).decode()
        if text.isdigit():
            self._session.queue.move(int(text), self._runs[place].id if place < len(self._runs) else None)
        return False

    def _detail(self, run: QueuedRun) -> str:
        if run.problem:
            return run.problem
        request = run.operation.made
        parts = [tr("{begun} of {count}", begun=run.begun, count=run.count)] if run.count > 1 else []
        if request is not None:
            parts.append(plural("1 step", "{count} steps", request.all_steps))
            seconds = self._session.times.of_picture(request)
            left = run.left + (run.id == self._session.queue.running_id)
            parts += [duration(seconds * left)] if seconds is not None and left else []
        return " · ".join(parts)

    def _picture(self, run: QueuedRun) -> QImage | None:
        if run.id not in self._pictures and isinstance(run.operation, GenerateBranch):
            film = run.operation.branch.film
            if film.frames:
                self._pictures[run.id] = to_image(film.picture(film.frames[-1].denoised))
        picture = self._pictures.get(run.id)
        if picture is not None and not isinstance(picture, QImage):  # first when it is painted: most never are
            picture = self._pictures[run.id] = to_image(picture.pixels)
        return picture

    @Slot()
    def _on_changed(self) -> None:
        runs, before = self._session.queue.entries, self._runs
        if [run.id for run in runs] == [run.id for run in before]:
            self._runs = runs
            for row, (run, old) in enumerate(zip(runs, before, strict=True)):
                if run is not old:
                    self.dataChanged.emit(self.index(row), self.index(row))
            return
        self.beginResetModel()
        self._runs = runs
        kept = {run.id for run in runs}
        self._pictures = {run: picture for run, picture in self._pictures.items() if run in kept}
        self.endResetModel()

    @Slot(object)
    def _on_step_shown(self, stepped: Stepped) -> None:
        self._show(stepped.preview)

    @Slot(object)
    def _on_image_ready(self, ready: ImageReady) -> None:
        self._show(ready.image)

    def _show(self, picture: Preview | LinearPreview | GeneratedImage) -> None:
        row = self.row_of(self._session.queue.running_id or 0)
        if row >= 0:
            self._pictures[self._runs[row].id] = picture
            self.dataChanged.emit(self.index(row), self.index(row))
