"""The log file and the crash file: where details go that people should not have to look at.

Prompts are written at DEBUG only, which is never on.
"""

import faulthandler
import logging
import os
import sys
import threading
import traceback
from contextlib import suppress
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import TextIO

log = logging.getLogger(__name__)

LOG_NAME = "emulsion.log"
OUTPUT_NAME = "output.log"
CRASH_NAME = "crash.log"
LAST_CRASH_NAME = "last-crash.log"
LARGEST_LOG = 1_000_000
OLDER_LOGS = 3

_LINE = "%(asctime)s %(levelname)s %(name)s [%(threadName)s] %(message)s"


@dataclass(frozen=True, slots=True)
class Logs:
    """The files of this run; None where the folder for logs cannot be written, or there is no such file."""

    log_file: Path | None
    crash_file: Path | None


def start_logs(folder: Path, *, is_window: bool = True) -> Logs:
    """Sends log records, warnings, and the traces of crashes of the window into files in the folder.

    A command shows traces of crashes on standard error: the next start of the window has nothing to tell of them.
    Also gives a program without a console, whose standard streams are None, streams that end in a file:
    libraries print, and would fail.
    """
    log_file, crash_file = folder / LOG_NAME, folder / CRASH_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            log_file, maxBytes=LARGEST_LOG, backupCount=OLDER_LOGS, encoding="utf-8", errors="backslashreplace"
        )
        crashes = _appended(crash_file) if is_window else None
    except OSError:
        _replace_missing_streams(Path(os.devnull))
        return Logs(None, None)
    handler.setFormatter(logging.Formatter(_LINE))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.raiseExceptions = False  # a full disk must not become a stream of tracebacks
    logging.captureWarnings(capture=True)
    _replace_missing_streams(folder / OUTPUT_NAME)
    _catch_crashes(crashes, log_file)
    return Logs(log_file, crash_file if is_window else None)


def fill_missing_descriptors() -> None:
    """Opens standard streams that have been closed, to nothing. Call it before any other file is opened.

    The next file would take the place of one of them, and receive what libraries print, such as Qt's remarks.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free


def take_last_crash(folder: Path) -> Path | None:
    """Returns the traces that an earlier run left when it crashed, put aside; None when it ended well.

    Call it before `start_logs`.
    """
    crash_file, last_crash = folder / CRASH_NAME, folder / LAST_CRASH_NAME
    try:
        if crash_file.stat().st_size == 0:
            return None
        crash_file.replace(last_crash)
    except OSError:
        return None
    return last_crash


def note_good_end(folder: Path) -> None:
    """Empties the crash file: errors that were caught stay in the log, and the next start has nothing to tell."""
    with suppress(OSError):
        os.truncate(folder / CRASH_NAME, 0)


def _replace_missing_streams(file: Path) -> None:
    missing = [name for name in ("stdout", "stderr", "__stdout__", "__stderr__") if getattr(sys, name) is None]
    if missing:
        stream = file.open("w", encoding="utf-8", errors="backslashreplace", buffering=1)
        for name in missing:
            setattr(sys, name, stream)


def _appended(file: Path) -> TextIO:
    return file.open("a", encoding="utf-8", errors="backslashreplace", buffering=1)


def _catch_crashes(crashes: TextIO | None, log_file: Path) -> None:
    """Keeps traces in a file; without one the log has those of errors, and standard error a sentence."""

    def catch(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        log.critical("uncaught", exc_info=(kind, error, trace))
        if crashes is not None:
            traceback.print_exception(kind, error, trace, file=crashes)
            return
        from app.messages.errors import message  # imports what the window does not wait for

        sys.stderr.write(f"emulsion: {message(error, log_file)}\n")

    def catch_in_thread(caught: threading.ExceptHookArgs) -> None:
        if caught.exc_value is not None:
            catch(caught.exc_type, caught.exc_value, caught.exc_traceback)

    faulthandler.enable(crashes or sys.__stderr__ or 2)
    sys.excepthook = catch
    threading.excepthook = catch_in_thread
