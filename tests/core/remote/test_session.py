"""A session at the far end of a line waits for those who come, and goes on without them."""

from __future__ import annotations

import errno
import logging
import os
import socket
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from core.remote.line import Line
from core.remote.session import SocketConnection, serve_line


def test_a_session_to_which_nobody_comes_ends_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind("a.sock")
    listener.listen()
    serve_line(line := Line(), listener, stays_s=0.0)
    listener.close()
    assert line.read(1) == b""


class Exhausted(socket.socket):
    """A listener of a process that has too many open files, at first."""

    refused = 0

    def accept(self) -> tuple[socket.socket, Any]:
        if self.refused < 2:
            self.refused += 1
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return super().accept()


def test_a_session_outlives_that_no_more_files_can_be_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    listener = Exhausted(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind("a.sock")
    listener.listen()
    with caplog.at_level(logging.CRITICAL):
        serve_line(line := Line(), listener, stays_s=0.0)
    listener.close()
    assert (listener.refused, line.is_over) == (2, True)


def test_who_only_looks_for_a_session_takes_its_line_from_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind("a.sock")
    listener.listen()
    here, there = Line(), Line()
    own = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    own.connect("a.sock")
    serving = Thread(target=serve_line, args=(there, listener), daemon=True)
    carrying = Thread(target=here.carry, args=(SocketConnection(own),), daemon=True)
    serving.start()
    carrying.start()
    there.write(b"a")
    assert here.read(1) == b"a"
    looking = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    looking.connect("a.sock")
    looking.shutdown(socket.SHUT_WR)
    assert looking.recv(1) == b""  # it was seen, and let go
    looking.close()
    assert not there.is_away
    there.write(b"b")
    assert here.read(1) == b"b"
    here.end()
    serving.join()
    carrying.join()
    own.close()
    listener.close()
