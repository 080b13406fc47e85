"""Asks before a download, and begins it together with the parts that a network still lacks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.messages.downloads import download_text
from app.messages.errors import Message
from app.models.download_dialog import DownloadDialog
from app.models.download_service import DownloadService
from app.models.download_state import DownloadState
from app.widgets.message_bar import Choice, MessageArea
from core.files.free_space import free_bytes_at
from core.files.sizes import size_text
from core.language.words import tr
from core.models.downloadable import KnownModel, KnownPart, known_models, known_parts


class Fetching(QObject):
    """Part of the models page.

    Signals:
        begun: the key of a download that has begun.
    """

    begun = Signal(str)

    def __init__(
        self,
        page: QWidget,
        service: DownloadService,
        messages: MessageArea,
        folder: Callable[[], Path],
        lacking: Callable[[KnownModel], Sequence[KnownPart]],
    ) -> None:
        """``folder`` returns where models are put; ``lacking`` the parts of a network that are not here."""
        super().__init__(page)
        self._page = page
        self._service = service
        self._messages = messages
        self._folder = folder
        self._lacking = lacking

    def ask(self, key: str) -> None:
        """Asks about a model or a part, by its key."""
        model = next((one for one in known_models() if one.key == key), None)
        self.open(model or known_parts().get(key), with_it=self._lacking(model) if model is not None else ())

    def ask_parts(self, keys: Sequence[str]) -> None:
        """Asks about several parts at once."""
        first, *others = (known_parts()[key] for key in keys)
        self.open(first, with_it=others)

    def open(
        self,
        model: KnownModel | KnownPart | None,
        repository: str = "",
        with_it: Sequence[KnownPart] = (),
    ) -> None:
        """Asks about a model, or for the name of any repository; ``with_it`` are parts that come along."""
        self._messages.dismiss_errors()
        room = tr("{size} free on the disk.", size=size_text(free_bytes_at(self._folder()), 0))
        dialog = DownloadDialog(model, room, self._service.endpoint, self._page, repository, with_it)
        dialog.confirmed.connect(self._begin)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def give_up(self, state: DownloadState) -> None:
        """A name that the hub does not know, or a hub that was not reached: the name can be changed."""
        self._service.cancel(state.key, self._folder() / state.key)
        title, sentence, remedy = download_text(state.failure) if state.failure else (tr("Stopped"), "", "")
        again = Choice(tr("Try again…"), partial(self.open, None, state.repository), "otherModelAgainButton")
        self._messages.show_message(state.key, Message(title, sentence, remedy), "error", (again,))

    def _begin(self, key: str, repository: str) -> None:
        self._service.begin(key, repository)
        self.begun.emit(key)
