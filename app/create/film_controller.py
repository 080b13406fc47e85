"""Connects the film under the canvas with the session, the canvas and the pictures of the folder."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from app.canvas.current import CurrentView
from app.create.film_export import FilmExport
from app.create.film_retention import FilmRetention
from app.create.film_tasks import FilmTasks
from app.create.word_maps import WordMaps
from app.dialogs.branch import ask_branch
from app.film.film_panel import FilmPanel
from app.messages.errors import message
from app.session.run import RunState
from app.session.session import Session
from app.session.settings_store import SettingsStore
from app.widgets.message_bar import MessageArea
from core.errors import EmulsionError
from core.film.film import Film
from core.film.reader import film_path
from core.pictures.pixels import Pixels
from core.recipes.recipe import Stage
from core.runs.events import Started, Stepped
from core.runs.operations import Decode, OpenedFilm, OpenFilm

SHOWN, LOOK = "shown film", "look"
"""Kinds of tasks: opening the film of a picture, decoding a frame that one looks at, reading one to branch."""

WORDS = "words"
"""The view that needs attention to be recorded."""


class FilmController(QObject):
    """Shows the film of the picture on the canvas: the run in progress, or the one that the user opened.

    Attributes:
        panel: the strip, the scrubber and the views.
    """

    def __init__(
        self,
        window: QWidget,
        session: Session,
        current: CurrentView,
        messages: MessageArea,
        settings_store: SettingsStore,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._current = current
        self._messages = messages
        self._settings_store = settings_store
        self.panel = FilmPanel(explained=settings_store.settings.explained_views)
        self._word_maps = WordMaps(self.panel, current.canvas, session, self)
        self._engine_tasks = FilmTasks(self.panel, session.engine_tasks, self)
        FilmRetention(session, messages, settings_store)
        self._exporting = FilmExport(window, self.panel, session, messages, settings_store)
        session.run_started.connect(self._start)
        session.step_shown.connect(self._step)
        session.run_ended.connect(self.panel.end_run)
        current.step_decoded.connect(self._on_step_decoded)
        current.following_changed.connect(self._on_following_changed)
        self.panel.frame_selected.connect(self._select)
        self.panel.following_changed.connect(self._follow_panel)
        self.panel.full_decode_wanted.connect(self._decode)
        self.panel.keep_requested.connect(self._keep)
        self.panel.branch_requested.connect(self._on_branch_requested)
        self.panel.views.view_explained.connect(self._remember_explained)
        self.panel.open_views(settings_store.settings.film_views)
        self.panel.views_changed.connect(self._remember_views)
        session.records_attention = WORDS in settings_store.settings.film_views
        self.panel.views.save_failed.connect(self._on_save_failed)

    def open_film_of(self, picture: Path) -> None:
        """Shows the film that lies beside a picture, or none."""
        path = film_path(picture)
        self._exporting.opened = picture
        if path.is_file():
            self._session.engine_tasks.submit(SHOWN, OpenFilm(path, with_attention=True), self._show_opened)
        else:
            self._session.engine_tasks.withdraw(SHOWN)
            self.panel.show_film(None)

    @Slot()
    def export_film(self) -> None:
        self._exporting.ask()

    @property
    def _is_live(self) -> bool:
        """Returns whether the panel shows the run in progress, or the last one."""
        film, live = self.panel.film, self._session.progress.film
        return film is not None and live is not None and film.run == live.run

    @Slot(object)
    def _start(self, started: Started) -> None:
        self._exporting.opened = None
        if self._current.is_following:
            self.panel.show_film(started.film)

    @Slot(object)
    def _step(self, stepped: Stepped) -> None:
        if self._is_live:
            if (attention := self._session.progress.attention) is not None:
                self.panel.set_attention(attention)
            self.panel.grow(stepped.film)

    def _show_opened(self, opened: OpenedFilm) -> None:
        self.panel.show_film(opened.film)
        self._word_maps.remember(opened)
        if opened.attention is not None:
            self.panel.set_attention(opened.attention)
        self.panel.end_run()

    @Slot()
    def _on_following_changed(self) -> None:
        """The canvas went back to the picture in progress: so does the film."""
        if self._current.is_following:
            self._session.engine_tasks.withdraw(SHOWN)
            if not self._is_live:
                self.panel.show_film(self._session.progress.film)
            self.panel.follow()

    @Slot(bool)
    def _follow_panel(self, is_following: bool) -> None:
        if is_following and self._is_live:
            self._current.follow()

    @Slot(int)
    def _select(self, call: int) -> None:
        film = self.panel.film
        if film is not None:
            frame = film.frames[call]
            self._current.show_frame(film, frame, film.picture(frame.denoised), is_decoded=False)

    @Slot(int)
    def _decode(self, call: int) -> None:
        film = self.panel.film
        if film is not None:
            operation = Decode(film, film.frames[call].denoised)
            self._session.engine_tasks.submit(LOOK, operation, partial(self._show_decoded, film, call))

    def _show_decoded(self, film: Film, call: int, pixels: Pixels) -> None:
        if self.panel.film is None or not self.panel.film.continues(film):
            return
        pixels = film.shown(pixels)
        self.panel.set_decoded(call, pixels)
        if not self.panel.is_following and self.panel.call == call:
            self._current.show_frame(film, film.frames[call], pixels, is_decoded=True)

    @Slot(int, object)
    def _on_step_decoded(self, call: int, pixels: Pixels) -> None:
        if self._is_live:
            self.panel.set_decoded(call, pixels)

    @Slot(int, str)
    def _keep(self, call: int, stage: Stage) -> None:
        film = self.panel.film
        if film is not None:
            self._session.keep(film, film.frames[call], stage)

    @Slot(int)
    def _on_branch_requested(self, call: int) -> None:
        if (film := self.panel.film) is not None:
            ask_branch(self._session, self._window, film, call, self.follow_if_idle)

    def follow_if_idle(self) -> None:
        """Shows what is about to be made, unless another run goes on."""
        if self._session.state is RunState.idle:
            self._current.follow()

    @Slot(str)
    def _remember_explained(self, view: str) -> None:
        explained = self._settings_store.settings.explained_views
        if view not in explained:
            self._settings_store.change(explained_views=(*explained, view))

    @Slot(object)
    def _remember_views(self, names: tuple[str, ...]) -> None:
        self._settings_store.change(film_views=names)
        self._session.records_attention = WORDS in names

    @Slot(object)
    def _on_save_failed(self, error: EmulsionError) -> None:
        self._messages.show_message("film", message(error), "error")
