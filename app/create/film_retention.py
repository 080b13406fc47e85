"""Keeps or removes films: asks after a picture if the user wants that, and removes unwanted ones."""

from pathlib import Path

from PySide6.QtCore import QObject, Slot

from app.messages.errors import Message
from app.session.run import SavedPicture
from app.session.session import Session
from app.session.settings_store import SettingsStore
from app.widgets.message_bar import Choice, MessageArea
from core.files.sizes import size_text
from core.film.attention_file import attention_path
from core.film.reader import film_path
from core.language.words import plural, tr
from core.settings.settings import FilmPolicy

KEEP = "keep film"


class FilmRetention(QObject):
    """A film lies beside its picture already when the question comes: who does not answer loses nothing."""

    def __init__(self, session: Session, messages: MessageArea, settings_store: SettingsStore) -> None:
        super().__init__(messages)
        self._messages = messages
        self._settings_store = settings_store
        self._asked: list[Path] = []
        session.picture_saved.connect(self._on_picture_saved)

    @Slot(object)
    def _on_picture_saved(self, saved: SavedPicture) -> None:
        if self._settings_store.settings.keep_films is not FilmPolicy.ask or not film_path(saved.path).is_file():
            return
        if KEEP not in self._messages.subjects():
            self._asked = []  # those before were kept, by not answering
        self._asked.append(saved.path)
        count = len(self._asked)
        what = plural("Keep the film of this picture?", "Keep the films of these {count} pictures?", count)
        size = sum(_size(file) for picture in self._asked for file in _files(picture))
        self._messages.show_message(
            KEEP,
            Message(
                what, tr("Every step can be looked at and branched later. It takes {size}.", size=size_text(size))
            ),
            "info",
            (
                Choice(tr("Keep"), self._keep, "keepFilmButton"),
                Choice(tr("Do not keep"), self._remove, "removeFilmButton"),
                Choice(tr("Always keep"), self._keep_always, "alwaysKeepFilmsButton"),
            ),
        )

    def _keep(self) -> None:
        self._asked = []

    def _keep_always(self) -> None:
        self._asked = []
        self._settings_store.change(keep_films=FilmPolicy.always)

    def _remove(self) -> None:
        for picture in self._asked:
            for file in _files(picture):
                file.unlink(missing_ok=True)
        self._asked = []


def _files(picture: Path) -> tuple[Path, ...]:
    return film_path(picture), attention_path(picture)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
