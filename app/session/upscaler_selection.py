"""The upscalers at hand, and the draft's choice of one."""

from PySide6.QtCore import QObject, Signal, Slot

from app.session.session import Session
from core.models.catalogue import Catalogue
from core.models.upscalers import upscalers_of
from core.request.request import Upscaler
from core.upscalers.file import UpscalerFile


class UpscalerSelection(QObject):
    """Part of the window; looks for files in the background.

    Attributes:
        files: what was found at the last look.

    Signals:
        changed: other files were found.
    """

    changed = Signal()

    def __init__(self, catalogue: Catalogue, session: Session) -> None:
        super().__init__(session)
        self._catalogue = catalogue
        self._session = session
        self.files: tuple[UpscalerFile, ...] = ()
        self._tasks = session.background.queue(self, "upscalers")

    @property
    def chosen(self) -> Upscaler | None:
        return self._session.draft.upscaler

    @Slot()
    def look(self) -> None:
        """Looks at the disk again; ``changed`` may follow."""
        self._tasks.submit(lambda: upscalers_of(self._catalogue).look(), self._on_found)

    def choose(self, name: str, factor: float) -> None:
        """Takes the upscaler of this name, none with ""; ``factor`` 0 is its own scale."""
        self._session.edit(upscaler=Upscaler(name, factor) if name else None)

    def _on_found(self, files: tuple[UpscalerFile, ...]) -> None:
        if files != self.files:
            self.files = files
            self.changed.emit()
