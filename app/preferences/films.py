"""Films: whether they are kept, how much room they take, and removing old ones."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QPushButton, QRadioButton, QSpinBox

from app.film.stored_films import FilmRoom, StoredFilms, size_text
from app.preferences.page import Page
from app.session.settings_store import SettingsStore
from core.settings.settings import FilmPolicy

OLD_DAYS = 30
FILMS = {
    FilmPolicy.always: ("Keep every film", "Each picture can be scrubbed and branched later."),
    FilmPolicy.ask: ("Ask after each picture", "The film is kept until you say otherwise."),
    FilmPolicy.never: ("Keep no films", "A run that is cut off cannot be taken up again either."),
}


class FilmsPage(Page):
    """Looks at the films in a thread of its own; `close_films` waits for it."""

    def __init__(self, settings_store: SettingsStore) -> None:
        super().__init__("Films", "filmsPage")
        self._settings_store = settings_store
        self._films = StoredFilms(self)
        self._films.measured.connect(self._on_measured)
        self._films.removed.connect(self._on_removed)
        self._keep = QButtonGroup(self)
        for number, (choice, (text, about)) in enumerate(FILMS.items()):
            button = QRadioButton(text)
            button.setObjectName(f"films-{choice.name}")
            button.setChecked(choice is settings_store.settings.keep_films)
            self._keep.addButton(button, number)
            self.column.addWidget(button)
            self.add_hint(about, indent_px=24)
        self._keep.idClicked.connect(self._choose)
        self.add_section("Room on the disk")
        self._room = QLabel("Looking at the films …")
        self._room.setObjectName("filmRoom")
        self.column.addWidget(self._room)
        self._days = QSpinBox(minimum=0, maximum=3650, suffix=" days")
        self._days.setObjectName("oldFilmsSpin")
        self._days.setAccessibleName("Age in days")
        self._days.setValue(OLD_DAYS)
        self._days.valueChanged.connect(self.measure)
        self._remove = QPushButton("Remove")
        self._remove.setObjectName("removeFilmsButton")
        self._remove.clicked.connect(self._remove_old)
        row = QHBoxLayout()
        row.addWidget(QLabel("Remove films older than"))
        row.addWidget(self._days)
        row.addStretch(1)
        row.addWidget(self._remove)
        self.column.addLayout(row)
        self.add_hint("Pictures stay; only their steps go.")
        self.end()
        self.measure()

    @Slot()
    def measure(self) -> None:
        """Looks at the films in the folder for pictures again."""
        self._films.measure(self._settings_store.settings.pictures, self._days.value())

    def close_films(self) -> None:
        self._films.close()

    @Slot(int)
    def _choose(self, number: int) -> None:
        self._settings_store.change(keep_films=list(FILMS)[number])

    @Slot(object)
    def _on_measured(self, room: FilmRoom) -> None:
        films = "1 film takes" if room.count == 1 else f"{room.count} films take"
        self._room.setText(f"{films} {size_text(room.size_bytes)}." if room.count else "There are no films yet.")
        self._remove.setEnabled(room.old_count > 0)
        self._remove.setText(
            f"Remove {room.old_count} ({size_text(room.old_bytes)})" if room.old_count else "None is so old"
        )

    @Slot()
    def _remove_old(self) -> None:
        self._remove.setEnabled(False)
        self._films.remove(self._settings_store.settings.pictures, self._days.value())

    @Slot(object)
    def _on_removed(self, _freed_bytes: int) -> None:
        self.measure()
