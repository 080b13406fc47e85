"""The token for the hub: told whether there is one, taken, forgotten; never shown."""

from __future__ import annotations

from PySide6.QtCore import QThreadPool, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.preferences.page import hint
from app.widgets.field import describe
from core.downloads.hub import Secret
from core.downloads.token import NoKeychain, is_token, store_token, stored_token

KEPT = "A token is kept in the keychain of this system."
NONE = "No token is kept. One is needed only for models whose licence has to be accepted first."
HELD = "This system offers no keychain: the token is held until Emulsion is closed."
NO_KEYCHAIN = "This system offers no keychain that is open: a token can be held until Emulsion is closed."


class TokenBox(QWidget):
    """Asks the keychain in a thread, for it may wait for the user. Call `close_box` at the end.

    Signals:
        held: a `Secret` for this session, where nothing can keep it; empty when it was removed.
    """

    held = Signal(object)
    _told = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._endpoint = ""
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(1)
        self._edit = QLineEdit()
        self._edit.setEchoMode(QLineEdit.EchoMode.Password)
        self._edit.setPlaceholderText("Paste a token of the kind “read”")
        describe(self._edit, "hubTokenEdit", "Token", "A token of your account on the hub, with the right to read")
        self._keep = QPushButton("Keep")
        self._keep.setObjectName("keepTokenButton")
        self._keep.setEnabled(False)
        self._remove = QPushButton("Remove")
        self._remove.setObjectName("removeTokenButton")
        self._remove.setEnabled(False)
        self._words = hint("")
        self._words.setObjectName("tokenWords")
        row = QHBoxLayout()
        row.addWidget(self._edit, 1)
        row.addWidget(self._keep)
        row.addWidget(self._remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self._words)
        self._edit.textChanged.connect(self._check)
        self._edit.returnPressed.connect(self._keep.click)
        self._keep.clicked.connect(self._store)
        self._remove.clicked.connect(self._forget)
        self._told.connect(self._on_told)

    def look(self, endpoint: str) -> None:
        """Finds out whether there is a token for this hub."""
        self._endpoint = endpoint
        self._pool.start(lambda: self._ask(endpoint))

    def close_box(self) -> None:
        self._pool.waitForDone()

    @Slot()
    def _check(self) -> None:
        text = self._edit.text().strip()
        self._keep.setEnabled(is_token(text))
        if text and not is_token(text):
            self._words.setText("A token has at least eight characters and no spaces.")

    @Slot()
    def _store(self) -> None:
        token, endpoint = Secret(self._edit.text().strip()), self._endpoint
        self._edit.clear()
        self._pool.start(lambda: self._put(endpoint, token))

    @Slot()
    def _forget(self) -> None:
        endpoint = self._endpoint
        self._pool.start(lambda: self._put(endpoint, Secret()))

    def _ask(self, endpoint: str) -> None:
        """In a thread of the pool, as is `_put`."""
        try:
            is_kept = bool(stored_token(endpoint))
        except NoKeychain:
            self._told.emit(NO_KEYCHAIN)
        else:
            self._told.emit(KEPT if is_kept else NONE)

    def _put(self, endpoint: str, token: Secret) -> None:
        try:
            store_token(endpoint, token)
        except NoKeychain:
            self.held.emit(token)
            self._told.emit(HELD if token else NO_KEYCHAIN)
        else:
            self.held.emit(Secret())
            self._told.emit(KEPT if token else NONE)

    @Slot(str)
    def _on_told(self, words: str) -> None:
        self._words.setText(words)
        self._remove.setEnabled(words in (KEPT, HELD))
