"""A line loses no byte over any number of connections, and takes nothing else from another end that lies."""

from __future__ import annotations

import random
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Event, Thread

import pytest

from core.errors import EngineEnded, WireBroken
from core.remote import line as line_module
from core.remote.line import DATA, LEFT, TAKEN, WINDOW, Line, packet_of
from core.remote.session import SocketConnection
from tests.patience import LONGEST_S

MUTATIONS = 500


class Ends:
    """Two lines, and the connections between them."""

    def __init__(self) -> None:
        self.here, self.there = Line(), Line()
        self._threads = list[Thread]()
        self._sockets = list[socket.socket]()

    def connect(self) -> None:
        for line, own in zip((self.here, self.there), socket.socketpair(), strict=True):
            self._sockets.append(own)
            thread = Thread(target=line.carry, args=(SocketConnection(own),), name="carrier")
            thread.start()
            self._threads.append(thread)

    def cut(self) -> None:
        for own in self._sockets:
            with suppress(OSError):
                own.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def close(self) -> None:
        self.here.end()
        self.there.end()
        self.cut()
        for own in self._sockets:
            own.close()


@pytest.fixture
def ends() -> Iterator[Ends]:
    ends = Ends()
    yield ends
    ends.close()


def waited_for(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + LONGEST_S
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return condition()


def test_no_byte_is_lost_or_doubled_however_often_it_is_cut(ends: Ends) -> None:
    dice = random.Random(5)
    sent, read = {end: dice.randbytes(3_000_000) for end in ("here", "there")}, dict[str, bytes]()
    came = Event()

    def write(line: Line, content: bytes) -> None:
        for start in range(0, len(content), 50_000):
            line.write(content[start : start + 50_000])

    def take(line: Line, name: str) -> None:
        content = b""
        while len(content) < len(sent[name]):
            content += line.read(100_000)
            came.set()
        read[name] = content
        came.set()

    jobs = [
        Thread(target=write, args=(ends.here, sent["here"])),
        Thread(target=write, args=(ends.there, sent["there"])),
        Thread(target=take, args=(ends.there, "here")),
        Thread(target=take, args=(ends.here, "there")),
    ]
    for job in jobs:
        job.start()
    while len(read) < len(sent):
        ends.connect()
        if dice.random() < 0.5:  # else nothing might ever come where connections begin slowly
            assert came.wait(LONGEST_S)
        time.sleep(dice.random() * 0.02)
        ends.cut()
        came.clear()
    for job in jobs:
        job.join()
    assert read == sent


def test_no_more_is_under_way_than_the_window(ends: Ends) -> None:
    ends.connect()
    assert waited_for(lambda: not ends.here.is_away and not ends.there.is_away)
    writer = Thread(target=ends.here.write, args=(bytes(8 * WINDOW),))
    writer.start()
    time.sleep(0.1)
    assert ends.here.under_way <= WINDOW + 2**16
    taken = 0
    while taken < 8 * WINDOW:
        taken += len(ends.there.read(2**20))
    writer.join()


def test_what_was_written_while_it_was_cut_comes_later(ends: Ends) -> None:
    ends.here.write(bytes(4 * WINDOW))  # nobody is waited for
    ends.connect()
    taken = 0
    while taken < 4 * WINDOW:
        taken += len(ends.there.read(2**20))


def test_its_end_is_told_after_all_that_was_written(ends: Ends) -> None:
    ends.connect()
    ends.here.write(b"last words")
    ends.here.end()
    assert ends.there.read(100) == b"last words"
    assert ends.there.read(100) == b""
    assert ends.there.is_over
    with pytest.raises(BrokenPipeError):
        ends.there.write(b"more")


def test_an_end_that_a_dead_connection_took_is_told_over_the_next_one() -> None:
    line = Line()
    line.end()
    for is_answered in (False, True):
        own, other = socket.socketpair()
        thread = Thread(target=line.carry, args=(SocketConnection(own),))
        thread.start()
        other.sendall(packet_of(TAKEN))
        assert other.recv(2 * len(packet_of(LEFT)), socket.MSG_WAITALL).endswith(packet_of(LEFT))
        other.sendall(packet_of(LEFT) if is_answered else b"")
        other.close()
        thread.join(LONGEST_S)
        own.close()
        assert line.is_left == is_answered


def test_the_reason_of_its_end_is_raised(ends: Ends) -> None:
    ends.here.end(EngineEnded("a reason"))
    with pytest.raises(EngineEnded, match="a reason"):
        ends.here.read(1)


def test_a_newer_connection_takes_the_place_of_one_that_nobody_has_seen_end(ends: Ends) -> None:
    ends.connect()
    ends.connect()
    ends.here.write(b"hello")
    assert ends.there.read(5) == b"hello"


def test_a_line_on_which_nothing_comes_is_away(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    ends.connect()
    assert waited_for(lambda: not ends.here.is_away)
    monkeypatch.setattr(line_module, "SILENT_S", 0.0)
    assert waited_for(lambda: ends.here.is_away)


HEAD = struct.Struct("<BQ")
GOOD = packet_of(TAKEN, 0) + packet_of(DATA, 5) + b"hello" + packet_of(TAKEN, 3) + packet_of(LEFT)


def heard(content: bytes, said: bytearray | None = None) -> Line:
    """Returns a line with three bytes under way, to which another end has said all of this.

    What it says itself is added to ``said``.
    """
    line, (own, other) = Line(), socket.socketpair()
    line.write(b"abc")
    thread = Thread(target=line.carry, args=(SocketConnection(own),))
    thread.start()
    with suppress(OSError):
        other.sendall(content)
        other.shutdown(socket.SHUT_WR)
    thread.join(LONGEST_S)
    assert not thread.is_alive()
    own.close()
    while said is not None and (part := other.recv(100)):
        said += part
    other.close()
    return line


@pytest.mark.parametrize("end", [GOOD, packet_of(LEFT)])
def test_a_good_end_is_heard_and_answered(end: bytes) -> None:
    line = heard(end, said := bytearray())
    assert (line.is_over, line.is_left, said.endswith(packet_of(LEFT))) == (True, True, True)
    assert (line.read(100), line.under_way) == ((b"hello", 0) if end == GOOD else (b"", 3))


@pytest.mark.parametrize(
    "lie",
    [
        packet_of(TAKEN, 0) + packet_of(DATA, 2**63),
        packet_of(TAKEN, 4),
        packet_of(TAKEN, 2) + packet_of(TAKEN, 1),
        packet_of(TAKEN, 2**64 - 1),
        packet_of(0, 0),
        b"Welcome to this computer, dear user",
        packet_of(TAKEN, 0) + 20 * (packet_of(DATA, 2**16) + bytes(2**16)),  # more than the window
    ],
)
def test_a_lie_is_told_and_ends_the_line(lie: bytes) -> None:
    line = heard(lie)
    assert line.is_over
    with pytest.raises(WireBroken):
        while line.read(2**20):
            pass


def test_mutated_packets_give_a_named_error_or_none() -> None:
    dice = random.Random(7)
    for _ in range(MUTATIONS):
        content = bytearray(GOOD)
        for _ in range(dice.randrange(1, 4)):
            content[dice.randrange(len(content))] = dice.randrange(256)
        line = heard(bytes(content[: dice.randrange(1, len(content) + 1)]))
        line.end()
        with suppress(WireBroken):
            assert len(line.read(2**20)) <= 2**16
