"""One view of the chosen step, or four in step with each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from app.film.frame_context import FrameContext

if TYPE_CHECKING:
    from app.film.view_frame import ViewFrame

FIRST_VIEWS = ("noisy", "denoised", "guidance", "schedule")
_PLEASANT_RATIO = 1.3
"""Width to height of a view; four are arranged so that they come near it."""

_SMALLEST_PX = (160, 200)
"""Whatever the views would want: another view moves nothing around them."""


class ViewArea(QWidget):
    """Makes its frames when it is first shown, because importing pyqtgraph takes a quarter of a second.

    Signals:
        call_selected, decode_wanted, attention_wanted, overlay_wanted: see `FilmView`.
        views_changed(object): names of the chosen views, a tuple of str.
        view_explained(str): the explanation of this view was shown; it should not open by itself again.
        save_failed(object): a SaveFailed from saving a plot.
    """

    call_selected = Signal(int)
    decode_wanted = Signal(object)
    attention_wanted = Signal()
    overlay_wanted = Signal(object)
    views_changed = Signal(object)
    view_explained = Signal(str)
    save_failed = Signal(object)

    def __init__(self, explained: Iterable[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("filmViews")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(*_SMALLEST_PX)
        self._explained = set(explained)
        self._names: list[str] = list(FIRST_VIEWS)
        self._shown = 1
        self._arranged = (0, 0)
        self._moment: FrameContext | None = None
        self._frames: list[ViewFrame] = []
        self._waiting: list[ViewFrame] = []
        self._next = QTimer(self, singleShot=True, interval=0)
        self._next.timeout.connect(self._show_next)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(8, 4, 8, 4)
        self._grid.setSpacing(8)

    @property
    def names(self) -> tuple[str, ...]:
        """Returns the names of the chosen views."""
        return tuple(self._names[: self._shown])

    @property
    def frames(self) -> tuple[ViewFrame, ...]:
        """Returns the frames that are shown, once they have been made."""
        return tuple(self._frames[: self._shown])

    def choose(self, names: Sequence[str]) -> None:
        """Shows one view or four; none leaves the choice unchanged."""
        if names:
            self._names[: len(names)] = names[: len(self._names)]
            self._shown = len(FIRST_VIEWS) if len(names) > 1 else 1
            for frame, name in zip(self._frames, self._names, strict=False):
                frame.choose(name)
            self._arrange()

    @Slot(bool)
    def show_four(self, are_four: bool) -> None:
        self._shown = len(FIRST_VIEWS) if are_four else 1
        self._arrange()
        self.views_changed.emit(self.names)

    def explain_nothing(self) -> None:
        """Lets no view explain itself until the program is started again; the question marks still do."""
        from app.film.views import VIEWS

        self._explained.update(VIEWS)

    def show_moment(self, moment: FrameContext | None) -> None:
        """Shows a moment in one view now, and in the others in the next turns of the event loop.

        Clicks and keys are answered between them. Where moments come faster, each view gets its turn. An area that
        is not visible shows nothing; when it becomes visible it shows the last moment.
        """
        self._moment = moment
        if self.isVisible():
            waiting = [frame for frame in self._waiting if frame in self.frames]
            self._waiting = waiting + [frame for frame in self.frames if frame not in waiting]
            self._show_next()

    @Slot()
    def _show_next(self) -> None:
        if self._waiting:
            self._waiting.pop(0).show_moment(self._moment)
        if self._waiting:
            self._next.start()

    @Slot(float, float)
    def look_at(self, x: float, y: float) -> None:
        """Tells the shown views the place of the large picture that was clicked."""
        if not self.isHidden():
            for frame in self.frames:
                frame.view.look_at(x, y)

    def _show_all(self) -> None:
        self._waiting = []
        for frame in self.frames:
            frame.show_moment(self._moment)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._arrange()

    def hideEvent(self, event: QHideEvent) -> None:
        """Computes nothing any more, and keeps no film."""
        super().hideEvent(event)
        self._waiting = []
        for frame in self._frames:
            frame.show_moment(None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._arranged[0] != self._fitting_columns():
            self._arrange()

    def _fitting_columns(self) -> int:
        if self._shown == 1:
            return 1

        def smaller_side(columns: int) -> float:
            rows = self._shown / columns
            return min(self.width() / columns, self.height() / rows * _PLEASANT_RATIO)

        return max((4, 2), key=smaller_side)

    def _arrange(self) -> None:
        if self.isHidden():
            return
        while len(self._frames) < self._shown:
            self._frames.append(self._new_frame(self._names[len(self._frames)]))
        arranged = self._fitting_columns(), self._shown
        if arranged != self._arranged:
            self._arranged = arranged
            self._put_into_grid(*arranged)
        self._show_all()

    def _put_into_grid(self, columns: int, shown: int) -> None:
        for index, frame in enumerate(self._frames):
            self._grid.addWidget(frame, index // columns, index % columns)
            frame.set_alone(is_alone=shown == 1)
            frame.setVisible(index < shown)
        for index in range(len(FIRST_VIEWS)):
            self._grid.setColumnStretch(index, int(index < columns))
            self._grid.setRowStretch(index, int(index < shown // columns))

    def _new_frame(self, name: str) -> ViewFrame:
        from app.film.view_frame import ViewFrame

        frame = ViewFrame(name, self._explained, self)
        frame.call_selected.connect(self._on_call_selected)
        frame.decode_wanted.connect(self.decode_wanted)
        frame.attention_wanted.connect(self.attention_wanted)
        frame.overlay_wanted.connect(self.overlay_wanted)
        frame.view_chosen.connect(self._view_chosen)
        frame.explained.connect(self.view_explained)
        frame.save_failed.connect(self.save_failed)
        return frame

    @Slot(int)
    def _on_call_selected(self, call: int) -> None:
        """Views count from the first call of the pass that they show."""
        before = self._moment.frame.call - self._moment.call if self._moment is not None else 0
        self.call_selected.emit(before + call)

    @Slot()
    def _view_chosen(self) -> None:
        for index, frame in enumerate(self._frames):
            self._names[index] = frame.view_name
        self.views_changed.emit(self.names)
