"""The far end of a line: an engine that stays while its line is lost, and the relay that leads a new one to it.

``ssh HOST emulsion engine --stdio --session NAME`` runs the relay. It begins the session, an engine in a process
of its own, or finds the one that runs: at a socket in a folder that is the user's alone. Nothing listens on a
port. The session ends when its client says so, and when nobody has come for half an hour.
"""

from __future__ import annotations

import logging
import os
import re
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread

import psutil

from core.language.words import tr
from core.remote.line import LEFT, Line, packet_of

log = logging.getLogger(__name__)

MARK = b"\nEMULSION LINE 1 "
"""Comes before the first byte of a line, after whatever the shell of that computer says; a state follows."""

NEW, AGAIN, GONE, UNABLE = b"new\n", b"old\n", b"off\n", b"not\n"
STAYS_S = 1800.0
"""A session whose line is lost ends after so long."""

_ENDS_WITHIN_S = 10.0
_TRIES_AGAIN_S = 0.2
_LOST_WITHIN_S = 1.0
_AT_ONCE = 2**16
_NAME = re.compile(r"[0-9a-f]{32}")


class SocketConnection:
    """A `core.remote.line.Connection` over a socket."""

    def __init__(self, own: socket.socket) -> None:
        self._socket = own

    def receive(self, size: int, /) -> bytes:
        return self._socket.recv(size)

    def send(self, content: bytes, /) -> None:
        self._socket.sendall(content)

    def close(self) -> None:
        with suppress(OSError):  # the other end has closed it
            self._socket.shutdown(socket.SHUT_RDWR)


def is_name(text: str) -> bool:
    """Returns True for the name of a session; never for a path."""
    return _NAME.fullmatch(text) is not None


def relay(folder: Path, name: str, keep: Callable[[socket.socket, Path], None], *, is_again: bool) -> None:
    """Leads standard input and output to the session of this name, until one of both ends.

    A session of before is ended first unless it is looked for ``is_again``; then none is begun. ``keep`` serves
    those who come to a socket, in a process of its own. Raises OSError.
    """
    if not hasattr(socket, "AF_UNIX") or not hasattr(os, "fork"):
        os.write(1, MARK + UNABLE)
        return
    assert is_name(name)
    place, server = _private(folder) / f"{name}.sock", _server()
    found = _reached(place)
    if found is None and is_again:
        with suppress(OSError):  # it has ended as it should
            _write_all(2, place.with_suffix(".log").read_bytes()[-_AT_ONCE:])
        os.write(1, MARK + GONE)
        return
    if found is not None and not is_again:
        _end(found, place)
        found = None
    connection = found or _begun(place, keep)
    os.write(1, MARK + (AGAIN if is_again else NEW))
    leading = Thread(target=_lead_in, args=(connection, place, server), name="input", daemon=True)
    leading.start()
    with suppress(OSError):  # the line is lost, or the session is over
        while content := connection.recv(_AT_ONCE):
            _write_all(1, content)
        return
    leading.join()


def serve_line(line: Line, listener: socket.socket, stays_s: float = STAYS_S) -> None:
    """Carries a line over the newest of the connections that come to a socket, until it is over."""
    listener.settimeout(1.0)
    left, carriers = time.monotonic(), list[Thread]()
    while not line.is_over:
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            left = left if line.is_away else time.monotonic()
            if time.monotonic() - left > stays_s:
                log.info("nobody has come for %.0f s: the session ends", stays_s)
                line.end()
            continue
        except OSError as error:  # such as too many open files: the engine goes on, and who comes is waited for
            log.warning("nobody can be let in: %s", error)
            time.sleep(_TRIES_AGAIN_S)
            continue
        connection.settimeout(None)
        carrier = Thread(target=_carry, args=(line, connection), name="carrier", daemon=True)
        carrier.start()
        carriers = [*(one for one in carriers if one.is_alive()), carrier]
    for carrier in carriers:  # the last words
        carrier.join(_ENDS_WITHIN_S)


def _carry(line: Line, connection: socket.socket) -> None:
    with connection, suppress(OSError):  # it has ended
        if connection.recv(1, socket.MSG_PEEK):  # one that says nothing only looks for sessions that were cut off
            line.carry(SocketConnection(connection))


def _begun(place: Path, keep: Callable[[socket.socket, Path], None]) -> socket.socket:
    """Begins a session: a process that belongs to no terminal and no login."""
    for other in place.parent.glob("*.sock"):
        if (still := _reached(other)) is not None:
            still.close()
        else:  # it was cut off
            forget(other)
    listener, new = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), place.with_suffix(".new")
    new.unlink(missing_ok=True)
    _at(new, listener.bind)
    new.chmod(0o600)
    listener.listen()
    new.rename(place)  # a relay beside this one takes it for a session only now that it answers
    sys.stdout.flush()
    sys.stderr.flush()
    if (child := os.fork()) == 0:
        try:
            os.setsid()
            if os.fork() == 0:
                _leave_streams(place.with_suffix(".log"))
                keep(listener, place)
        except BaseException:
            log.exception("a session has ended")
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    listener.close()
    if (connection := _reached(place)) is None:
        raise OSError(tr("the session has ended at once"))
    return connection


def _leave_streams(log_file: Path) -> None:
    """Lets go of the streams of ssh, which would not end before this process."""
    nothing, told = os.open(os.devnull, os.O_RDWR), os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for stream, own in ((0, nothing), (1, told), (2, told)):
        os.dup2(own, stream)
    os.close(nothing)
    os.close(told)


def _reached(place: Path) -> socket.socket | None:
    """Returns a connection to a session; None where there is none any more."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _at(place, connection.connect)
    except OSError:
        connection.close()
        return None
    return connection


def _end(connection: socket.socket, place: Path) -> None:
    """Ends a session, and waits until it has left the device."""
    connection.sendall(packet_of(LEFT))
    until = time.monotonic() + _ENDS_WITHIN_S
    while place.exists() and time.monotonic() < until:
        time.sleep(0.02)
    connection.close()
    forget(place)


def forget(place: Path) -> None:
    """Removes the files of a session that has ended as it should; the log of a crash is told later."""
    for path in (place, place.with_suffix(".log")):
        path.unlink(missing_ok=True)


def _lead_in(connection: socket.socket, place: Path, server: psutil.Process | None) -> None:
    """Leads standard input into the session, and tells it where the client has left."""
    with suppress(OSError):  # the session is over
        while content := os.read(0, _AT_ONCE):
            connection.sendall(content)
    if not _has_ended(server) and (last := _reached(place)) is not None:
        _end(last, place)  # the program at the other end of ssh has ended, and its last packet may be half a one
    SocketConnection(connection).close()


def _has_ended(server: psutil.Process | None) -> bool:
    """Returns True if the process of sshd has ended, or ends soon: the line is lost, and the client may be there.

    Otherwise the program at the other end has left, killed or not.
    """
    if server is None:
        return True
    with suppress(psutil.TimeoutExpired):
        server.wait(_LOST_WITHIN_S)
    return not server.is_running()


def _server() -> psutil.Process | None:
    """Returns the process that has begun this login, such as one of sshd."""
    try:
        return psutil.Process(os.getsid(0)).parent()
    except psutil.Error:
        return None


def _write_all(stream: int, content: bytes) -> None:
    while content:
        content = content[os.write(stream, content) :]


def _private(folder: Path) -> Path:
    """Returns a folder that is this user's alone. Raises OSError for another one's."""
    folder.mkdir(0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid != os.getuid():
        raise OSError(tr("the folder {folder} belongs to somebody else", folder=folder))
    folder.chmod(0o700)
    return folder


def _at(place: Path, use: Callable[[str], None]) -> None:
    """Has a socket used by its name alone: a long path is refused by the system."""
    before = Path.cwd()
    os.chdir(place.parent)
    try:
        use(place.name)
    finally:
        os.chdir(before)
