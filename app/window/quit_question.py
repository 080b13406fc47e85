"""Asks before the program is closed while pictures are being made; nothing is lost either way, and it says so."""

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QCloseEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QCheckBox, QMessageBox, QWidget

from app.session.run import RunState
from app.session.session import Session
from app.session.settings_store import SettingsStore
from core.language.words import plural, tr


class QuitQuestion(QObject):
    """Part of the window. Only the user is asked: not a system that shuts down, nor a signal to end."""

    def __init__(self, window: QWidget, session: Session, settings_store: SettingsStore) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._settings_store = settings_store

    @Slot()
    def quit(self) -> None:
        """Closes the window, or asks first."""
        if not self._ask():
            self._window.close()

    def holds(self, event: QCloseEvent) -> bool:
        """Returns True if the user closed the window and is asked now; it stays open until the answer."""
        application = QApplication.instance()
        is_ending = isinstance(application, QGuiApplication) and application.isSavingSession()
        return event.spontaneous() and not is_ending and self._ask()

    def _ask(self) -> bool:
        session, store = self._session, self._settings_store
        if session.state is RunState.idle or not store.settings.confirms_quit:
            return False
        running = len(session.queue.running)
        fate = plural(
            "It can be continued at the next start.", "They can be continued at the next start.", running
        )
        if store.films_folder() is None:
            fate = tr("Unfinished pictures are lost, because the preferences say that films are never kept.")
        waiting = sum(run.left for run in session.queue.entries)
        if waiting:
            waits = plural("1 more picture waits", "{count:,} more pictures wait", waiting)
            fate = tr("{fate}\n{waits} in the queue, which is kept.", fate=fate, waits=waits)
        box = QMessageBox(
            QMessageBox.Icon.Question,
            tr("Quit Emulsion"),
            plural(
                "A picture is being made.\n\n{fate}",
                "{count} pictures are being made.\n\n{fate}",
                running,
                fate=fate,
            ),
            QMessageBox.StandardButton.Cancel,
            self._window,
        )
        box.setObjectName("quitBox")
        never = QCheckBox(tr("&Don’t ask again"))
        never.setObjectName("neverAskBox")
        box.setCheckBox(never)
        quit_button = box.addButton(tr("Quit"), QMessageBox.ButtonRole.AcceptRole)
        quit_button.setObjectName("confirmQuitButton")
        box.setDefaultButton(quit_button)

        def leave() -> None:
            if never.isChecked():
                store.change(confirms_quit=False)
            self._window.close()

        quit_button.clicked.connect(leave)
        box.finished.connect(box.deleteLater)
        box.open()
        return True
