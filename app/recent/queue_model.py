"""The rows of the queue: one for each request, and where several places make pictures, one for each in progress.

A row has progress, time and latest picture.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QMimeData, QModelIndex, QObject, QPersistentModelIndex, Qt, Slot
from PySide6.QtGui import QImage

from app.messages.places import engine_text
from app.session.progress_text import PHASE_WORDS, duration
from app.session.run import RunState
from app.session.runner import Runner
from app.session.session import Session
from app.widgets.pixels import to_image
from core.language.words import plural, tr
from core.pictures.picture import GeneratedImage
from core.runs.events import Event, ImageReady, LinearPreview, Preview, Stepped
from core.runs.operations import GenerateBranch
from core.runs.queued import QueuedRun

Index = QModelIndex | QPersistentModelIndex

DETAIL_ROLE = int(Qt.ItemDataRole.UserRole)
"""The second line of a row, in words."""

PICTURE_ROLE, RUN_ROLE, RUNNER_ROLE = DETAIL_ROLE + 1, DETAIL_ROLE + 2, DETAIL_ROLE + 3
"""`QImage` or None; the `QueuedRun`; and the `Runner` of a picture that is being made, None for other rows."""

Row = tuple[QueuedRun, Runner | None]
Picture = QImage | Preview | LinearPreview | GeneratedImage

_NOWHERE = QModelIndex()
_MIME = "application/x-emulsion-queued-run"


class QueueModel(QAbstractListModel):
    """Follows the session's queue. Rows can be dragged to another place."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._rows: tuple[Row, ...] = ()
        self._pictures: dict[tuple[int, int], Picture] = {}
        session.queue.changed.connect(self._on_changed)
        session.pool.changed.connect(self._on_changed)
        session.pool.step_shown.connect(self._on_step_shown)
        session.pool.happened.connect(self._on_happened)
        self._on_changed()

    def row_of(self, run_id: int) -> int:
        """Returns the row of a request, -1 where it is not in the queue any more."""
        return next((row for row, (run, runner) in enumerate(self._rows) if run.id == run_id and not runner), -1)

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        run, runner = self._rows[index.row()]
        title = run.operation.title
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return title
            case Qt.ItemDataRole.AccessibleTextRole | Qt.ItemDataRole.ToolTipRole:
                place = f"\n{self._session.place_text(runner)}" if runner is not None else ""
                return f"{title[:300]}\n{self._detail(run, runner)}{place}"
            case role if role == DETAIL_ROLE:
                return self._detail(run, runner)
            case role if role == PICTURE_ROLE:
                return self._picture(run, runner)
            case role if role == RUN_ROLE:
                return run
            case role if role == RUNNER_ROLE:
                return runner
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
        data.setData(_MIME, str(self._rows[indexes[0].row()][0].id).encode())
        return data

    def dropMimeData(self, data: QMimeData, _action: Qt.DropAction, row: int, _column: int, parent: Index) -> bool:
        """Moves the request; False, since there is nothing left to be removed by the view."""
        place = row if row >= 0 else parent.row() if parent.isValid() else len(self._rows)
        text = bytes(data.data(_MIME).data()).decode()
        if text.isdigit():
            self._session.queue.move(int(text), self._rows[place][0].id if place < len(self._rows) else None)
        return False

    def _detail(self, run: QueuedRun, runner: Runner | None) -> str:
        if run.problem:
            return run.problem
        request, left = run.operation.made, run.left if self._is_spread else run.left + self._in_progress(run)
        parts = [tr("{begun} of {count}", begun=run.count - run.left, count=run.count)] if run.count > 1 else []
        if runner is not None:
            return " · ".join((engine_text(runner.number), *self._progress(runner)))
        if request is not None:
            parts.append(plural("1 step", "{count} steps", request.all_steps))
            seconds = self._session.times.of_picture(request)
            parts += [duration(seconds * left)] if seconds is not None and left else []
        return " · ".join(parts)

    @property
    def _is_spread(self) -> bool:
        return len(self._session.pool.runners) > 1

    def _in_progress(self, run: QueuedRun) -> int:
        return self._session.queue.in_progress(run.id)

    def _progress(self, runner: Runner) -> Iterator[str]:
        """Yields how far a picture is that is being made, and the time that it still takes."""
        film = runner.progress.film if runner.stepped is not None else None
        if runner.state is RunState.stopping:
            yield tr("Stopping")
        elif runner.phase is not None:
            yield PHASE_WORDS[runner.phase]
        elif film is None:
            yield tr("Starting")
        else:
            yield f"{film.frames[-1].step + 1}/{film.request.all_steps}"
            if (seconds := self._session.times.of_picture(film.request)) is not None:
                yield duration(seconds * (1 - len(film.frames) / max(film.schedule.calls, 1)))

    def _picture(self, run: QueuedRun, runner: Runner | None) -> QImage | None:
        key = run.id, runner.number if runner is not None else 0
        if key not in self._pictures and isinstance(run.operation, GenerateBranch):
            film = run.operation.branch.film
            if film.frames:
                self._pictures[key] = to_image(film.picture(film.frames[-1].denoised))
        picture = self._pictures.get(key)
        if picture is not None and not isinstance(picture, QImage):  # first when it is painted: most never are
            picture = self._pictures[key] = to_image(picture.pixels)
        return picture

    @Slot()
    def _on_changed(self) -> None:
        rows, before = tuple(self._found()), self._rows
        if [_key(row) for row in rows] == [_key(row) for row in before]:
            self._rows = rows
            for row, ((run, runner), (old, _)) in enumerate(zip(rows, before, strict=True)):
                if run is not old or runner is not None:
                    self.dataChanged.emit(self.index(row), self.index(row))
            return
        self.beginResetModel()
        self._rows = rows
        kept = {_key(row) for row in rows}
        self._pictures = {key: picture for key, picture in self._pictures.items() if key in kept}
        self.endResetModel()

    def _found(self) -> Iterator[Row]:
        """Yields the rows in their order: those of a request's pictures in progress stand above its own."""
        for run in self._session.queue.entries:
            making = self._session.pool.of_request(run.id) if self._is_spread else ()
            yield from ((run, runner) for runner in making)
            if run.left or not making:
                yield run, None

    @Slot(object, object)
    def _on_step_shown(self, runner: Runner, stepped: Stepped) -> None:
        self._show(runner, stepped.preview)

    @Slot(object, object)
    def _on_happened(self, runner: Runner, event: Event) -> None:
        if isinstance(event, ImageReady):
            self._show(runner, event.image)

    def _show(self, runner: Runner, picture: Preview | LinearPreview | GeneratedImage) -> None:
        run_id = runner.run.id if runner.run is not None else 0
        for row, (run, maker) in enumerate(self._rows):
            if run.id == run_id and maker in (runner, None):
                self._pictures[_key((run, maker))] = picture
                self.dataChanged.emit(self.index(row), self.index(row))


def _key(row: Row) -> tuple[int, int]:
    run, runner = row
    return run.id, runner.number if runner is not None else 0
