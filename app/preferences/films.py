"""The preferences page for films: whether they are kept, how much room they take, and removing old ones."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QLabel, QSpinBox

from app.messages.errors import message
from app.preferences.page import Page
from app.session.background import BackgroundTasks
from app.session.settings_store import SettingsStore
from app.widgets.building import STRETCH, hbox, named, push_button, text_label
from core.errors import EmulsionError
from core.files.sizes import size_text
from core.film.stored import films, remove_older
from core.language.words import plural, tr
from core.settings.settings import FilmPolicy

OLD_DAYS = 30
FILMS = {
    FilmPolicy.always: (tr("Keep every film"), tr("You can scrub and branch every picture later.")),
    FilmPolicy.ask: (tr("Ask after each picture"), tr("The film is kept until you say otherwise.")),
    FilmPolicy.never: (tr("Keep no films"), tr("Interrupted runs can't be resumed either.")),
}


@dataclass(frozen=True, slots=True)
class FilmRoom:
    """The room that films take: all of them, and those that are older than was asked for."""

    count: int
    size_bytes: int
    old_count: int
    old_bytes: int


class FilmsPage(Page):
    """Looks at the films in the background."""

    def __init__(self, settings_store: SettingsStore, background: BackgroundTasks) -> None:
        super().__init__(tr("Films"), "filmsPage")
        self._settings_store = settings_store
        self._tasks = background.queue(self, "stored films")
        keep = self.add_radio_buttons("films", FILMS, settings_store.settings.keep_films)
        keep.idClicked.connect(self._choose)
        self.add_section(tr("Disk space"))
        self._room = text_label(tr("Looking at the films…"), name="filmRoom")
        self.column.addWidget(self._room)
        self._days = named(
            QSpinBox(minimum=0, maximum=3650, suffix=tr(" days")), "oldFilmsSpin", tr("Age in days")
        )
        self._days.setValue(OLD_DAYS)
        self._days.valueChanged.connect(self.measure)
        self._remove = push_button(tr("Remove"), self._remove_old, name="removeFilmsButton")
        self.column.addLayout(hbox(QLabel(tr("Remove films older than")), self._days, STRETCH, self._remove))
        self.add_hint(tr("Pictures are kept; only their films are deleted."))
        self.end()
        self.measure()

    @Slot()
    def measure(self) -> None:
        """Looks at the films in the folder for pictures again."""
        measure = partial(_measure, self._settings_store.settings.pictures, self._oldest)
        self._tasks.submit(measure, self._on_measured, self._refuse)

    @property
    def _oldest(self) -> datetime:
        return datetime.now() - timedelta(days=self._days.value())

    @Slot(int)
    def _choose(self, number: int) -> None:
        self._settings_store.change(keep_films=list(FILMS)[number])

    def _on_measured(self, room: FilmRoom) -> None:
        size = size_text(room.size_bytes)
        films = plural("1 film takes {size}.", "{count} films take {size}.", room.count, size=size)
        self._room.setText(films if room.count else tr("There are no films yet."))
        self._remove.setEnabled(room.old_count > 0)
        self._remove.setText(
            tr("Remove {old_count} ({size})", old_count=room.old_count, size=size_text(room.old_bytes))
            if room.old_count
            else tr("None that old")
        )

    @Slot()
    def _remove_old(self) -> None:
        self._remove.setEnabled(False)
        remove = partial(remove_older, self._settings_store.settings.pictures, self._oldest)
        self._tasks.submit(remove, self._on_removed, self._refuse)

    def _refuse(self, error: EmulsionError) -> None:
        self._room.setText(str(message(error)))

    def _on_removed(self, _freed_bytes: int) -> None:
        self.measure()


def _measure(folder: Path, oldest: datetime) -> FilmRoom:
    found = films(folder)
    old = [film for film in found if film.made < oldest]
    sizes = [sum(film.size_bytes for film in part) for part in (found, old)]
    return FilmRoom(len(found), sizes[0], len(old), sizes[1])
