"""An engine on another computer: the system's own ssh starts it there, and leads to it again when it was cut off.

Keys, known hosts and names are those of the user's ssh. Nothing is asked: whatever ssh would ask for is told.
"""

from __future__ import annotations

import logging
import os
import secrets
import shlex
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from threading import Event, Thread, Timer
from typing import IO

from core.errors import EmulsionError, EngineEnded
from core.files.atomic import words_of
from core.language.words import tr
from core.remote.away import PASSING, ComputerAway, Trouble, trouble_of
from core.remote.frames import DEFAULT_BOUNDS, Bounds, Sink
from core.remote.inbox import Inbox
from core.remote.line import Line
from core.remote.session import AGAIN, GONE, MARK, NEW, UNABLE
from core.settings.computers import Computer

log = logging.getLogger(__name__)

SSH = ("ssh",)
OPTIONS = {
    "BatchMode": "yes",
    "ConnectTimeout": "10",
    "ServerAliveInterval": "5",
    "ServerAliveCountMax": "3",
    "ClearAllForwardings": "yes",
    "ForwardAgent": "no",
    "ForwardX11": "no",
    "PermitLocalCommand": "no",
    "RequestTTY": "no",
    "EscapeChar": "none",
    "ControlMaster": "no",
    "ControlPath": "none",
}
"""Of ssh: it asks nothing, forwards nothing, and notices within 15 s that a line is dead.

It shares no connection of another ssh, which may not notice that it is dead, and by which the other computer
cannot tell a line that was cut from one that was left.
"""

BEGINS_WITHIN_S = 60.0
GIVES_UP_S = 600.0
"""A line that was lost is looked for for so long; what was made until then is kept here."""

_LONGEST_WAIT_S = 15.0
_ENDS_WITHIN_S = 5.0
_LOOK_AGAIN_S = 0.1
_MOST_NOISE = 2**20
_MOST_LINES, _LONGEST_LINE = 40, 2**10
_STATE = 4
_AT_ONCE = 2**16


class SshConnection:
    """A `core.remote.line.Connection` through one process of ssh."""

    def __init__(self, command: Sequence[str]) -> None:
        """Raises OSError where there is no such program."""
        flags = subprocess.CREATE_NO_WINDOW if sys.platform == "win32" else 0
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            command, bufsize=0, stdin=pipe, stdout=pipe, stderr=pipe, creationflags=flags
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._orders, self._answers, self._words = self._process.stdin, self._process.stdout, self._process.stderr
        self._read = b""
        self.lines: deque[str] = deque(maxlen=_MOST_LINES)
        self._reader = Thread(target=self._read_lines, args=(self._words,), name="lines", daemon=True)
        self._reader.start()

    @property
    def number(self) -> int:
        """Returns the number of the process."""
        return self._process.pid

    def receive(self, size: int, /) -> bytes:
        if not self._read:
            return os.read(self._answers.fileno(), size)
        part, self._read = self._read[:size], self._read[size:]
        return part

    def send(self, content: bytes, /) -> None:
        while content:
            content = content[os.write(self._orders.fileno(), content) :]

    def close(self) -> None:
        self._process.kill()

    def begin(self) -> bytes:
        """Waits for what the far end says first, after all that its shell may say. Returns b"" for nothing."""
        timer = Timer(BEGINS_WITHIN_S, self.close)
        timer.start()
        read, end = b"", -1
        try:
            while end < 0 or len(read) < end:
                if not (part := self.receive(_AT_ONCE)) or len(read) > _MOST_NOISE:
                    return b""
                place = (read := read + part).find(MARK)
                end = place + len(MARK) + _STATE if place >= 0 else -1
        finally:
            timer.cancel()
            timer.join()
        if noise := read[: end - len(MARK) - _STATE]:
            log.info("the other computer says %.200r", noise)
        self._read = read[end:]
        return read[end - _STATE : end]

    def end(self) -> tuple[int, list[str]]:
        """Waits a while for the end of the process. Returns its exit code, and the last lines that it wrote."""
        with suppress(OSError):
            self._orders.close()
        self._answers.close()  # which ends a program that goes on talking
        try:
            code = self._process.wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._reader.join(1.0)  # a program that ssh has left behind may hold the pipe
        if not self._reader.is_alive():
            self._words.close()
        return code, list(self.lines)

    def _read_lines(self, stream: IO[bytes]) -> None:
        with suppress(OSError, ValueError):  # closed meanwhile
            while line := stream.readline(_LONGEST_LINE):
                self.lines.append(line.decode("utf-8", "backslashreplace").rstrip())
                log.info("there: %s", self.lines[-1])


class SshPeer:
    """The other end of the wire on another computer, see `core.remote.peer.Peer`.

    Attributes:
        inbox, sink: its messages. name: of the computer.
    """

    def __init__(self, sessions: SshSessions, bounds: Bounds) -> None:
        """Begins a session. Raises ComputerAway."""
        self._sessions, self.name = sessions, sessions.computer.name
        self._line, self._is_left = Line(), Event()
        self._connection = sessions.connected(is_again=False)
        self.sink: Sink = self._line
        self.inbox = Inbox(self._line, bounds)
        self._thread = Thread(target=self._carry, name="ssh", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        return not self._line.is_over

    @property
    def is_away(self) -> bool:
        return self._line.is_away

    def end(self, seconds: float) -> str:
        """Ends the session there, if the line holds or comes back so soon; else it ends by itself."""
        self._line.end()
        self._thread.join(seconds if self.is_away else max(seconds, 1.0))
        self._is_left.set()
        while self._thread.is_alive():  # one ssh after the other: it may be about to start another one
            self._connection.close()
            self._sessions.cut()
            self._thread.join(_LOOK_AGAIN_S)
        self.inbox.close()
        return tr("the line to {name} was ended", name=self.name)

    def _carry(self) -> None:
        while True:
            self._line.carry(self._connection)
            self._connection.end()
            if self._line.is_left or self._is_left.is_set():
                return
            log.info("the line to %s is lost", self.name)
            try:
                self._connection = self._back()
            except EmulsionError as error:
                self._line.end(error)
                return

    def _back(self) -> SshConnection:
        """Returns a new connection to the session. Raises ComputerAway when it is given up, and EngineEnded."""
        given_up, wait = time.monotonic() + self._sessions.gives_up_s, 0.1
        while True:
            try:
                return self._sessions.connected(is_again=True)
            except ComputerAway as error:
                if error.trouble is Trouble.gone:
                    raise EngineEnded(tr("it has ended on {name}", name=self.name)) from error
                if error.trouble not in PASSING or time.monotonic() + wait > given_up:
                    raise ComputerAway(self.name, Trouble.lost, error.detail) from error
                log.info("%s", error)
            if self._is_left.wait(wait):
                raise ComputerAway(self.name, Trouble.lost)
            wait = min(2 * wait, _LONGEST_WAIT_S)


class SshSessions:
    """Begins sessions on a computer for one engine; a new one takes the place of the one before."""

    def __init__(self, computer: Computer, ssh: Sequence[str] = SSH, gives_up_s: float = GIVES_UP_S) -> None:
        self.computer, self.gives_up_s = computer, gives_up_s
        self._ssh, self._session = tuple(ssh), secrets.token_hex(16)
        self._newest: SshConnection | None = None

    def __call__(self, bounds: Bounds = DEFAULT_BOUNDS) -> SshPeer:
        """Raises ComputerAway."""
        return SshPeer(self, bounds)

    @property
    def newest(self) -> int:
        """Returns the number of the process of ssh that was started last."""
        return self._newest.number if self._newest is not None else 0

    def cut(self) -> None:
        """Ends the process of ssh that was started last."""
        if self._newest is not None:
            self._newest.close()

    def connected(self, *, is_again: bool) -> SshConnection:
        """Begins the session, or comes back to it. Raises ComputerAway."""
        arguments = ("engine", "--stdio", "--session", self._session, *(("--again",) if is_again else ()))
        name = self.computer.address
        try:
            connection = self._newest = SshConnection(command_line(self.computer, arguments, self._ssh))
        except OSError as error:
            raise ComputerAway(name, Trouble.no_ssh, words_of(error)) from error
        state = connection.begin()
        if state == (AGAIN if is_again else NEW):
            return connection
        code, lines = connection.end()
        told = {GONE: Trouble.gone, UNABLE: Trouble.no_sessions}
        raise ComputerAway(name, *((told[state], "") if state in told else trouble_of(code, lines)))


def command_line(computer: Computer, arguments: Sequence[str], ssh: Sequence[str] = SSH) -> tuple[str, ...]:
    """Returns the command that runs Emulsion with arguments there. Raises ValueError for no computer's name."""
    options = tuple(f"-o{name}={value}" for name, value in OPTIONS.items())
    return (*ssh, "-T", *options, *computer.destination, f"{computer.command} {shlex.join(arguments)}")
