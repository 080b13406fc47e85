"""Asks the engine for data that the views of a film request, only when it is needed."""

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QObject, QTimer, Slot

from app.film.film_panel import REST_MS, FilmPanel
from app.film.frame_context import DecodedLatent
from app.session.engine_tasks import EngineTasks
from core.film.film import Film, Latent, Schedule
from core.pictures.pixels import Pixels
from core.runs.operations import CompareSchedules, Decode

GHOSTS, WISHED = "ghosts", "wished"
SCHEDULE = "schedule"
"""The view that shows other samplers' schedules."""


class FilmTasks(QObject):
    """Serves one panel."""

    def __init__(self, panel: FilmPanel, engine_tasks: EngineTasks, parent: QObject) -> None:
        super().__init__(parent)
        self._panel = panel
        self._engine_tasks = engine_tasks
        self._views: tuple[str, ...] = ()
        self._asked: Schedule | None = None
        self._wish: Latent | None = None
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._ask_wished)
        panel.film_changed.connect(self._ask_ghosts)
        panel.views_changed.connect(self._on_views_changed)
        panel.views.decode_wanted.connect(self._wait_for_rest)

    @Slot(object)
    def _on_views_changed(self, names: tuple[str, ...]) -> None:
        self._views = names
        self._ask_ghosts()

    @Slot()
    def _ask_ghosts(self) -> None:
        film = self._panel.film
        if film is None or SCHEDULE not in self._views or film.schedule is self._asked:
            return
        self._asked = film.schedule
        self._engine_tasks.submit(GHOSTS, CompareSchedules(film), partial(self._show_ghosts, film))

    def _show_ghosts(self, film: Film, other_schedules: Mapping[str, Schedule]) -> None:
        if self._panel.film is not None and self._panel.film.schedule is film.schedule:
            self._panel.set_ghosts(other_schedules)

    @Slot(object)
    def _wait_for_rest(self, latent: Latent) -> None:
        self._wish = latent
        self._rest.start()

    @Slot()
    def _ask_wished(self) -> None:
        film, latent = self._panel.film, self._wish
        if film is None or latent is None:
            return
        self._engine_tasks.submit(WISHED, Decode(film, latent), partial(self._show_wished, latent))

    def _show_wished(self, latent: Latent, pixels: Pixels) -> None:
        self._panel.set_wished(DecodedLatent(latent, pixels))
