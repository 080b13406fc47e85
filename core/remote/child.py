"""A process of our own at the other end of a wire: its standard input and output."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import IO

from core.language.words import tr
from core.remote.frames import DEFAULT_BOUNDS, Bounds, Sink
from core.remote.inbox import Inbox

log = logging.getLogger(__name__)

_LONGEST_LINE = 2**12
_JOIN_S = 2.0


class Child:
    """A process that lives as long as its standard input is open; it writes messages, and lines for the log.

    Attributes:
        inbox: its messages. sink: its standard input.
        name, is_away: it is on this computer, always.
    """

    name = ""
    is_away = False

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        bounds: Bounds = DEFAULT_BOUNDS,
    ) -> None:
        """Raises OSError where the program cannot be started. ``folder`` is the one that it works in."""
        flags = subprocess.CREATE_NO_WINDOW if sys.platform == "win32" else 0
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment, cwd=folder, creationflags=flags
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self.sink: Sink = self._process.stdin
        self.inbox = Inbox(self._process.stdout, bounds)
        self._lines = Thread(target=_log_lines, args=(self._process.stderr,), name="lines", daemon=True)
        self._lines.start()

    @property
    def number(self) -> int:
        """Returns the number of the process."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def end(self, seconds: float) -> str:
        """Asks the process to end, and ends it after so many seconds. Returns how it has ended, in words."""
        with suppress(OSError):  # it has left
            self.sink.close()
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self.inbox.close(_JOIN_S)
        self._lines.join(_JOIN_S)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        return tr("signal {number}", number=-code) if code < 0 else tr("exit code {code}", code=code)


def _log_lines(stream: IO[bytes]) -> None:
    with suppress(OSError, ValueError):  # closed meanwhile
        while line := stream.readline(_LONGEST_LINE):
            log.info("engine: %s", line.decode("utf-8", "backslashreplace").rstrip())
