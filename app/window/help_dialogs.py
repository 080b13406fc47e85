"""The dialogs of the menu *Help*, imported when they are asked for."""

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from app.preferences.controller import PreferencesController
from app.session.memory import MemoryService
from app.session.session import Session
from app.shortcuts.actions import Actions
from app.shortcuts.keymap import Keymap


class HelpDialogs(QObject):
    """Connects the actions that show keys, this machine, and the program itself."""

    def __init__(
        self,
        window: QWidget,
        actions: Actions,
        keymap: Keymap,
        preferences: PreferencesController,
        session: Session,
        memory: MemoryService,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._keymap = keymap
        self._preferences = preferences
        self._session = session
        self._memory = memory
        actions.shortcuts.triggered.connect(self._show_keys)
        actions.about.triggered.connect(self._show_about)
        actions.machine.triggered.connect(self._show_machine)

    @Slot()
    def _show_keys(self) -> None:
        from app.shortcuts.key_sheet import KeySheet

        KeySheet(self._keymap, self._preferences.open_shortcuts, self._window).open()

    @Slot()
    def _show_about(self) -> None:
        from app.dialogs.about import AboutDialog

        AboutDialog(self._window).open()

    @Slot()
    def _show_machine(self) -> None:
        from app.dialogs.machine import MachineDialog

        MachineDialog(self._session.device, self._memory, self._window).open()
