"""The thread that the worker lives in, and the calls that cross into it."""

import logging
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QDeadlineTimer, Qt, QThread, Signal

from app.session.background import CLOSE_WITHIN_MS, LOOK_AGAIN_MS
from app.session.run import SavePicture
from app.session.worker import Worker
from core.runs.operations import Engine
from core.runs.recorder import FilmRecorder

log = logging.getLogger(__name__)

SAVED_WITHIN_MS = 120_000
"""A picture that is being decoded or written at the end is waited for so long."""

LAST_WORDS_MS = 200
"""For the thread to end when its last picture has been written."""


class WorkerThread(QThread):
    """Owns the `Worker`. Each signal below is a call of the worker's slot of that name; all return at once.

    Signals:
        begin, advance, stop, submit, restart_engine: see `Worker`.
    """

    begin = Signal(object)
    advance = Signal(object)
    stop = Signal()
    submit = Signal(str, object)
    restart_engine = Signal()
    _shut_down = Signal()

    def __init__(
        self,
        make_engine: Callable[[], Engine],
        save: SavePicture,
        recorder: FilmRecorder | None,
        log_file: Path | None,
    ) -> None:
        super().__init__()
        self.setObjectName("worker")
        self.worker = Worker(make_engine, save, recorder, log_file)
        self.worker.moveToThread(self)
        self.begin.connect(self.worker.begin)
        self.advance.connect(self.worker.advance)
        self.stop.connect(self.worker.hurry, Qt.ConnectionType.DirectConnection)  # the worker's thread may wait
        self.stop.connect(self.worker.stop)
        self.submit.connect(self.worker.submit)
        self.restart_engine.connect(self.worker.restart_engine)
        self._shut_down.connect(self.worker.shut_down)

    def shut_down(self) -> None:
        """Ends the run after its step and the thread after that."""
        self._shut_down.emit()

    def settle_pictures(self) -> None:
        """Waits a while for pictures that are being written, until it is known of each whether it could be."""
        deadline = QDeadlineTimer(CLOSE_WITHIN_MS)
        while self.worker.writing.is_saving and not deadline.hasExpired():
            self.msleep(LOOK_AGAIN_MS)
        QCoreApplication.sendPostedEvents()  # those that tell of them, also of one that ended a moment ago

    def wait_for_end(self, deadline: QDeadlineTimer, *, is_saving: bool) -> bool:
        """Says whether the thread ended in time, which is longer while a picture is being saved."""
        saves = QDeadlineTimer(SAVED_WITHIN_MS)
        has_ended = self.wait(deadline)
        while not has_ended and (is_saving or self.worker.writing.is_saving) and not saves.hasExpired():
            has_ended = self.wait(LOOK_AGAIN_MS)
        has_ended = has_ended or self.wait(LAST_WORDS_MS)
        if not has_ended:
            log.warning("the worker is still busy at the end")
        return has_ended
