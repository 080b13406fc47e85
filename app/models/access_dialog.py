"""Explains why the hub asks who one is when a download stands still, and takes a token."""

from functools import partial

from PySide6.QtCore import QObject, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLineEdit, QSizePolicy, QWidget

from app.messages.downloads import download_text
from app.messages.errors import Message
from app.models.download_service import DownloadService
from app.session.background import BackgroundTasks
from app.widgets.building import STRETCH, hbox, push_button, text_label, vbox
from app.widgets.field import Field, describe
from app.widgets.message_bar import MessageArea
from core.downloads.failures import ACCESS, Failure
from core.downloads.hub import Secret
from core.downloads.token import is_token, store_token
from core.language.words import tr

WIDTH_PX = 500
STEPS = tr(
    "1. Open the model's page, log in, and accept its licence there.\n"
    "2. Make a token of the kind “read” in the settings of your account.\n"
    "3. Paste it here. It is kept in the keychain of this system, or, where there is none, until Emulsion is "
    "closed; never in a file of Emulsion."
)


class AccessDialog(QDialog):
    """Explains a download that failed.

    Signals:
        tried_again: the token that was entered, "" for none.
    """

    tried_again = Signal(str)

    def __init__(self, failure: Failure, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("accessDialog")
        self.setMinimumWidth(WIDTH_PX)
        title, sentence, remedy = download_text(failure)
        self.setWindowTitle(title)
        asks_token = failure.fault in ACCESS
        column = vbox(
            _text(title, "heading"),
            _text(sentence if asks_token else f"{sentence} {remedy}".strip()),
            on=self,
            margins=(24, 24, 24, 16),
            spacing=12,
        )
        self._token = QLineEdit()
        self._token.setEchoMode(QLineEdit.EchoMode.Password)
        describe(
            self._token, "tokenEdit", tr("Token"), tr("A token of your account on the hub, with the right to read")
        )
        again = self._again = push_button(tr("Try again"), name="tryAgainButton", kind="primary")
        if asks_token:
            column.addWidget(_text(STEPS))
            show = partial(QDesktopServices.openUrl, QUrl(failure.page))
            page = push_button(tr("Open the model's page"), show, name="openPageButton")
            column.addLayout(hbox(page, STRETCH))
            column.addWidget(_text(failure.page, "hint"))
            field = Field(tr("&Token"), self._token)
            field.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
            column.addWidget(field)
            self._token.textChanged.connect(self._check)
            self._token.setFocus()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        again.setDefault(True)
        buttons.button(QDialogButtonBox.StandardButton.Close).setAutoDefault(False)
        buttons.addButton(again, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self._try_again)
        buttons.rejected.connect(self.reject)
        column.addStretch(1)
        column.addWidget(buttons)

    @Slot()
    def _check(self) -> None:
        text = self._token.text().strip()
        self._again.setEnabled(not text or is_token(text))

    @Slot()
    def _try_again(self) -> None:
        self.tried_again.emit(self._token.text().strip())
        self.accept()


def _text(words: str, role: str = "") -> QLabel:
    return text_label(words, role=role, is_plain=True, wraps=True, is_selectable=True)


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
        dialog.tried_again.connect(partial(self._try_again, key))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _try_again(self, key: str, token: str) -> None:
        if token:
            secret = self._service.session_token = Secret(token)
            self._tasks.submit(partial(store_token, self._service.endpoint, secret), self._on_stored, is_kept=True)
        self._service.begin(key, self._service.states[key].repository)

    def _on_stored(self, is_stored: bool) -> None:
        if not is_stored:
            words = tr("This system has no keychain, so the token is kept only until you quit.")
            self._messages.show_message(
                "token", Message(tr("The token is kept only until you quit"), words), "info"
            )
