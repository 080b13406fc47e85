"""*Generate forever*: one picture after the other from the draft as it is then, until it is switched off.

Where several engines make pictures, each makes one after the other.
"""

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
        session.run_failed.connect(self._on_run_failed)
        session.state_changed.connect(self._on_state_changed)
        session.pool.changed.connect(self._go_on)

    @Slot(bool)
    def _on_toggled(self, is_on: bool) -> None:
        """A locked seed is released: it would give the same picture again and again."""
        if is_on:
            self._session.edit(seed=None)
            self._go_on()

    @Slot(object)
    def _on_run_ended(self, ending: Ending) -> None:
        if ending is Ending.cancelled:
            self._action.setChecked(False)

    @Slot()
    def _on_run_failed(self) -> None:
        """Of any engine: the next picture there would most likely fail as well, and so on without an end."""
        self._action.setChecked(False)

    @Slot(object)
    def _on_state_changed(self, state: RunState) -> None:
        """A run that is stopped may end by itself before."""
        if state is RunState.stopping:
            self._action.setChecked(False)

    @Slot()
    def _go_on(self) -> None:
        """Has the next picture made where an engine is free and nothing waits."""
        session, busy = self._session, self._session.pool.busy
        is_going = all(runner.state is RunState.running for runner in busy) and not session.queue.runs
        if self._action.isChecked() and is_going and len(busy) < len(session.pool.runners):
            session.generate()
            is_put_off = session.draft_editor.files.is_busy
            if not session.pool.busy and not is_put_off:  # it cannot be used, which was told
                self._action.setChecked(False)
