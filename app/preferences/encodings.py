"""The part of the preferences about encoded prompts on the disk: keeping them, their room, and removing them."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QWidget

from app.messages.errors import message
from app.preferences.page import GAP_PX, INDENT_PX, hint
from app.session.background import BackgroundTasks
from app.session.settings_store import SettingsStore
from app.widgets.building import STRETCH, hbox, named, push_button, text_label, vbox
from core.errors import EmulsionError
from core.files.sizes import size_text
from core.language.words import tr
from core.prompt.encodings import MOST_BYTES, users_encodings


class EncodingsSection(QWidget):
    """Looks at the files in the background.

    Signals:
        switched: encodings are kept from now on, or no longer.
    """

    switched = Signal()

    def __init__(self, settings_store: SettingsStore, background: BackgroundTasks) -> None:
        super().__init__()
        self._settings_store = settings_store
        self._tasks = background.queue(self, "encoded prompts")
        encodings = users_encodings(settings_store.folders.cache, keeps=True)
        assert encodings is not None
        self._encodings = encodings
        self._keeps = named(QCheckBox(tr("Keep encoded prompts on the disk")), "keepsEncodingsBox")
        about = tr(
            "A large text encoder is then not loaded for a prompt that it has read before. Up to {size}; the "
            "words cannot be read from the files.",
            size=size_text(MOST_BYTES),
        )
        self._keeps.setAccessibleDescription(about)
        self._keeps.setChecked(settings_store.settings.keeps_encodings)
        self._keeps.toggled.connect(self._choose)
        self._room = text_label("", name="encodingsRoom")
        self._remove = push_button(tr("Remove"), self._remove_all, name="removeEncodingsButton")
        words = hint(about)
        words.setContentsMargins(INDENT_PX, 0, 0, 0)
        room = hbox(self._room, STRETCH, self._remove)
        room.setContentsMargins(INDENT_PX, 0, 0, 0)
        vbox(self._keeps, words, room, on=self, spacing=GAP_PX)
        self._tasks.submit(self._encodings.size, self._show, self._refuse)

    @Slot(bool)
    def _choose(self, keeps: bool) -> None:
        self._settings_store.change(keeps_encodings=keeps)
        self.switched.emit()

    @Slot()
    def _remove_all(self) -> None:
        self._remove.setEnabled(False)
        self._tasks.submit(self._cleared, self._show, self._refuse)

    def _cleared(self) -> int:
        self._encodings.clear()
        return self._encodings.size()

    def _show(self, size_bytes: int) -> None:
        self._remove.setEnabled(size_bytes > 0)
        takes = tr("They take {size}.", size=size_text(size_bytes))
        self._room.setText(takes if size_bytes else tr("There are none yet."))

    def _refuse(self, error: EmulsionError) -> None:
        self._room.setText(str(message(error)))
