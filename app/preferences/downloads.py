"""The preferences page for downloads: hub, proxy and access token."""

import os
from functools import partial

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from app.messages.errors import message
from app.preferences.page import LABELS_PX, Page, hint
from app.session.background import BackgroundTasks
from app.session.settings_store import SettingsStore
from app.widgets.building import hbox, named, push_button, stretched, vbox
from app.widgets.field import describe, set_tone
from core.downloads.address import chosen_endpoint, endpoint_problem, proxy_problem
from core.downloads.hub import Secret
from core.downloads.token import NoKeychain, is_token, store_token, stored_token
from core.errors import EmulsionError
from core.language.words import tr

INDENT_PX = LABELS_PX + 8
HUB = tr("Empty: {endpoint}. A mirror is for networks that cannot reach it.")
PROXY = tr("Leave empty to use the system setting (HTTPS_PROXY).")
KEPT = tr("A token is kept in the keychain of this system.")
NONE = tr("No token is kept. One is needed only for models whose licence has to be accepted first.")
HELD = tr("This system has no keychain: the token is kept only until you quit.")
NO_KEYCHAIN = tr("No unlocked keychain: the token is kept only until you quit.")


class DownloadsPage(Page):
    """Tells when an address cannot be used, and does not keep it.

    Signals:
        address_changed: the next download goes another way.
        token_held: a `Secret` for this session, see `TokenBox`.
    """

    address_changed = Signal()
    token_held = Signal(object)

    def __init__(self, settings_store: SettingsStore, background: BackgroundTasks) -> None:
        super().__init__(tr("Downloads"), "downloadsPage")
        self._settings_store = settings_store
        default = chosen_endpoint("", os.environ)
        self._hub = QLineEdit(settings_store.settings.hub_endpoint)
        self._hub.setPlaceholderText(default)
        describe(self._hub, "hubEndpointEdit", tr("Hub"), tr("The address of the hub or of its mirror"))
        self._hub.editingFinished.connect(self._keep_hub)
        self.add_row(tr("&Hub"), self._hub)
        self._about_hub = self.add_hint(HUB.format(endpoint=default), INDENT_PX)
        self._proxy = QLineEdit(settings_store.settings.hub_proxy)
        self._proxy.setPlaceholderText("http://host:port")
        describe(self._proxy, "hubProxyEdit", tr("Proxy"), tr("The proxy through which the hub is asked"))
        self._proxy.editingFinished.connect(self._keep_proxy)
        self.add_row(tr("&Proxy"), self._proxy)
        self._about_proxy = self.add_hint(PROXY, INDENT_PX)
        self.add_section(tr("Access token"))
        self._token = TokenBox(background)
        self._token.held.connect(self.token_held)
        self.column.addWidget(self._token)
        self.add_hint(
            tr(
                "A token lies in the keychain only, never in a file, a log or a recipe, and goes to this hub "
                "alone. Emulsion uses the network only while you download a model, or look for a new version."
            )
        )
        self.end()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look_for_token()  # not before: a keychain may ask to be unlocked

    @Slot()
    def _keep_hub(self) -> None:
        text = self._hub.text().strip().rstrip("/")
        problem = endpoint_problem(text)
        _tell(self._about_hub, problem or HUB.format(endpoint=self._hub.placeholderText()), is_wrong=bool(problem))
        if not problem and text != self._settings_store.settings.hub_endpoint:
            self._settings_store.change(hub_endpoint=text)
            self.address_changed.emit()
            self._look_for_token()

    @Slot()
    def _keep_proxy(self) -> None:
        text = self._proxy.text().strip().rstrip("/")
        problem = proxy_problem(text)
        _tell(self._about_proxy, problem or PROXY, is_wrong=bool(problem))
        if not problem and text != self._settings_store.settings.hub_proxy:
            self._settings_store.change(hub_proxy=text)
            self.address_changed.emit()

    def _look_for_token(self) -> None:
        self._token.look(chosen_endpoint(self._settings_store.settings.hub_endpoint, os.environ))


def _tell(label: QLabel, words: str, *, is_wrong: bool) -> None:
    label.setText(tr("{words} It is not kept.", words=words) if is_wrong else words)
    set_tone(label, "error" if is_wrong else "")


class TokenBox(QWidget):
    """Asks the keychain in the background, for it may wait for the user.

    Signals:
        held: a `Secret` for this session, where nothing can keep it; empty when it was removed.
    """

    held = Signal(object)

    def __init__(self, background: BackgroundTasks) -> None:
        super().__init__()
        self._endpoint = ""
        self._tasks = background.queue(self, "keychain")
        self._edit = QLineEdit()
        self._edit.setEchoMode(QLineEdit.EchoMode.Password)
        self._edit.setPlaceholderText(tr("Paste a read token"))
        describe(
            self._edit,
            "hubTokenEdit",
            tr("Token"),
            tr("A token of your account on the hub, with the right to read"),
        )
        self._keep = push_button(tr("Keep"), name="keepTokenButton")
        self._keep.setEnabled(False)
        self._remove = push_button(tr("Remove"), name="removeTokenButton")
        self._remove.setEnabled(False)
        self._words = named(hint(""), "tokenWords")
        row = hbox(stretched(self._edit), self._keep, self._remove)
        vbox(row, self._words, on=self, spacing=8)
        self._edit.textChanged.connect(self._check)
        self._edit.returnPressed.connect(self._keep.click)
        self._keep.clicked.connect(self._store)
        self._remove.clicked.connect(self._forget)

    def look(self, endpoint: str) -> None:
        """Finds out whether there is a token for this hub."""
        self._endpoint = endpoint
        self._tasks.submit(partial(_stored_words, endpoint), self._show_words, self._refuse)

    @Slot()
    def _check(self) -> None:
        text = self._edit.text().strip()
        self._keep.setEnabled(is_token(text))
        if text and not is_token(text):
            self._words.setText(tr("A token has at least eight characters and no spaces."))

    @Slot()
    def _store(self) -> None:
        token = Secret(self._edit.text().strip())
        self._edit.clear()
        self._put(token)

    @Slot()
    def _forget(self) -> None:
        self._put(Secret())

    def _put(self, token: Secret) -> None:
        store, told = partial(store_token, self._endpoint, token), partial(self._on_put, token)
        self._tasks.submit(store, told, self._refuse, is_kept=True)

    def _on_put(self, token: Secret, is_in_keychain: bool) -> None:
        self.held.emit(Secret() if is_in_keychain else token)
        if is_in_keychain:
            self._show_words(KEPT if token else NONE)
        else:
            self._show_words(HELD if token else NO_KEYCHAIN)

    def _refuse(self, error: EmulsionError) -> None:
        self._words.setText(str(message(error)))

    def _show_words(self, words: str) -> None:
        self._words.setText(words)
        self._remove.setEnabled(words in (KEPT, HELD))


def _stored_words(endpoint: str) -> str:
    try:
        return KEPT if stored_token(endpoint) else NONE
    except NoKeychain:
        return NO_KEYCHAIN
