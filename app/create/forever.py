"""*Generate forever*: one picture after the other from the draft as it is then, until it is switched off."""

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAction

from app.session.run import Ending, RunState
from app.session.session import Session


class Forever(QObject):
    """Follows a checkable action; Stop and a failure switch it off."""

    def __init__(self, action: QAction, session: Session) -> None:
        super().__init__(action)
        self._action = action
        self._session = session
        action.toggled.connect(self._on_toggled)
        session.run_ended.connect(self._on_run_ended)
        session.state_changed.connect(self._on_state_changed)

    @Slot(bool)
    def _on_toggled(self, is_on: bool) -> None:
        """A locked seed is released: it would give the same picture again and again."""
        if is_on:
            self._session.edit(seed=None)
            self._on_state_changed(self._session.state)

    @Slot(object)
    def _on_run_ended(self, ending: Ending) -> None:
        if ending in (Ending.cancelled, Ending.failed):
            self._action.setChecked(False)

    @Slot(object)
    def _on_state_changed(self, state: RunState) -> None:
        if state is RunState.idle and self._action.isChecked():
            self._session.generate()
            is_put_off = self._session.draft_editor.files.is_busy
            if self._session.state is RunState.idle and not is_put_off:  # it cannot be used, which was told
                self._action.setChecked(False)
