"""Shows whether there is a token for the hub, stores another one and forgets it; never shows the token itself."""

from functools import partial

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QLineEdit, QWidget

from app.preferences.page import hint
from app.session.background import BackgroundTasks
from app.widgets.building import hbox, push_button, stretched, vbox
from app.widgets.field import describe
from core.downloads.hub import Secret
from core.downloads.token import NoKeychain, is_token, store_token, stored_token

KEPT = "A token is kept in the keychain of this system."
NONE = "No token is kept. One is needed only for models whose licence has to be accepted first."
HELD = "This system offers no keychain: the token is held until Emulsion is closed."
NO_KEYCHAIN = "This system offers no keychain that is open: a token can be held until Emulsion is closed."


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
        self._edit.setPlaceholderText("Paste a token of the kind “read”")
        describe(self._edit, "hubTokenEdit", "Token", "A token of your account on the hub, with the right to read")
        self._keep = push_button("Keep", name="keepTokenButton")
        self._keep.setEnabled(False)
        self._remove = push_button("Remove", name="removeTokenButton")
        self._remove.setEnabled(False)
        self._words = hint("")
        self._words.setObjectName("tokenWords")
        row = hbox(stretched(self._edit), self._keep, self._remove)
        vbox(row, self._words, on=self, spacing=8)
        self._edit.textChanged.connect(self._check)
        self._edit.returnPressed.connect(self._keep.click)
        self._keep.clicked.connect(self._store)
        self._remove.clicked.connect(self._forget)

    def look(self, endpoint: str) -> None:
        """Finds out whether there is a token for this hub."""
        self._endpoint = endpoint
        self._tasks.submit(partial(_stored_words, endpoint), self._show_words)

    @Slot()
    def _check(self) -> None:
        text = self._edit.text().strip()
        self._keep.setEnabled(is_token(text))
        if text and not is_token(text):
            self._words.setText("A token has at least eight characters and no spaces.")

    @Slot()
    def _store(self) -> None:
        token = Secret(self._edit.text().strip())
        self._edit.clear()
        self._put(token)

    @Slot()
    def _forget(self) -> None:
        self._put(Secret())

    def _put(self, token: Secret) -> None:
        self._tasks.submit(partial(store_token, self._endpoint, token), partial(self._on_put, token), is_kept=True)

    def _on_put(self, token: Secret, is_in_keychain: bool) -> None:
        self.held.emit(Secret() if is_in_keychain else token)
        if is_in_keychain:
            self._show_words(KEPT if token else NONE)
        else:
            self._show_words(HELD if token else NO_KEYCHAIN)

    def _show_words(self, words: str) -> None:
        self._words.setText(words)
        self._remove.setEnabled(words in (KEPT, HELD))


def _stored_words(endpoint: str) -> str:
    try:
        return KEPT if stored_token(endpoint) else NONE
    except NoKeychain:
        return NO_KEYCHAIN
