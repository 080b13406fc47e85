"""The preferences page for downloads: hub, proxy and access token."""

import os

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QLineEdit

from app.preferences.page import LABELS_PX, Page
from app.preferences.token_box import TokenBox
from app.session.background import BackgroundTasks
from app.session.settings_store import SettingsStore
from app.widgets.field import describe, set_tone
from core.downloads.address import chosen_endpoint, endpoint_problem, proxy_problem

INDENT_PX = LABELS_PX + 8
HUB = "Empty: {endpoint}. A mirror is for networks that cannot reach it."
PROXY = "Empty: what the system's environment says (HTTPS_PROXY)."


class DownloadsPage(Page):
    """Tells when an address cannot be used, and does not keep it.

    Signals:
        address_changed: the next download goes another way.
        token_held: a `Secret` for this session, see `TokenBox`.
    """

    address_changed = Signal()
    token_held = Signal(object)

    def __init__(self, settings_store: SettingsStore, background: BackgroundTasks) -> None:
        super().__init__("Downloads", "downloadsPage")
        self._settings_store = settings_store
        default = chosen_endpoint("", os.environ)
        self._hub = QLineEdit(settings_store.settings.hub_endpoint)
        self._hub.setPlaceholderText(default)
        describe(self._hub, "hubEndpointEdit", "Hub", "The address of the hub or of its mirror")
        self._hub.editingFinished.connect(self._keep_hub)
        self.add_row("&Hub", self._hub)
        self._about_hub = self.add_hint(HUB.format(endpoint=default), INDENT_PX)
        self._proxy = QLineEdit(settings_store.settings.hub_proxy)
        self._proxy.setPlaceholderText("http://host:port")
        describe(self._proxy, "hubProxyEdit", "Proxy", "The proxy through which the hub is asked")
        self._proxy.editingFinished.connect(self._keep_proxy)
        self.add_row("&Proxy", self._proxy)
        self._about_proxy = self.add_hint(PROXY, INDENT_PX)
        self.add_section("Access token")
        self._token = TokenBox(background)
        self._token.held.connect(self.token_held)
        self.column.addWidget(self._token)
        self.add_hint(
            "A token lies in the keychain only, never in a file, a log or a recipe, and goes to this hub alone. "
            "Emulsion uses the network only while you download a model, or look for a new version."
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
    label.setText(f"{words} It is not kept." if is_wrong else words)
    set_tone(label, "error" if is_wrong else "")
