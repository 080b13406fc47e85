"""The contact sheet over the canvas: begun pictures, of which one chooses those to be finished."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, QItemSelectionModel, QObject, QSize, Qt, Signal, Slot
from PySide6.QtGui import QIcon, QKeySequence, QPixmap, QShortcut
from PySide6.QtWidgets import QFrame, QListView, QListWidget, QListWidgetItem, QPushButton, QWidget

from app.session.early_choice import EarlyChoice
from app.session.engine_tasks import EngineTasks
from app.widgets.building import named, push_button, stretched, text_label, vbox
from app.widgets.flow_layout import FlowLayout
from app.widgets.pixels import enlarged, to_image
from core.film.film import Film
from core.language.words import tr
from core.measures.difference import spread
from core.pictures.pixels import Pixels
from core.runs.operations import Decode

SMALLEST_PX, LARGEST_PX, GAP_PX = 112, 320, 12
TEXT_PX = 28
RUN = Qt.ItemDataRole.UserRole

UNDECIDED = 8.0
"""The mean difference of all pairs, of 255, below which pictures look alike."""

CHOOSE = tr("Click or press Space to select, arrow keys to move, Enter to finish the selected ones.")
NOTHING_DECIDED = tr(
    "Nothing is decided yet: the pictures hardly differ. Next time, wait for a higher percentage."
)


class ContactSheet(QFrame):
    """Covers its parent while there is something to choose.

    Signals:
        chosen: runs to be finished, a tuple of `Film.run`; the others are to be let go.
    """

    chosen = Signal(object)

    def __init__(self, early_choice: EarlyChoice, engine_tasks: EngineTasks, canvas: QWidget) -> None:
        super().__init__(canvas)
        self.setObjectName("contactSheet")
        self.setProperty("role", "sheet")
        self._early_choice = early_choice
        self._engine_tasks = engine_tasks
        self._canvas = canvas
        self._title = text_label(role="title")
        self._hint = text_label(CHOOSE, name="contactSheetHint", role="hint", wraps=True)
        self._pictures: dict[str, Pixels] = {}
        self.list = named(QListWidget(), "contactSheetList", tr("Pictures to choose from"))
        self.list.setViewMode(QListView.ViewMode.IconMode)
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setMovement(QListView.Movement.Static)
        self.list.setSelectionMode(QListWidget.SelectionMode.MultiSelection)
        self.list.setUniformItemSizes(True)
        self.list.setSpacing(GAP_PX // 2)
        self.list.itemSelectionChanged.connect(self._count)
        self._all = self._button(tr("Select all"), "markAllButton", self.list.selectAll)
        self._none = self._button(tr("Select none"), "markNoneButton", self.list.clearSelection)
        self._discard = self._button(tr("Discard all"), "discardAllButton", self._discard_all)
        self._finish = self._button(tr("Finish"), "finishChosenButton", self._finish_chosen)
        self._finish.setProperty("kind", "primary")
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            QShortcut(QKeySequence(key), self.list, self._finish_chosen, context=Qt.ShortcutContext.WidgetShortcut)
        buttons = QWidget()
        row = FlowLayout(buttons, 8)
        for button in (self._finish, self._all, self._none, self._discard):
            row.addWidget(button)
        vbox(self._title, self._hint, stretched(self.list), buttons, on=self, margins=16, spacing=8)
        canvas.installEventFilter(self)
        early_choice.changed.connect(self._on_changed)
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._canvas and event.type() is QEvent.Type.Resize:
            self._cover()
        return super().eventFilter(watched, event)

    @property
    def marked(self) -> tuple[str, ...]:
        """The runs that are marked."""
        return tuple(item.data(RUN) for item in self.list.selectedItems())

    @Slot()
    def _on_changed(self) -> None:
        films = self._early_choice.films
        if not films:
            self.list.clear()
            self._pictures.clear()
            if self.list.hasFocus() or self._finish.hasFocus() or self._discard.hasFocus():
                self._canvas.setFocus()  # it would go to the header, which is next
            self.hide()
            return
        if [self.list.item(row).data(RUN) for row in range(self.list.count())] != [
            film.run for film in films[: self.list.count()]
        ]:
            self.list.clear()  # films that were discarded are back, before those that came since
        for film in films[self.list.count() :]:
            self._add(film)
        step, steps = films[-1].frames[-1].step + 1, films[-1].request.all_steps
        coming = self._early_choice.coming
        more = tr(" · {coming} more on the way", coming=coming) if coming else ""
        self._title.setText(
            tr("Choose which to finish · step {step} of {steps}{more}", step=step, steps=steps, more=more)
        )
        self._count()
        if self.isHidden():
            self._cover()
            self.show()
            self.raise_()
            self.list.setCurrentRow(0, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.list.setFocus()

    def _add(self, film: Film) -> None:
        item = QListWidgetItem(str(self.list.count() + 1), self.list)
        item.setToolTip(tr("Seed {seed}", seed=film.request.seed))
        item.setTextAlignment(Qt.AlignmentFlag.AlignHCenter)
        item.setData(RUN, film.run)
        frame = film.frames[-1]
        self._show_picture(item, film.picture(frame.denoised))
        decode, shown = Decode(film, frame.denoised), partial(self.show_decoded, film)
        self._engine_tasks.submit(f"sheet {film.run}", decode, shown)

    def show_decoded(self, film: Film, pixels: Pixels) -> None:
        """Shows the true picture of a begun run."""
        for row in range(self.list.count()):
            item = self.list.item(row)
            if item.data(RUN) == film.run:
                self._show_picture(item, film.shown(pixels))

    def _tell_difference(self) -> None:
        """Says so where the pictures are alike, because they are still mostly noise."""
        pictures = [picture[::8, ::8] for picture in self._pictures.values()]
        sizes = {picture.shape for picture in pictures}
        is_undecided = len(pictures) > 1 and len(sizes) == 1 and spread(pictures) < UNDECIDED
        self._hint.setText(NOTHING_DECIDED if is_undecided else CHOOSE)

    def _show_picture(self, item: QListWidgetItem, pixels: Pixels) -> None:
        self._pictures[item.data(RUN)] = pixels
        self._tell_difference()
        pixmap = QPixmap.fromImage(enlarged(to_image(pixels)))
        icon = QIcon(pixmap)
        icon.addPixmap(pixmap, QIcon.Mode.Selected)  # not tinted: a mark is a frame
        item.setIcon(icon)

    def _cover(self) -> None:
        """Covers the canvas, with pictures as large as they all fit."""
        self.setGeometry(self._canvas.rect())
        room = QSize(self.width() - 56, self.height() - 150)
        count = max(len(self._early_choice.films) + self._early_choice.coming, 1)

        def side_of(columns: int) -> int:
            rows = -(-count // columns)
            fitting = min(room.width() // columns - GAP_PX, room.height() // rows - GAP_PX - TEXT_PX)
            return max(SMALLEST_PX, min(fitting, LARGEST_PX))

        def waste(columns: int) -> tuple[int, int, int]:
            """Prefers large pictures, then few empty places, then a square."""
            rows = -(-count // columns)
            return -side_of(columns), rows * columns - count, abs(rows - columns)

        most = max(room.width() // (SMALLEST_PX + GAP_PX), 1)
        columns = min(range(1, min(count, most) + 1), key=waste)
        side = side_of(columns)
        self.list.setIconSize(QSize(side, side))
        self.list.setGridSize(QSize(max(room.width() // columns, side + GAP_PX), side + GAP_PX + TEXT_PX))

    @Slot()
    def _count(self) -> None:
        marked, there = len(self.list.selectedItems()), self.list.count()
        self._finish.setText(tr("Finish {marked} of {there}", marked=marked, there=there))
        self._finish.setEnabled(marked > 0)

    @Slot()
    def _finish_chosen(self) -> None:
        if self.marked:
            self.chosen.emit(self.marked)

    @Slot()
    def _discard_all(self) -> None:
        self.chosen.emit(())

    def _button(self, text: str, name: str, act: Callable[[], None]) -> QPushButton:
        return push_button(text, act, name=name)
