"""When a download stands still because the hub asks who one is: explains it, and takes a token."""

from __future__ import annotations

from PySide6.QtCore import QObject, QThreadPool, Signal, Slot
from PySide6.QtWidgets import QWidget

from app.messages.errors import Message
from app.models.access_dialog import AccessDialog
from app.models.download_service import DownloadService
from app.widgets.message_bar import MessageArea
from core.downloads.hub import Secret
from core.downloads.token import NoKeychain, store_token


class AccessService(QObject):
    """Part of the place *Models*. Call `finish` at the end."""

    _no_keychain = Signal()

    def __init__(self, service: DownloadService, messages: MessageArea, page: QWidget) -> None:
        super().__init__(page)
        self._service = service
        self._messages = messages
        self._page = page
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(1)
        self._no_keychain.connect(self._on_no_keychain)

    def finish(self) -> None:
        self._pool.waitForDone()

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
            self._service.session_token = Secret(token)
            self._pool.start(self._keep_token)
        self._service.begin(key, self._service.states[key].repository)

    def _keep_token(self) -> None:
        """In a thread of the pool: a keychain may ask to be unlocked."""
        try:
            store_token(self._service.endpoint, self._service.session_token)
        except NoKeychain:
            self._no_keychain.emit()

    @Slot()
    def _on_no_keychain(self) -> None:
        words = "This system offers no keychain, so the token is forgotten when Emulsion is closed."
        self._messages.show_message("token", Message("The token is held for now only", words), "info")
