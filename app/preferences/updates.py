"""The preferences page for updates: looks for a newer version when the user asks, and never else."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QLabel, QLineEdit

from app.messages.errors import message
from app.preferences.page import Page
from app.session.background import BackgroundTasks
from app.session.settings_store import SettingsStore
from app.widgets.building import STRETCH, hbox, named, push_button, text_label
from core.errors import EmulsionError
from core.language.words import tr
from core.version import VERSION

if TYPE_CHECKING:  # imports what speaks to the network
    from core.downloads.updates import UpdateInfo


class UpdatesPage(Page):
    """Nothing is looked for before `check` or its button."""

    def __init__(self, settings_store: SettingsStore, background: BackgroundTasks) -> None:
        super().__init__(tr("Updates"), "updatesPage")
        self._settings_store = settings_store
        self._page = ""
        self._tasks = background.queue(self, "updates")
        self.column.addWidget(QLabel(tr("Version {version}.", version=VERSION)))
        self._address = named(QLineEdit(settings_store.settings.update_address), "updateAddressEdit")
        self._address.setPlaceholderText(tr("https://… or a file"))
        self._address.editingFinished.connect(self._keep_address)
        self.add_row(tr("&Update feed"), self._address)
        self.add_hint(
            tr(
                "Emulsion checks only when you press this, and sends nothing but the request. It never "
                "installs a new version by itself; you can install it beside this one."
            )
        )
        self._button = push_button(tr("Check &now"), self.check, name="checkForUpdatesButton")
        self._open = push_button(tr("Open its page"), self._open_page, name="openUpdatePageButton")
        self._open.hide()
        self.column.addLayout(hbox(self._button, self._open, STRETCH))
        self._words = text_label(name="updateWords", is_plain=True, wraps=True)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.column.addWidget(self._words)
        self.end()

    @Slot()
    def check(self) -> None:
        """Looks for a newer version now."""
        self._keep_address()
        self._button.setEnabled(False)
        self._open.hide()
        self._words.setText(tr("Looking…"))
        address = self._settings_store.settings.update_address
        self._tasks.submit(partial(_check, address), self._on_checked, self._refuse)

    @Slot()
    def _keep_address(self) -> None:
        self._settings_store.change(update_address=self._address.text().strip())

    def _refuse(self, error: EmulsionError) -> None:
        self._button.setEnabled(True)
        self._words.setText(str(message(error)))

    def _on_checked(self, info: UpdateInfo) -> None:
        self._button.setEnabled(True)
        self._words.setText(info.sentence)
        self._page = info.page
        self._open.setVisible(bool(self._page))

    @Slot()
    def _open_page(self) -> None:
        QDesktopServices.openUrl(QUrl(self._page))


def _check(address: str) -> UpdateInfo:
    from core.downloads.updates import check  # imports what speaks to the network: only for this

    return check(address)
