"""The requests that wait for the picture in progress, each with a button that takes it out."""

from functools import partial

from PySide6.QtWidgets import QFrame, QWidget

from app.session.queue import QueuedRun
from app.session.session import Session
from app.widgets.building import clear, hbox, stretched, text_label, vbox
from app.widgets.elided_label import ElidedLabel
from app.widgets.icon_button import IconButton

MOST_ROWS = 6


class QueueList(QWidget):
    """Follows the session's queue; hidden while nothing waits."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("queueList")
        self._session = session
        self._heading = text_label(role="caption")
        self._rows = vbox(spacing=4)
        vbox(self._heading, self._rows, on=self, spacing=8)
        session.queue.changed.connect(self._show_runs)
        self._show_runs()

    def _show_runs(self) -> None:
        runs = self._session.queue.runs
        clear(self._rows)
        for run in runs[:MOST_ROWS]:
            self._rows.addWidget(self._row(run))
        if len(runs) > MOST_ROWS:
            self._rows.addWidget(text_label(f"and {len(runs) - MOST_ROWS} more", role="hint"))
        self._heading.setText(f"Waiting ({len(runs)})")
        self.setVisible(bool(runs))

    def _row(self, run: QueuedRun) -> QWidget:
        row = QFrame()
        row.setProperty("role", "card")
        words = run.operation.title
        prompt = ElidedLabel(words)
        text = "Remove from the queue"
        remove = IconButton("close", text, "removeRunButton", name=f"{text}: {words}")
        remove.clicked.connect(partial(self._session.queue.remove, run.id))
        hbox(stretched(prompt), remove, on=row, margins=(12, 2, 2, 2))
        return row
