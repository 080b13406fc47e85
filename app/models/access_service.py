"""Explains why the hub asks who one is when a download stands still, and takes a token."""

from functools import partial

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from app.messages.errors import Message
from app.models.access_dialog import AccessDialog
from app.models.download_service import DownloadService
from app.session.background import BackgroundTasks
from app.widgets.message_bar import MessageArea
from core.downloads.hub import Secret
from core.downloads.token import store_token


class AccessService(QObject):
    """Part of the models page."""

    def __init__(
        self, service: DownloadService, messages: MessageArea, background: BackgroundTasks, page: QWidget
    ) -> None:
        super().__init__(page)
        self._service = service
        self._messages = messages
        self._page = page
        self._tasks = background.queue(self, "keychain")

    def explain(self, key: str) -> None:
        """Opens the dialog for a download that has failed."""
        failure = self._service.states[key].failure
        assert failure is not None
        dialog = AccessDialog(failure, self._page)
        dialog.setProperty("key", key)
        dialog.tried_again.connect(self._try_again)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot(str)
    def _try_again(self, token: str) -> None:
        key = self.sender().property("key")
        if token:
            secret = self._service.session_token = Secret(token)
            self._tasks.submit(partial(store_token, self._service.endpoint, secret), self._on_stored, is_kept=True)
        self._service.begin(key, self._service.states[key].repository)

    def _on_stored(self, is_stored: bool) -> None:
        if not is_stored:
            words = "This system offers no keychain, so the token is forgotten when Emulsion is closed."
            self._messages.show_message("token", Message("The token is held for now only", words), "info")
