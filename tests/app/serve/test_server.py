from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.serve import server as serving
from app.serve.server import BoundedProtocol, listen, server
from core.errors import InvalidRequest
from tests.app.serve.conftest import TOKEN, door_at
from tests.fakes import FakeEngine
from tests.patience import LONGEST_S

MOST = 5


@pytest.fixture
def port(tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server of few connections."""
    monkeypatch.setattr(serving, "MOST_CONNECTIONS", MOST)
    door, begun = door_at(tmp_path, models, lambda _catalogue: FakeEngine()), threading.Event()
    with listen("127.0.0.1", 0) as listening:
        made = server(door, TOKEN, begun.set)
        thread = threading.Thread(target=made.run, args=([listening],))
        thread.start()
        assert begun.wait(LONGEST_S)
        yield listening.getsockname()[1]
        made.should_exit = True
        thread.join()


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), LONGEST_S)


def all_of(connection: socket.socket) -> bytes:
    """Returns all that comes until the other side closes."""
    content = b""
    while part := connection.recv(65536):
        content += part
    return content


def test_a_request_is_answered(port: int) -> None:
    lines = ("GET /sdapi/v1/samplers HTTP/1.1", "Host: localhost", f"Authorization: Bearer {TOKEN}")
    with connected(port) as connection:
        connection.sendall("\r\n".join((*lines, "Connection: close", "", "")).encode())
        assert all_of(connection).startswith(b"HTTP/1.1 200")


def test_a_connection_without_a_request_is_cut_off_also_if_its_lines_come_slowly(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundedProtocol, "head_s", 0.5)
    with connected(port) as silent, connected(port) as slow:
        stop = time.monotonic() + LONGEST_S
        with pytest.raises(OSError, match=r".*"):
            while time.monotonic() < stop:
                slow.sendall(b"X")
                time.sleep(0.05)
        assert time.monotonic() < stop
        assert all_of(silent) == b""


def test_too_many_connections_are_refused_with_a_sentence(port: int) -> None:
    with ExitStack() as opened:
        first = [opened.enter_context(connected(port)) for _ in range(MOST)]
        answer = all_of(opened.enter_context(connected(port)))
        assert len(first) == MOST
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503")
    assert json.loads(body)["error"]["message"].endswith(".")


def test_a_port_that_another_program_has_is_told() -> None:
    with listen("127.0.0.1", 0) as taken:
        taken.listen()
        with pytest.raises(InvalidRequest) as refused:
            listen("127.0.0.1", taken.getsockname()[1])
    assert "--port" in refused.value.sentence
