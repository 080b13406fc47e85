"""One window for one data folder: the first start owns it, a later one hands over what it was asked for and ends.

A lock file in the data folder decides, so that the gallery's index and the settings have one owner. The owner
listens at an address that follows from the folder alone; see `app.startup.instance_server` for its side.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from PySide6.QtCore import QCoreApplication, QLockFile

from core.errors import AlreadyRunning

LOCK_NAME = "emulsion.lock"
SOCKET_NAME = "emulsion.socket"
PATIENCE_S = 20.0
"""The longest wait for the first instance, which may itself be just starting or ending."""

RETRY_S = 0.1
LONGEST_REQUEST = 64 * 2**10
_LONGEST_ADDRESS = 90
"""Systems allow paths of 104 bytes for sockets, and Qt makes a folder with a longer name first."""


@dataclass(frozen=True, slots=True)
class InstanceMessage:
    """The request of a later start to the running window.

    Attributes:
        picture: to be shown, or None: only raise the window.
        activation: the token by which a Wayland desktop allows a window to come to the front, or "".
    """

    picture: Path | None = None
    activation: str = ""

    def to_line(self) -> bytes:
        picture = None if self.picture is None else str(self.picture)
        return json.dumps({"picture": picture, "activation": self.activation}).encode("ascii") + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> InstanceMessage:
        """Raises ValueError for anything but what `to_line` wrote."""
        content = json.loads(line)
        match content:
            case {"picture": str() | None, "activation": str()}:
                known = cast("dict[str, Any]", content)
            case _:
                raise ValueError("no message of ours")
        picture = known["picture"]
        return cls(None if picture is None else Path(picture), known["activation"])


@dataclass(frozen=True, slots=True)
class InstanceLock:
    """This process is the one that opens the window.

    Attributes:
        address: where later starts send messages.
        lock: held until the end; None where nothing can be written, so that there is nothing to protect.
    """

    address: str
    lock: QLockFile | None = None


def claim(data: Path, picture: Path | None = None, patience_s: float = PATIENCE_S) -> InstanceLock | None:
    """Takes the data folder for this process, or hands over to the one that has it and returns None.

    Needs no QApplication yet. Raises AlreadyRunning when the owner does not answer.
    """
    address = address_of(data)
    lock = QLockFile(str(data / LOCK_NAME))
    lock.setStaleLockTime(0)  # by its age no lock is stale: a window may be open for weeks
    end = time.monotonic() + patience_s
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError:
        return InstanceLock(address)
    if lock.tryLock(0):
        return InstanceLock(address, lock)
    instance_message = InstanceMessage(picture, os.environ.get("XDG_ACTIVATION_TOKEN", ""))
    application = QCoreApplication([])
    try:
        return _knock_until(end, lock, address, instance_message)
    finally:
        application.shutdown()  # in case a QApplication is needed after all


def is_claimed(data: Path) -> bool:
    """Returns whether a window owns the data folder now."""
    lock = QLockFile(str(data / LOCK_NAME))
    lock.setStaleLockTime(0)
    if lock.tryLock(0):
        lock.unlock()
        return False
    return lock.error() is QLockFile.LockError.LockFailedError


def _knock_until(
    end: float, lock: QLockFile, address: str, instance_message: InstanceMessage
) -> InstanceLock | None:
    while True:
        if _hand_over(address, instance_message, end - time.monotonic()):
            return None
        is_last = time.monotonic() >= end
        if is_last:
            # left behind half written, or by a process whose number another one has now: a living owner also
            # locks the open file, and then this does nothing
            lock.removeStaleLockFile()
        if lock.tryLock(0):
            return InstanceLock(address, lock)
        if lock.error() is not QLockFile.LockError.LockFailedError:
            return InstanceLock(address)  # a full or read-only disk
        if is_last:
            raise AlreadyRunning(_owner(lock))
        time.sleep(RETRY_S)


def _hand_over(address: str, instance_message: InstanceMessage, patience_s: float) -> bool:
    """Returns whether a running window has taken the message."""
    from PySide6.QtNetwork import QLocalSocket  # the first start does not need it

    patience_ms = max(1, round(patience_s * 1000))
    socket = QLocalSocket()
    socket.connectToServer(address)
    if not socket.waitForConnected(patience_ms):
        return False
    socket.write(instance_message.to_line())
    is_taken = socket.waitForReadyRead(patience_ms) and bytes(socket.readAll().data()).startswith(b"ok")
    socket.abort()
    return is_taken


def _owner(lock: QLockFile) -> int | None:
    match cast("object", lock.getLockInfo()):
        case (int(process), _, _) if process > 0:
            return process
        case _:
            return None


def address_of(data: Path) -> str:
    """In the data folder itself, where only its user can put anything; elsewhere if the system needs that."""
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    if sys.platform == "win32":
        return f"emulsion-{digest}"
    path = str(data / SOCKET_NAME)
    if len(os.fsencode(path)) <= _LONGEST_ADDRESS:
        return path
    return str(Path(tempfile.gettempdir()) / f"emulsion-{os.getuid()}-{digest}")
