"""*Help > First steps*: leads through a first picture, its film and a branch, on the real controls."""

from collections.abc import Mapping

from PySide6.QtCore import QObject, SignalInstance, Slot
from PySide6.QtWidgets import QComboBox, QWidget

from app.film.film_panel import FilmPanel
from app.film.position import number
from app.recent.strip import ThumbnailGrid
from app.session.session import Session
from app.window.tour_balloon import TourBalloon
from app.window.tour_steps import STEPS, TourStep
from core.request.request import STARTER_MODEL

EXAMPLE = "a lighthouse by the sea at sunset"

EARLY = 4
"""The part of the film after which guidance is shown: one of so many."""


class Tour(QObject):
    """Goes on by its button, which says whether the step was tried; it can be left at any time."""

    def __init__(self, window: QWidget, session: Session) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._balloon: TourBalloon | None = None
        self._place = 0
        self._tried: set[int] = set()
        self._awaited: SignalInstance | None = None
        self._seed: int | None = None
        self._guidance: float | None = None

    @Slot()
    def begin(self) -> None:
        """Starts with the first step, with the starter model; a prompt that is there stays."""
        if self._session.draft.model != STARTER_MODEL:
            self._session.edit(model=STARTER_MODEL)
        if not self._session.draft.prompt.strip():
            self._session.edit(prompt=EXAMPLE)
        if (panel := self._panel) is not None:
            panel.views.explain_nothing()  # a sheet of text would lie over what the tour points at
        if self._balloon is None:
            self._balloon = TourBalloon(self._window)
            self._balloon.next_asked.connect(self._go_on)
            self._balloon.back_asked.connect(self._go_back)
            self._balloon.end_asked.connect(self.end)
        self._tried.clear()
        self._show(0)

    @Slot()
    def end(self) -> None:
        """Takes the tour away."""
        self._stop_waiting()
        self._give_back()
        if self._balloon is not None:
            self._balloon.leave()

    @property
    def _panel(self) -> FilmPanel | None:
        return self._window.findChild(FilmPanel)

    @property
    def events(self) -> Mapping[str, SignalInstance]:
        """Returns the signals that the steps wait for, as far as their widgets are there."""
        found: dict[str, SignalInstance] = {
            "started": self._session.run_started,
            "guided": self._session.run_started,
            "branched": self._session.run_started,
        }
        if (panel := self._panel) is not None:
            found["scrubbed"] = panel.frame_selected
            found["played"] = panel.transport.play.clicked
            found["views"] = panel.transport.views.toggled
        if (view := self._window.findChild(QComboBox, "viewCombo")) is not None:
            found["view"] = view.activated
        if (recent := self._window.findChild(ThumbnailGrid)) is not None:
            found["compared"] = recent.clicked
        return found

    def _show(self, place: int) -> None:
        self._stop_waiting()
        self._give_back()
        self._place = place
        step = STEPS[place]
        self._prepare(step)
        self._awaited = self.events.get(step.event)
        if self._awaited is not None:
            self._awaited.connect(self._on_tried)
        if self._balloon is not None:
            text = step.text.format(guidance=number(self._session.draft.guidance_scale))
            waits = self._awaited is not None and place not in self._tried
            self._balloon.show_step(step.target, text, place + 1, len(STEPS), waits=waits)

    def _prepare(self, step: TourStep) -> None:
        """Arranges what a step needs that the user does not know yet."""
        if step.event == "guided":
            self._guidance = self._session.draft.guidance_scale
            if self._session.draft.seed is None:
                self._seed = self._session.progress.last_seed
                self._session.edit(seed=self._seed)
        elif step.event == "view" and (panel := self._panel) is not None and panel.film is not None:
            panel.select(panel.film.schedule.calls // EARLY)
        elif step.target == "filmPositionLabel" and (panel := self._panel) is not None and panel.film is not None:
            panel.select(min(panel.call, panel.film.schedule.calls // 2))  # at the end there is no noise to show
        elif step.event == "branched" and (panel := self._panel) is not None:
            panel.open_views(())  # the tree of branches takes their room

    def _give_back(self) -> None:
        """Takes back what was changed to compare two guidance scales."""
        if self._guidance is not None:
            self._session.edit(guidance_scale=self._guidance)
        if self._seed is not None and self._session.draft.seed == self._seed:
            self._session.edit(seed=None)
        self._guidance = self._seed = None

    def _stop_waiting(self) -> None:
        if self._awaited is not None:
            self._awaited.disconnect(self._on_tried)
            self._awaited = None

    @Slot()
    def _on_tried(self) -> None:
        film, event = self._session.progress.film, STEPS[self._place].event
        view = self._window.findChild(QComboBox, "viewCombo")
        is_meant = {
            "view": view is not None and view.currentData() == "guidance",
            "guided": film is not None and film.request.guidance_scale != self._guidance,
            "branched": film is not None and film.parent is not None,
        }
        if is_meant.get(event, True) and self._balloon is not None:
            self._tried.add(self._place)
            self._balloon.mark_tried()

    @Slot()
    def _go_on(self) -> None:
        if self._place + 1 < len(STEPS):
            self._show(self._place + 1)
        else:
            self.end()

    @Slot()
    def _go_back(self) -> None:
        self._show(self._place - 1)
