"""The address of downloads is checked before it is saved; a token goes to the keychain and is not shown again."""

from __future__ import annotations

from collections.abc import Iterator

import keyring
import pytest
from keyring.backend import KeyringBackend
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.models.page import ModelsPage
from app.preferences.controller import PreferencesDialog
from core.downloads.hub import DEFAULT_ENDPOINT
from core.settings.settings import load_settings
from tests.app.preferences.windows import part, preferences
from tests.app.windows import Opened, open_window, opened

__all__ = ["open_window", "opened"]
TOKEN = "hf_abcdefgh"


class Keychain(KeyringBackend):
    """Holds what it is given."""

    # never chosen by itself
    priority = -1  # pyright: ignore[reportAssignmentType]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture
def keychain() -> Iterator[Keychain]:
    before = keyring.get_keyring()
    own = Keychain()
    keyring.set_keyring(own)
    yield own
    keyring.set_keyring(before)


def enter(dialog: PreferencesDialog, name: str, text: str) -> None:
    field = part(dialog, QLineEdit, name)
    field.setText(text)
    field.editingFinished.emit()


def said(dialog: PreferencesDialog) -> str:
    return " ".join(label.text() for label in part(dialog, QLabel, "tokenWords").window().findChildren(QLabel))


def downloads(opened: Opened) -> ModelsPage:
    return opened.window.contents.models.widget


def test_a_mirror_and_a_proxy_hold_for_the_next_download(
    opened: Opened, keychain: Keychain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    dialog = preferences(opened)
    enter(dialog, "hubEndpointEdit", " https://mirror.example.org/hub/ ")
    enter(dialog, "hubProxyEdit", "http://proxy.example.org:8080")
    service = downloads(opened).service
    assert (service.endpoint, service.proxy) == ("https://mirror.example.org/hub", "http://proxy.example.org:8080")
    settings = load_settings(opened.settings_store.folders)
    assert settings.hub_endpoint == "https://mirror.example.org/hub"
    assert settings.hub_proxy == "http://proxy.example.org:8080"
    enter(dialog, "hubEndpointEdit", "")
    enter(dialog, "hubProxyEdit", "")
    assert (service.endpoint, service.proxy) == (DEFAULT_ENDPOINT, "")


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("hubEndpointEdit", "mirror", "not an address"),
        ("hubEndpointEdit", "ftp://mirror.example.org", "not an address"),
        ("hubEndpointEdit", "https://mirror.example.org/?a=b", "question mark"),
        ("hubEndpointEdit", "https://me:secret@mirror.example.org", "not kept in settings"),
        ("hubEndpointEdit", "https://mirror.example.org:99999", "not an address"),
        ("hubProxyEdit", "proxy:8080", "not an address"),
        ("hubProxyEdit", "http://me:secret@proxy.example.org", "not kept in settings"),
        ("hubProxyEdit", "http://proxy.example.org/path", "without a path"),
    ],
)
def test_what_is_no_address_is_told_and_not_kept(
    opened: Opened, keychain: Keychain, name: str, text: str, why: str
) -> None:
    dialog = preferences(opened)
    before = opened.settings_store.settings
    enter(dialog, name, text)
    assert why in said(dialog)
    assert opened.settings_store.settings == before


def test_a_token_is_kept_told_and_removed_but_never_shown(
    opened: Opened, keychain: Keychain, qtbot: QtBot
) -> None:
    dialog = preferences(opened)
    dialog.show_page("downloadsPage")
    words = part(dialog, QLabel, "tokenWords")
    field, keep = part(dialog, QLineEdit, "hubTokenEdit"), part(dialog, QPushButton, "keepTokenButton")
    remove = part(dialog, QPushButton, "removeTokenButton")
    qtbot.waitUntil(lambda: words.text().startswith("No token"))
    assert field.echoMode() is QLineEdit.EchoMode.Password
    field.setText("with a space")
    assert not keep.isEnabled()
    field.setText(TOKEN)
    keep.click()
    assert field.text() == ""
    qtbot.waitUntil(lambda: words.text().startswith("A token is kept"))
    assert list(keychain.kept.values()) == [TOKEN]
    assert TOKEN not in repr(opened.settings_store.settings)
    remove.click()
    qtbot.waitUntil(lambda: words.text().startswith("No token"))
    assert keychain.kept == {}
    assert not remove.isEnabled()


def test_without_a_keychain_a_token_is_held_for_the_session(opened: Opened, qtbot: QtBot) -> None:
    dialog = preferences(opened)
    dialog.show_page("downloadsPage")
    words = part(dialog, QLabel, "tokenWords")
    qtbot.waitUntil(lambda: "o unlocked keychain" in words.text() or "no keychain" in words.text())
    part(dialog, QLineEdit, "hubTokenEdit").setText(TOKEN)
    part(dialog, QPushButton, "keepTokenButton").click()
    qtbot.waitUntil(lambda: downloads(opened).service.session_token.value == TOKEN)
    assert "until you quit" in words.text()
