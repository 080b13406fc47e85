"""The queue: its requests, which can be reordered, edited, duplicated and removed, and its time."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QFrame,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.recent.queue_model import DETAIL_ROLE, PICTURE_ROLE, RUN_ROLE, RUNNER_ROLE, QueueModel
from app.session.progress_text import duration
from app.session.runner import Runner
from app.session.session import Session
from app.widgets.building import hbox, named, push_button, stretched, vbox
from app.widgets.elided_label import ElidedLabel
from core.language.words import tr
from core.runs.operations import Generate
from core.runs.queued import QueuedRun

MOST_ROWS = 5
ROW_PX, PICTURE_PX, GAP_PX = 46, 36, 8
STOP_PX, SIGN_PX = 28, 9
"""The area at the end of a row that stops, and the sign in it."""

Index = QModelIndex | QPersistentModelIndex


class QueueList(QWidget):
    """Follows the session's queue; hidden while nothing waits.

    Signals:
        live_asked: the picture in progress is to be looked at, which the session tells of now.
    """

    live_asked = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("queueList")
        self._session = session
        self._heading = ElidedLabel(name="queueHeading", role="caption")
        self._go_on = push_button(tr("Go on"), session.queue.go_on, kind="quiet", name="queueGoOnButton")
        clear = push_button(tr("Clear"), session.queue.clear, kind="quiet", name="queueClearButton")
        clear.setToolTip(tr("Remove everything that has not begun"))
        self.view = QueueView(session)
        self.view.live_asked.connect(self.live_asked)
        self.view.model().modelReset.connect(self._show)
        vbox(hbox(stretched(self._heading), self._go_on, clear, spacing=0), self.view, on=self, spacing=4)
        session.queue.changed.connect(self._show)
        session.image_ready.connect(self._show)
        self._show()

    @Slot()
    def _show(self) -> None:
        queue = self._session.queue
        entries, workers = queue.entries, len(self._session.pool.runners)
        waiting = sum(run.left for run in entries)
        seconds = self._session.times.of_queue(entries, queue.running, workers)
        time = f" · {duration(seconds)}" if seconds else ""
        self._heading.show_text(tr("{waiting:,} waiting{time}", waiting=waiting, time=time))
        self._go_on.setVisible(bool(queue.held))
        rows = min(self.view.model().rowCount(), MOST_ROWS)
        self.view.setFixedHeight(rows * ROW_PX + 2 * self.view.frameWidth())
        several = len(queue.running) > 1 or any(run.count > 1 for run in queue.running)
        self.setVisible(bool(waiting) or several)


class QueueView(QListView):
    """The rows, with a menu for each; Delete removes it, Alt with the arrow keys moves it.

    A click on a picture that is being made shows it; Delete stops it.

    Signals:
        live_asked: see `QueueList`.
    """

    live_asked = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._model = QueueModel(session, self)
        named(self, "queueView", tr("Queue"))
        self.setModel(self._model)
        delegate = QueueDelegate(self)
        delegate.show_asked.connect(self._show)
        delegate.stop_asked.connect(session.pool.stop_run)
        self.setItemDelegate(delegate)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setDragDropMode(QListView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setDragDropOverwriteMode(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._on_custom_context_menu_requested)
        self.activated.connect(self._on_activated)
        self._current_id = 0
        self._model.modelAboutToBeReset.connect(self._remember)
        self._model.modelReset.connect(self._restore)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        run, runner = self._run(self.currentIndex()), self.currentIndex().data(RUNNER_ROLE)
        with_alt = event.modifiers() & Qt.KeyboardModifier.AltModifier
        if runner is not None and event.key() == Qt.Key.Key_Delete:
            self._session.pool.stop_run(runner)
        elif run is not None and event.key() == Qt.Key.Key_Delete:
            self._session.queue.remove(run.id)
        elif run is not None and with_alt and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._move(run, -1 if event.key() == Qt.Key.Key_Up else 1)
        else:
            super().keyPressEvent(event)

    def actions_for(self, run: QueuedRun, runner: Runner | None = None) -> list[tuple[str, Callable[[], object]]]:
        """Returns what the menu of a row offers: words and work."""
        if runner is not None:
            return [
                (tr("Show"), partial(self._show, runner)),
                (tr("Stop\tDel"), partial(self._session.pool.stop_run, runner)),
            ]
        queue = self._session.queue
        again = [(tr("Try again"), partial(queue.try_again, run.id))] if run.problem else []
        edit = [(tr("Edit"), partial(self._edit, run))] if isinstance(run.operation, Generate) and run.left else []
        twice = [(tr("Duplicate"), partial(queue.duplicate, run.id))]
        return [
            *again,
            *edit,
            (tr("Move up\tAlt+Up"), partial(self._move, run, -1)),
            (tr("Move down\tAlt+Down"), partial(self._move, run, 1)),
            *(() if run.operation.goes_on_by_itself else twice),  # a grid makes each of its pictures once
            (tr("Remove\tDel"), partial(queue.remove, run.id)),
        ]

    def _run(self, index: Index) -> QueuedRun | None:
        return index.data(RUN_ROLE) if index.isValid() else None

    def _edit(self, run: QueuedRun) -> None:
        """Takes the pictures that have not begun out of the queue, and their settings into the controls."""
        self._session.queue.edit(run.id, self._session.apply)

    def _move(self, run: QueuedRun, by: int) -> None:
        ids = [other.id for other in self._session.queue.entries]
        if run.id in ids and 0 <= (place := ids.index(run.id) + by) < len(ids):
            ids.remove(run.id)
            self._session.queue.move(run.id, ids[place] if place < len(ids) else None)

    @Slot(QPoint)
    def _on_custom_context_menu_requested(self, position: QPoint) -> None:
        index = self.indexAt(position)
        run = self._run(index)
        if run is None:
            return
        menu = QMenu(self)
        for words, work in self.actions_for(run, index.data(RUNNER_ROLE)):
            menu.addAction(words).triggered.connect(work)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.viewport().mapToGlobal(position))

    @Slot(QModelIndex)
    def _on_activated(self, index: QModelIndex) -> None:
        if (runner := index.data(RUNNER_ROLE)) is not None:
            self._show(runner)

    @Slot(object)
    def _show(self, runner: Runner) -> None:
        self._session.pool.follow(runner)
        self.live_asked.emit()

    @Slot()
    def _remember(self) -> None:
        run = self._run(self.currentIndex())
        self._current_id = run.id if run is not None else 0

    @Slot()
    def _restore(self) -> None:
        row = self._model.row_of(self._current_id)
        if row >= 0:
            self.setCurrentIndex(self._model.index(row))


class QueueDelegate(QStyledItemDelegate):
    """Paints a row: the latest picture, the prompt, and below it what is known of the request.

    Signals:
        show_asked, stop_asked: the `Runner` of a picture that is being made.
    """

    show_asked = Signal(object)
    stop_asked = Signal(object)

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(option.rect.width(), ROW_PX)  # pyright: ignore[reportAttributeAccessIssue]

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        palette: QPalette = option.palette  # pyright: ignore[reportAttributeAccessIssue]
        state: QStyle.StateFlag = option.state  # pyright: ignore[reportAttributeAccessIssue]
        cell: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue]
        run: QueuedRun = index.data(RUN_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.fillRect(cell, palette.midlight())
        place = QRect(cell.left() + 4, cell.center().y() - PICTURE_PX // 2, PICTURE_PX, PICTURE_PX)
        painter.fillRect(place, palette.mid())
        picture = index.data(PICTURE_ROLE)
        if isinstance(picture, QImage):
            shown = picture.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
            area = QRect(QPoint(), shown)
            area.moveCenter(place.center())
            painter.drawImage(area, picture)
        text = cell.adjusted(PICTURE_PX + 4 + GAP_PX, 4, -4, -4)
        if index.data(RUNNER_ROLE) is not None:
            stop = QRect(0, 0, SIGN_PX, SIGN_PX)
            stop.moveCenter(self._stop_area(cell).center())
            painter.fillRect(stop, palette.text())
            text.setRight(self._stop_area(cell).left())
        painter.setFont(option.font)  # pyright: ignore[reportAttributeAccessIssue]
        painter.setPen(palette.text().color())
        self._line(painter, text, Qt.AlignmentFlag.AlignTop, str(index.data()))
        painter.setPen(palette.link().color() if run.problem else palette.placeholderText().color())
        self._line(painter, text, Qt.AlignmentFlag.AlignBottom, str(index.data(DETAIL_ROLE)))
        painter.restore()

    def editorEvent(
        self, event: QEvent, _model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index
    ) -> bool:
        """A click on the square of a picture that is being made stops it; elsewhere on the row it is shown."""
        runner: Runner | None = index.data(RUNNER_ROLE)
        cell: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue]
        if runner is None or not isinstance(event, QMouseEvent):
            return False
        if event.type() is not QEvent.Type.MouseButtonRelease or event.button() is not Qt.MouseButton.LeftButton:
            return False
        if self._stop_area(cell).contains(event.position().toPoint()):
            self.stop_asked.emit(runner)
        else:
            self.show_asked.emit(runner)
        return True

    def _stop_area(self, cell: QRect) -> QRect:
        return QRect(cell.right() - STOP_PX, cell.top(), STOP_PX, cell.height())

    def _line(self, painter: QPainter, area: QRect, side: Qt.AlignmentFlag, words: str) -> None:
        short = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, side | Qt.AlignmentFlag.AlignLeft, short)
