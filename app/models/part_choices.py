"""Keeps the parts that the user chose for models, after each was checked by its header."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from app.messages.errors import message
from app.session.session import Session
from app.session.settings_store import SettingsStore
from core.errors import EmulsionError
from core.models.catalogue import Catalogue
from core.models.downloadable import KnownModel, KnownPart


class PartChoices(QObject):
    """Looks at a file in the background, and has it used from then on.

    Signals:
        refused: the `app.messages.errors.Message` about a file that does not fit.
    """

    refused = Signal(object)

    def __init__(self, catalogue: Catalogue, settings_store: SettingsStore, session: Session) -> None:
        super().__init__(session)
        self._catalogue = catalogue
        self._settings_store = settings_store
        self._session = session
        self._tasks = session.background.queue(self, "parts")

    @Slot(str, str, str)
    def choose(self, model: str, part: str, place: str) -> None:
        """Takes a file for a part of the model that lies at ``model``."""
        check = partial(self._catalogue.check_part, Path(model), part, Path(place))
        self._tasks.submit(check, partial(self._keep, f"{Path(model).stem}/{part}", place), self._on_refused)

    def lacking(self, network: KnownModel) -> tuple[KnownPart, ...]:
        """Returns the parts of a network that can be downloaded and are not here."""
        return self._catalogue.lacking(network)

    def _keep(self, name: str, place: str, _checked: None) -> None:
        kept = self._settings_store.settings.model_parts
        self._settings_store.change(model_parts={**kept, name: place})
        self._session.refresh_models()

    def _on_refused(self, error: EmulsionError) -> None:
        self.refused.emit(message(error))
        self._session.refresh_models()  # the card shows again the part that is in use
