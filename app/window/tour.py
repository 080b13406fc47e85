"""*Help > First steps*: leads through a first picture, its film and a branch, on the real controls."""

from collections.abc import Mapping

from PySide6.QtCore import QObject, SignalInstance, Slot
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QWidget

from app.film.film_panel import FilmPanel
from app.session.session import Session
from app.window.tour_balloon import TourBalloon
from app.window.tour_steps import STEPS
from core.request.request import STARTER_MODEL

EXAMPLE = "a lighthouse by the sea at sunset"


class Tour(QObject):
    """Goes on when the user has tried what a step is about, or by its button; it can be left at any time."""

    def __init__(self, window: QWidget, session: Session) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._balloon: TourBalloon | None = None
        self._number = 0
        self._awaited: SignalInstance | None = None

    @Slot()
    def begin(self) -> None:
        """Starts with the first step, with the starter model; a prompt that is there stays."""
        if self._session.draft.model != STARTER_MODEL:
            self._session.edit(model=STARTER_MODEL)
        if not self._session.draft.prompt.strip():
            self._session.edit(prompt=EXAMPLE)
        if self._balloon is None:
            self._balloon = TourBalloon(self._window)
            self._balloon.next_asked.connect(self._go_on)
            self._balloon.end_asked.connect(self.end)
        self._show(0)

    @Slot()
    def end(self) -> None:
        """Takes the tour away."""
        self._stop_waiting()
        if self._balloon is not None:
            self._balloon.leave()

    @property
    def events(self) -> Mapping[str, SignalInstance]:
        """Returns the signals that the steps wait for, as far as their widgets are there."""
        found: dict[str, SignalInstance] = {
            "started": self._session.run_started,
            "branched": self._session.run_started,
            "ended": self._session.run_ended,
        }
        if (panel := self._window.findChild(FilmPanel)) is not None:
            found["scrubbed"] = panel.frame_selected
            found["played"] = panel.transport.play.clicked
            found["views"] = panel.transport.views.toggled
        if (view := self._window.findChild(QComboBox, "viewCombo")) is not None:
            found["view"] = view.activated
        if (guidance := self._window.findChild(QDoubleSpinBox, "guidanceSpin")) is not None:
            found["guidance"] = guidance.valueChanged
        return found

    def _show(self, number: int) -> None:
        self._stop_waiting()
        self._number = number
        step = STEPS[number]
        self._awaited = self.events.get(step.event)
        if self._awaited is not None:
            self._awaited.connect(self._on_tried)
        if self._balloon is not None:
            waits = self._awaited is not None
            self._balloon.show_step(step.target, step.text, number + 1, len(STEPS), waits=waits)

    def _stop_waiting(self) -> None:
        if self._awaited is not None:
            self._awaited.disconnect(self._on_tried)
            self._awaited = None

    @Slot()
    def _on_tried(self) -> None:
        film = self._session.progress.film
        if STEPS[self._number].event != "branched" or (film is not None and film.parent is not None):
            self._go_on()

    @Slot()
    def _go_on(self) -> None:
        if self._number + 1 < len(STEPS):
            self._show(self._number + 1)
        else:
            self.end()
