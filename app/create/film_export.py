"""*Export film* in the window: opens the dialog, and says where the file is."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from app.canvas.sharing import copy_file, open_in_system
from app.film.film_panel import FilmPanel
from app.messages.errors import Message
from app.session.run import SavedPicture
from app.session.session import Session
from app.session.settings_store import SettingsStore
from app.widgets.message_bar import Choice, MessageArea
from core.film.film import Film
from core.language.words import tr
from core.pictures.file_names import slug

if TYPE_CHECKING:  # imported when the first film is exported
    from app.dialogs.export_film import ExportFilmDialog
    from app.film.export_choices import ExportChoices
    from app.film.film_exporter import FilmExporter

EXPORTED = "exported"
NO_FILM = Message(tr("There is no film to export"), tr("Make a picture, or choose one that has a film."))
CANCELLED = Message(tr("Export cancelled"), tr("No film was written."))
LASTING_MS = 12_000


class FilmExport(QObject):
    """Serves one panel.

    Attributes:
        opened: the picture whose film was opened last, None for that of a run.
    """

    def __init__(
        self,
        window: QWidget,
        panel: FilmPanel,
        session: Session,
        messages: MessageArea,
        settings_store: SettingsStore,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._panel = panel
        self._messages = messages
        self._settings_store = settings_store
        self._saved: SavedPicture | None = None
        self.opened: Path | None = None
        self._dialog: ExportFilmDialog | None = None
        self._background = session.background
        self._tasks = session.engine_tasks
        self._exporter: FilmExporter | None = None
        session.picture_saved.connect(self._remember_saved)
        panel.transport.export.clicked.connect(self.ask)

    @Slot()
    def ask(self) -> None:
        """Opens the dialog for the film that is shown."""
        film = self._panel.film
        if self._dialog is not None:
            self._dialog.raise_()
            self._dialog.activateWindow()
            return
        if self._exporter is not None and self._exporter.is_busy:
            self._tell_going_on()
            return
        if film is None or not film.frames:
            self._messages.show_message(EXPORTED, NO_FILM, "info", (), LASTING_MS)
            return
        from app.dialogs.export_film import ExportFilmDialog
        from app.film.export_choices import ExportChoices
        from app.film.film_exporter import FilmExporter

        if self._exporter is None:
            self._exporter = FilmExporter(self._tasks, self._background, self)
            self._exporter.finished.connect(self._on_finished)
            self._exporter.failed.connect(self._on_failed)
            self._exporter.cancelled.connect(self._on_cancelled)
        choices = ExportChoices.from_text(self._settings_store.settings.film_export)
        dialog = ExportFilmDialog(film, self._place(film), choices, self._exporter, self._background, self._window)
        dialog.choices_made.connect(self._remember)
        dialog.left.connect(self._tell_going_on)
        dialog.finished.connect(self._forget_dialog)
        self._dialog = dialog
        dialog.show()

    @Slot()
    def _forget_dialog(self) -> None:
        self._dialog = None

    def _place(self, film: Film) -> Path:
        """Returns the picture that the film belongs to."""
        if self._saved is not None and self._saved.image.recipe.run == film.run:
            return self._saved.path
        if self.opened is not None:
            return self.opened
        return self._settings_store.settings.pictures / f"{film.request.seed}-{slug(film.request.prompt)}"

    @Slot(object)
    def _remember_saved(self, saved: SavedPicture) -> None:
        self._saved = saved

    @Slot(object)
    def _remember(self, choices: ExportChoices) -> None:
        self._settings_store.change(film_export=choices.to_text())

    @Slot()
    def _tell_going_on(self) -> None:
        """The dialog was closed; the export goes on without it."""
        if self._exporter is not None:
            cancel = Choice(tr("Cancel"), self._exporter.cancel, "cancelExportButton")
            words = Message(tr("The film is being exported"), tr("You will see a message when the file is ready."))
            self._messages.show_message(EXPORTED, words, "info", (cancel,))

    @Slot()
    def _on_cancelled(self) -> None:
        if self._dialog is None:
            self._messages.show_message(EXPORTED, CANCELLED, "info", (), LASTING_MS)

    @Slot(object)
    def _on_failed(self, problem: Message) -> None:
        if self._dialog is None:  # which tells it itself
            self._messages.show_message(EXPORTED, problem, "error")

    @Slot(object)
    def _on_finished(self, path: Path) -> None:
        """The bar stays: whoever looks away finds the file all the same."""
        choices = (
            Choice(tr("Open"), partial(open_in_system, path), "openExportButton", keeps_bar=True),
            Choice(tr("Show in folder"), partial(open_in_system, path.parent), "showExportButton", keeps_bar=True),
            Choice(tr("Copy"), partial(copy_file, path), "copyExportButton", keeps_bar=True),
        )
        self._messages.show_message(EXPORTED, Message(tr("Film saved"), str(path)), "info", choices)
