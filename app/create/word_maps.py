"""Records where words act in a film that is there already, and shows that on the large picture."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from app.canvas.view import Canvas
from app.film.film_panel import FilmPanel
from app.messages.errors import Message
from app.session.run import SavedPicture
from app.session.session import Session
from core.film.attention_file import attention_of_film, write_attention
from core.film.attention_maps import AttentionRecord
from core.film.film import Film
from core.film.reader import film_path
from core.runs.events import Advanced, Event
from core.runs.operations import OpenedFilm, RecordAttention

WORD_MAPS = "word maps"


class WordMaps(QObject):
    """Serves the view *Words* of one panel, beside one canvas."""

    def __init__(self, panel: FilmPanel, canvas: Canvas, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._panel = panel
        self._canvas = canvas
        self._session = session
        self._disk = session.background.queue(self, "word maps")
        self._on_disk: tuple[str, Path] = ("", Path())
        panel.views.attention_wanted.connect(self._record)
        panel.views.overlay_wanted.connect(canvas.set_overlay)
        panel.film_changed.connect(self._on_film_changed)
        canvas.place_clicked.connect(panel.views.look_at)
        session.picture_saved.connect(self._on_picture_saved)

    def remember(self, opened: OpenedFilm) -> None:
        """Notes the place of a film, where its maps will lie, too."""
        self._on_disk = (opened.film.run, opened.path)

    @Slot()
    def _on_film_changed(self) -> None:
        self._canvas.set_overlay(None)
        self._session.engine_tasks.withdraw(WORD_MAPS)

    @Slot(object)
    def _on_picture_saved(self, saved: SavedPicture) -> None:
        film = self._panel.film
        if film is not None and film.run == saved.image.recipe.run:
            self._on_disk = (film.run, film_path(saved.path))

    @Slot()
    def _record(self) -> None:
        film = self._panel.film
        if film is not None:
            self._panel.set_attention(None, done=0.0)
            self._session.engine_tasks.submit(
                WORD_MAPS, RecordAttention(film), partial(self._show, film), self._on_failed, self._on_event
            )

    def _on_event(self, event: Event) -> None:
        if isinstance(event, Advanced):
            self._panel.set_attention(None, done=event.done / event.total)

    def _on_failed(self, message: Message) -> None:
        self._panel.set_attention(None)
        self._session.failed.emit(message)

    def _show(self, film: Film, record: AttentionRecord | None) -> None:
        self._panel.set_attention(record)
        run, path = self._on_disk
        if record is not None and run == film.run and path.is_file():
            write = partial(write_attention, record, run, attention_of_film(path))
            self._disk.submit(write, is_kept=True)
