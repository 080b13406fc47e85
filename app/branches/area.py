"""The tree of branches under the film: an axis from noise to picture, and a row for each run."""

from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QFrame, QListView, QSizePolicy, QWidget

from app.branches.delegate import GAP_PX, ROW_PX, BranchDelegate, place_x
from app.branches.model import BranchModel
from app.session.background import BackgroundTasks
from app.widgets.building import named, vbox
from core.language.words import tr
from core.runs.branch_tree import BranchTree, branch_tree
from core.runs.run_index import RunIndex

_AXIS_PX = 22
_MOST_ROWS, _MOST_ROWS_LOW, _LEAST_ROWS = 3.5, 2.5, 2
_LOW_WINDOW_PX = 800
"""In windows lower than this, the tree leaves more room for the picture."""

_HINT = tr("Click a picture to open it and its film")


class _Axis(QWidget):
    """Names the two ends of the axis, above the rows."""

    def __init__(self, rows: QListView, parent: QWidget) -> None:
        super().__init__(parent)
        self._rows = rows
        self.setFixedHeight(_AXIS_PX)
        rows.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize:
            self.update()  # the scroll bar has come or gone
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        width = self._rows.viewport().width()
        left, right = place_x(0, width), place_x(1, width)
        painter.setPen(self.palette().placeholderText().color())
        area = QRectF(left, 0, right - left, self.height())
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, tr("noise"))
        words = QRectF(right + GAP_PX, 0, self.width() - right - 2 * GAP_PX, self.height())
        metrics = painter.fontMetrics()
        text = metrics.elidedText(
            tr("picture  ·  {hint}", hint=_HINT), Qt.TextElideMode.ElideRight, int(words.width())
        )
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        middle = round(self.height() / 2) + 0.5
        start, end = left + metrics.horizontalAdvance(tr("noise")) + 8, right + GAP_PX - 8
        painter.setPen(QPen(self.palette().mid().color(), 1))
        painter.drawLine(int(start), int(middle), int(end), int(middle))
        for side in (-1, 1):
            painter.drawLine(int(end), int(middle), int(end) - 4, int(middle) + 4 * side)


class BranchArea(QFrame):
    """Shows a tree; a click or Return opens the run's picture.

    Signals:
        opened(object): the `Path` of the picture. menu_wanted(object, QPoint): its menu, at a place on the screen.
    """

    opened = Signal(object)
    menu_wanted = Signal(object, QPoint)

    def __init__(self, model: BranchModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("branchArea")
        self._model = model
        self._rows = named(QListView(self), "branchTree", tr("Branches"))
        self._rows.setModel(model)
        self._rows.setItemDelegate(BranchDelegate(self._rows))
        self._rows.setMouseTracking(True)
        self._rows.setUniformItemSizes(True)
        self._rows.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self._rows.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._rows.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._rows.setCursor(Qt.CursorShape.PointingHandCursor)
        self._rows.clicked.connect(self._open)
        self._rows.activated.connect(self._open)
        self._rows.customContextMenuRequested.connect(self._on_custom_context_menu_requested)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        vbox(_Axis(self._rows, self), self._rows, on=self, margins=(0, 0, 0, 4), spacing=0)
        self._turn = QTimer(self, singleShot=True, interval=0)
        self._turn.timeout.connect(self._scroll_to_current)
        model.modelReset.connect(self._fit)

    def sizeHint(self) -> QSize:
        most = _MOST_ROWS if self.window().height() >= _LOW_WINDOW_PX else _MOST_ROWS_LOW
        rows = min(max(self._model.rowCount(), _LEAST_ROWS), most)
        return QSize(320, _AXIS_PX + int(rows * ROW_PX) + 6)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._turn.start()  # once it has its height

    @Slot()
    def _fit(self) -> None:
        self.updateGeometry()
        if self._model.tree is not None:
            self._rows.setCurrentIndex(self._model.index(self._model.tree.current))
            self._turn.start()

    @Slot()
    def _scroll_to_current(self) -> None:
        if self._model.tree is not None:
            current = self._model.index(self._model.tree.current)
            self._rows.scrollTo(current, QListView.ScrollHint.PositionAtCenter)

    @Slot(QModelIndex)
    def _open(self, index: QModelIndex) -> None:
        picture = self._model.picture(index.row())
        if picture is not None:
            self.opened.emit(picture)

    @Slot(QPoint)
    def _on_custom_context_menu_requested(self, place: QPoint) -> None:
        index = self._rows.indexAt(place)
        picture: Path | None = self._model.picture(index.row()) if index.isValid() else None
        if picture is not None:
            self.menu_wanted.emit(picture, self._rows.viewport().mapToGlobal(place))


class BranchReader(QObject):
    """Reads each recipe of the folder once.

    Signals:
        found: a run and its `BranchTree`, None if no picture of it is known; only the newest question is answered.
    """

    found = Signal(str, object)

    def __init__(
        self, folder: Callable[[], Path], background: BackgroundTasks, parent: QObject | None = None
    ) -> None:
        """``folder`` tells where the pictures are now."""
        super().__init__(parent)
        self._folder = folder
        self._index = RunIndex()
        self._tasks = background.queue(self, "branches")

    def find(self, run: str) -> None:
        """Looks at what is new in the folder, and for the tree of this run."""
        self._tasks.cancel()
        self._tasks.follow(partial(self._search, run, self._folder()), answer=partial(self.found.emit, run))

    def _search(self, run: str, folder: Path) -> Generator[None, None, BranchTree | None]:
        """In a background thread."""
        yield from self._index.refresh(folder)
        return branch_tree(run, self._index.relatives(run))
