"""The page *Grid*: three axes to plan one, what it will take, and the table of the one that is shown."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QImage, QShowEvent
from PySide6.QtWidgets import QFrame, QWidget

from app.grid.axis_row import AxisRow
from app.grid.grids import Grids, OpenGrid, Planned
from app.grid.table import GridTable
from app.messages.errors import Message, message
from app.session.grid_text import size_words, work_words
from app.session.picture_loader import thumbnail
from app.session.run import RunState
from app.session.runner import Runner
from app.session.session import Session
from app.widgets.building import STRETCH, hbox, push_button, stretched, text_label, vbox
from app.widgets.drop_router import DropRouter, DropRule, first, is_picture
from app.widgets.field import set_tone
from app.widgets.file_dialogs import PICTURES, ask_file
from app.widgets.message_bar import MessageArea
from app.widgets.pixels import to_image
from core.errors import EmulsionError
from core.grid.grid import NAMES
from core.language.words import tr
from core.request.request import GenerationRequest
from core.request.samplers import SAMPLERS
from core.request.settings.emphasis import MODES
from core.runs.events import Event, ImageReady, Stepped

PLAN_AFTER_MS = 300
FAILED = "grid failed"


class GridPage(QWidget):
    """A page of the window.

    Attributes:
        rows: the axes X, Y and Z. table: of the grid that is shown.
        shown: that grid, None before the first one.

    Signals:
        picture_asked: the path of a picture to be looked at, with its film.
        live_asked: the picture in progress is to be looked at.
    """

    picture_asked = Signal(object)
    live_asked = Signal()

    def __init__(self, session: Session, grids: Grids) -> None:
        super().__init__()
        self.setObjectName("gridPage")
        DropRouter(self, [DropRule(is_picture, first(grids.open))])
        self._session = session
        self._grids = grids
        self._planned: Planned | None = None
        self.shown: OpenGrid | None = None
        self._unsaved: set[int] = set()  # finished, and still on their way to the disk
        self._awaited: int | None = None  # of those the one that is to be opened then
        self._thumbnails = session.background.queue(self, "grid thumbnails")
        self._timer = QTimer(self, singleShot=True, interval=PLAN_AFTER_MS)
        self._timer.timeout.connect(self._plan)
        self.messages = MessageArea()
        self.rows = tuple(AxisRow(name, self._choices) for name in NAMES)
        self._told = text_label(name="gridPlanText", role="hint", wraps=True, is_plain=True)
        self._make = push_button(tr("Make grid"), self._begin, name="gridMakeButton", kind="primary")
        self._make.setToolTip(
            tr("Make a picture for each combination of these values, with all other settings from Create")
        )
        self._open = push_button(tr("Open…"), self._ask_sheet, name="gridOpenButton")
        self._open.setToolTip(tr("Open a grid that you made before, by its sheet"))
        self._title = text_label(name="gridTitle", role="title", is_plain=True)
        self._rest = push_button(tr("Make the rest"), self._make_rest, name="gridRestButton")
        self._stop = push_button(tr("Stop"), session.stop, name="gridStopButton")
        self._sheet = push_button(tr("Show sheet"), self._show_sheet, name="gridSheetButton")
        self.table = GridTable()
        self._lay_out()
        for row in self.rows:
            row.edited.connect(self._on_edited)
        self.table.chosen.connect(self._on_chosen)
        grids.opened.connect(self._on_opened)
        grids.picture_made.connect(self._on_picture_made)
        grids.looked.connect(self._update)
        grids.failed.connect(self._on_failed)
        session.draft_edited.connect(self._on_draft_edited)
        session.pool.step_shown.connect(self._on_step_shown)
        session.pool.happened.connect(self._on_happened)
        session.queue.changed.connect(self._update)
        session.state_changed.connect(self._update)
        for opened in grids.known:
            self._on_opened(opened)
        self._update()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._on_edited()
        if self.shown is not None:
            self._grids.look_again(self.shown)

    def _lay_out(self) -> None:
        plan = QFrame()
        plan.setProperty("role", "panel")
        buttons = hbox(stretched(self._told), self._open, self._make, spacing=8)
        vbox(*self.rows, buttons, on=plan, margins=(16, 12, 16, 12), spacing=8)
        head = hbox(self._title, STRETCH, self._sheet, self._stop, self._rest, spacing=8)
        below = vbox(head, stretched(self.table), margins=16, spacing=8)
        self.panes = (plan, self.table)
        vbox(self.messages, plan, stretched(below), on=self, spacing=0)

    def _choices(self, kind: str) -> Sequence[str]:
        editor = self._session.draft_editor
        match kind:
            case "sampler":
                return editor.limits.samplers
            case "schedule":
                label = SAMPLERS[self._session.draft.sampler].label
                return [one.schedule_label or "Uniform" for one in SAMPLERS.values() if one.label == label]
            case "model":
                return [model.key for model in editor.models]
            case "emphasis":
                return tuple(MODES)
            case "lora":
                at_hand = self._session.loras.at_hand
                return [found.name for found in at_hand.loras if found.file] if at_hand is not None else ()
            case _:
                return ()

    @Slot()
    def _on_edited(self) -> None:
        """Plans a moment after the last letter was typed; until then nothing can be begun."""
        self._planned = None
        self._update()
        self._timer.start()

    @Slot(object)
    def _on_draft_edited(self, _draft: GenerationRequest) -> None:
        if self.isVisible():
            self._on_edited()

    @Slot()
    def _plan(self) -> None:
        typed = [row.typed for row in self.rows]
        if not any(kind for kind, _ in typed):
            self._tell(tr("Choose a setting for X, then its values. All other settings come from Create."))
            return
        request = self._session.loras.fitting(self._session.draft)
        self._grids.plan(request, typed, self._on_planned, self._on_refused)

    def _on_planned(self, planned: Planned) -> None:
        if self._timer.isActive():  # something else has been typed meanwhile
            return
        self._planned = planned
        axes = [axis for axis in planned.grid.axes if axis.kind]
        work = work_words(planned.work)
        self._tell(tr("{size}: {work}", size=size_words(planned.grid), work=work) if len(axes) > 1 else work)
        self._update()

    def _on_refused(self, error: EmulsionError) -> None:
        if not self._timer.isActive():
            is_begun = all(values.strip() for kind, values in (row.typed for row in self.rows) if kind)
            self._tell(str(message(error)), "error" if is_begun else "")

    def _tell(self, words: str, tone: str = "") -> None:
        self._told.setText(words)
        set_tone(self._told, tone)

    @Slot()
    def _begin(self) -> None:
        """Takes the plan, so that a second click does not make the same grid again."""
        if (planned := self._planned) is not None:
            self.messages.dismiss_errors()
            self._on_edited()
            self._grids.begin(planned.grid)

    @Slot()
    def _ask_sheet(self) -> None:
        ask_file(self, tr("Open the sheet of a grid"), self._grids.open, [PICTURES])

    @Slot()
    def _make_rest(self) -> None:
        if self.shown is not None:
            self._rest.setEnabled(False)
            self._grids.make_rest(self.shown)

    @Slot()
    def _show_sheet(self) -> None:
        if self.shown is not None:
            self.picture_asked.emit(self.shown.sheet)

    @Slot(object)
    def _on_opened(self, opened: OpenGrid) -> None:
        self.messages.dismiss_errors()
        self.shown, self._awaited = opened, None
        self._unsaved.clear()
        self.table.show_grid(opened.grid)
        if not any(kind for kind, _ in (row.typed for row in self.rows)):
            for row, axis in zip(self.rows, opened.grid.axes, strict=True):
                row.show_axis(axis.kind, axis.text)
            self._on_edited()
        self._thumbnails.cancel()
        for number, path in opened.pictures.items():
            self._thumbnails.submit(partial(thumbnail, path), partial(self._show_thumbnail, number))
        self._update()

    def _show_thumbnail(self, number: int, image: QImage) -> None:
        if not image.isNull():
            self.table.show_picture(number, image, is_finished=True)

    @Slot(object, int)
    def _on_picture_made(self, opened: OpenGrid, number: int) -> None:
        if self.shown is None:
            self._on_opened(opened)
        self._update()
        if self.shown is opened:
            self._unsaved.discard(number)
            if number == self._awaited:
                self._awaited = None
                self.picture_asked.emit(opened.pictures[number])

    @Slot(object, object)
    def _on_step_shown(self, _runner: Runner, stepped: Stepped) -> None:
        if self.isVisible() and (number := self._number_of(stepped.film.run)) is not None:
            self.table.show_picture(number, to_image(stepped.preview.pixels), is_finished=False)

    @Slot(object, object)
    def _on_happened(self, _runner: Runner, event: Event) -> None:
        if isinstance(event, ImageReady) and (number := self._number_of(event.film.run)) is not None:
            self._unsaved.add(number)
            self.table.show_picture(number, to_image(event.image.pixels), is_finished=True)

    def _number_of(self, run: str) -> int | None:
        return self.shown.grid.number_of(run) if self.shown is not None else None

    @Slot(int)
    def _on_chosen(self, number: int) -> None:
        """Opens a finished picture with its film as soon as it is saved, or looks at the one in progress."""
        if self.shown is None:
            return
        path: Path | None = self.shown.pictures.get(number)
        self._awaited = None
        if path is not None:
            self.picture_asked.emit(path)
        elif number in self._unsaved:
            self._awaited = number
        for runner in self._session.pool.busy:
            film = runner.progress.film
            if runner.progress.is_developing and film is not None and self._number_of(film.run) == number:
                self._session.pool.follow(runner)
                self.live_asked.emit()

    @Slot(object)
    def _on_failed(self, problem: Message) -> None:
        self.messages.show_message(FAILED, problem, "error")

    @Slot()
    def _update(self) -> None:
        """Says how far the grid is, and enables what can be done with it."""
        shown, state = self.shown, self._session.state
        waits = shown is not None and self._grids.waits(shown)
        self._make.setEnabled(self._planned is not None)
        self._sheet.setEnabled(shown is not None)
        self._stop.setEnabled(waits and state in (RunState.running, RunState.paused))
        self._rest.setEnabled(shown is not None and not waits and not shown.is_complete)
        if shown is None:
            self._title.setText("")
            return
        done, count = len(shown.pictures), shown.grid.count
        self._title.setText(tr("{done:,} of {count:,} pictures", done=done, count=count))
