"""Downloads for the window: each in a process of its own, two at once, and all of them outlive a restart."""

import logging
import os
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, Signal, Slot

from app.models.download_state import ACTIVE, DownloadState, Stage
from app.session.own_program import FOLDER, own_command
from core.downloads.address import chosen_endpoint
from core.downloads.download import LOCK_NAME
from core.downloads.events import Checking, Completed, Downloading, Listed, Waiting
from core.downloads.failures import DownloadFailed, Failure, Fault
from core.downloads.hub import Secret
from core.downloads.json_lines import from_line
from core.downloads.record import read_record
from core.downloads.selection import INDEX
from core.models.downloadable import known_files

log = logging.getLogger(__name__)

AT_ONCE = 2
_ENDING_MS = 3000


class DownloadService(QObject):
    """Call `finish` at the end: running downloads stop and go on with the next start.

    Attributes:
        endpoint: of the hub, without a slash at the end. proxy: "" for what the environment says.
        states: of all downloads, by their keys.
        session_token: held until the end of the program, where there is no keychain.

    Signals:
        changed: the key of a download that stands elsewhere now.
        completed: the key of a model that is here now.
    """

    changed = Signal(str)
    completed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.endpoint = chosen_endpoint("", os.environ)
        self.proxy = ""
        self.session_token = Secret()
        self.states: dict[str, DownloadState] = {}
        self._processes: dict[str, QProcess] = {}

    def find_unfinished(self, model_folders: tuple[Path, ...]) -> None:
        """Takes up what an earlier start has left unfinished, as paused."""
        for parent in model_folders:
            for folder in sorted(parent.iterdir()) if parent.is_dir() else ():
                record = read_record(folder) if folder.name not in self.states else None
                if record is not None and not record.is_complete(folder):
                    done = record.present(folder)
                    state = DownloadState(folder.name, record.repository, Stage.paused, done, record.total)
                    # the index comes last: where it is, the model was complete once
                    self._set(replace(state, is_repair=(folder / INDEX).is_file()))

    def begin(self, key: str, repository: str, *, is_repair: bool = False) -> None:
        """Begins or goes on, as soon as there is a place."""
        state = self.states.get(key) or DownloadState(key, repository, Stage.queued, is_repair=is_repair)
        if state.stage not in ACTIVE:
            self._stop(key)  # one that has failed may not have ended yet
            self._set(replace(state, stage=Stage.queued, failure=None))
            self._start_next()

    def pause(self, key: str) -> None:
        state = self.states.get(key)
        if state is not None and (state.stage in ACTIVE or state.stage is Stage.queued):
            self._stop(key)
            self._set(replace(state, stage=Stage.paused, bytes_per_second=0.0))
            self._start_next()

    def cancel(self, key: str, folder: Path) -> None:
        """Throws away what has arrived, which is of no use by itself."""
        self._stop(key)
        record = read_record(folder)
        if record is not None and not record.is_complete(folder):
            shutil.rmtree(folder, ignore_errors=True)
        elif folder.is_dir() and {child.name for child in folder.iterdir()} <= {LOCK_NAME}:
            shutil.rmtree(folder, ignore_errors=True)  # the hub refused before anything was written
        self.states.pop(key, None)
        self.changed.emit(key)
        self._start_next()

    @Slot()
    def finish(self) -> None:
        for key in tuple(self._processes):
            self._stop(key)

    def _start_next(self) -> None:
        for state in tuple(self.states.values()):
            if state.stage is Stage.queued and len(self._processes) < AT_ONCE:
                self._start(state)

    def _start(self, state: DownloadState) -> None:
        process = QProcess(self)
        process.setWorkingDirectory(str(FOLDER))
        process.setProcessChannelMode(QProcess.ProcessChannelMode.SeparateChannels)
        process.setStandardErrorFile(QProcess.nullDevice())
        process.readyReadStandardOutput.connect(partial(self._read, state.key, process))
        process.finished.connect(partial(self._end, state.key, process))
        process.errorOccurred.connect(partial(self._fail_to_start, state.key, process))
        self._processes[state.key] = process
        self._set(replace(state, stage=Stage.preparing))
        named = state.key if known_files().get(state.key) == state.repository else state.repository
        program, *command = own_command("models", "download", named, "--json", "--follow-stdin")
        command += ["--endpoint", self.endpoint, "--proxy", self.proxy]
        command += ["--token-stdin"] if self.session_token else []
        process.start(program, command)
        if self.session_token:
            process.write(f"{self.session_token.value}\n".encode())

    def _stop(self, key: str) -> None:
        """A killed download loses nothing, see `core.downloads.part`."""
        process = self._processes.pop(key, None)
        if process is not None:
            process.blockSignals(True)  # noqa: FBT003 its end is no news
            process.kill()
            process.waitForFinished(_ENDING_MS)
            process.deleteLater()

    def _read(self, key: str, process: QProcess) -> None:
        while process.canReadLine():
            self._follow(key, bytes(process.readLine().data()).decode("utf-8", "replace"))

    def _follow(self, key: str, line: str) -> None:
        state = self.states.get(key)
        if state is None:
            return
        match from_line(line):
            case Listed(done=done, total=total):
                self._set(replace(state, stage=Stage.checking, done=done, total=total))
            case Checking():
                self._set(replace(state, stage=Stage.checking))
            case Downloading(done=done, total=total, bytes_per_second=rate):
                progress = replace(state, done=done, total=total, bytes_per_second=rate)
                self._set(replace(progress, stage=Stage.running, failure=None))
            case Waiting(failure=failure, wait_s=wait_s):
                self._set(replace(state, stage=Stage.waiting, failure=failure, wait_s=wait_s))
            case Completed():
                del self.states[key]
                self.changed.emit(key)
                self.completed.emit(key)
            case DownloadFailed() as error:
                self._set(replace(state, stage=Stage.failed, failure=error.failure))
            case _:
                pass

    def _fail_to_start(self, key: str, process: QProcess, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self._end(key, process)

    def _end(self, key: str, process: QProcess, *_code: object) -> None:
        process.deleteLater()
        if self._processes.get(key) is not process:
            return
        del self._processes[key]
        state = self.states.get(key)
        if state is not None and state.stage in ACTIVE:  # it ended without a word
            log.warning("the download of %s ended with code %s", key, process.exitCode())
            failure = Failure(Fault.cut_off, state.repository, host=self.endpoint)
            self._set(replace(state, stage=Stage.failed, failure=failure))
        self._start_next()

    def _set(self, state: DownloadState) -> None:
        self.states[state.key] = state
        self.changed.emit(state.key)
