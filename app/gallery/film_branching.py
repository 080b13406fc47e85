"""Branching from a picture of the gallery: its film is read, then the usual dialog asks what is to differ."""

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from app.dialogs.branch import BranchDialog
from app.session.session import Session
from core.film.reader import film_path
from core.gallery.query import LibraryPicture
from core.runs.branch import Branch
from core.runs.operations import OpenedFilm, OpenFilm

KIND = "branched film"


class FilmBranching(QObject):
    """Asks for one branch at a time.

    Signals:
        begun: a branch is queued.
    """

    begun = Signal()

    def __init__(self, window: QWidget, session: Session) -> None:
        super().__init__(window)
        self._window = window
        self._session = session

    def ask(self, picture: LibraryPicture) -> None:
        """The dialog follows when the film is read; the session tells when it cannot be."""
        self._session.engine_tasks.submit(KIND, OpenFilm(film_path(picture.path)), self._open)

    def _open(self, opened: OpenedFilm) -> None:
        film = opened.film
        if film.frames:
            dialog = BranchDialog(film, len(film.frames) // 2, self._window)
            dialog.chosen.connect(self._branch)
            dialog.open()

    @Slot(object)
    def _branch(self, branch: Branch) -> None:
        self._session.branch(branch)
        self.begun.emit()
