"""A stream of bytes both ways that outlives the connections which carry it, one after the other.

Each end keeps what the other has not taken yet, and sends it again over the next connection. A packet is a kind
(one byte), a number (eight bytes) and, for `DATA`, so many bytes. The first of each end on a connection is
`TAKEN`, the count of all bytes that were taken so far: from there the other goes on. `LEFT` ends the stream, and
is answered by `LEFT`: a connection may take it that is dead already.
"""

from __future__ import annotations

import struct
import time
from contextlib import suppress
from functools import partial
from threading import Condition, Thread
from typing import Protocol

from core.errors import EmulsionError, WireBroken
from core.language.words import tr

DATA, TAKEN, LEFT = 1, 2, 3
WINDOW = 2**19
"""Bytes that are under way at most, so that a slow line is never far behind."""

BEAT_S = 2.0
"""Each end says so often how far it is, so that the other knows that the line holds."""

SILENT_S = 15.0
"""A line on which nothing came for so long is lost."""

ANSWERS_WITHIN_S = 5.0
"""The end of the stream is answered once what is being sent is out, or not at all."""

_HEAD = struct.Struct("<BQ")
_PACKET = 2**16
_MOST_ARRIVED = WINDOW + _PACKET


def packet_of(kind: int, number: int = 0) -> bytes:
    """Returns the head of a packet."""
    return _HEAD.pack(kind, number)


class Connection(Protocol):
    """Bytes both ways that may end at any time."""

    def receive(self, size: int, /) -> bytes:
        """Waits for at most so many bytes; b"" at the end. Raises OSError or ValueError."""
        ...

    def send(self, content: bytes, /) -> None:
        """Sends all bytes. Raises OSError or ValueError."""
        ...

    def close(self) -> None:
        """Ends what waits in `receive` and `send`. From any thread."""
        ...


class Line:
    """One end of the stream; a `Source` and a `Sink` of messages.

    Attributes:
        heard: when something last came from the other end, as `time.monotonic` tells it.
        is_left: the other end knows that it is over.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._kept, self._confirmed = bytearray(), 0
        self._arrived, self._taken = bytearray(), 0
        self._connection: Connection | None = None
        self._is_over = False
        self._failure: EmulsionError | None = None
        self.is_left = False
        self.heard = time.monotonic()

    @property
    def is_over(self) -> bool:
        return self._is_over

    @property
    def is_away(self) -> bool:
        """Returns True while no connection carries the stream."""
        return self._connection is None or time.monotonic() - self.heard > SILENT_S

    @property
    def under_way(self) -> int:
        """Returns the number of bytes that the other end has not taken yet."""
        return len(self._kept)

    def read(self, size: int = -1, /) -> bytes:
        """Waits for bytes; b"" when the stream is over. Raises what `end` was given."""
        with self._changed:
            self._changed.wait_for(lambda: self._arrived or self._is_over)
            if self._failure is not None:
                raise self._failure
            part = bytes(self._arrived[:size])
            del self._arrived[: len(part)]
            self._taken += len(part)
            self._changed.notify_all()
            return part

    def write(self, content: bytes | memoryview, /) -> int:
        """Keeps bytes to be sent; waits while too many are under way. Raises BrokenPipeError when it is over.

        Raises what `end` was given, too.
        """
        whole = memoryview(content).cast("B")
        for start in range(0, len(whole), _PACKET):
            with self._changed:
                self._changed.wait_for(
                    lambda: self._is_over or self._connection is None or len(self._kept) < WINDOW
                )
                if self._is_over:
                    raise self._failure or BrokenPipeError
                self._kept += whole[start : start + _PACKET]
                self._changed.notify_all()
        return len(whole)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Ends the stream at both ends."""
        self.end()

    def end(self, failure: EmulsionError | None = None) -> None:
        """Ends the stream; `read` raises ``failure`` then. What has come is still read without one."""
        with self._changed:
            if not self._is_over:
                self._is_over, self._failure = True, failure
            self._changed.notify_all()

    def carry(self, connection: Connection) -> None:
        """Carries the stream until this connection ends, or another one takes its place.

        One that carries what no `Line` sends ends the stream with WireBroken.
        """
        sender = Thread(target=self._send_all, args=(connection,), name="line", daemon=True)
        with self._changed:
            before, self._connection = self._connection, connection
            if not self._is_over:
                del self._arrived[:]  # it comes again
            self.heard = time.monotonic()
            first = packet_of(TAKEN, self._taken)
            self._changed.notify_all()
        if before is not None:
            before.close()
        try:
            connection.send(first)
            while (head := self._received(connection, _HEAD.size)) is not None:
                if not self._take(connection, *_HEAD.unpack(head)):
                    break
                if sender.ident is None:  # from here on
                    sender.start()
            if self.is_left and sender.ident is None:
                connection.send(packet_of(LEFT))
            elif self.is_left:
                sender.join(ANSWERS_WITHIN_S)
        except (OSError, ValueError):
            pass  # it has ended
        except WireBroken as error:
            self.end(error)
        finally:
            with self._changed:
                if self._connection is connection:
                    self._connection = None
                self._changed.notify_all()
            connection.close()
            if sender.ident is not None:
                sender.join()

    def _take(self, connection: Connection, kind: int, number: int) -> bool:
        """Takes a packet. Returns False where this connection is not to go on."""
        content = b""
        if kind == DATA:
            if number > _PACKET:
                raise WireBroken(
                    tr("it announces {length:,}; expected at most {most:,}", length=number, most=_PACKET)
                )
            if (read := self._received(connection, number)) is None:
                return False
            content = read
        with self._changed:
            if self._connection is not connection:
                return False
            self.heard = time.monotonic()
            if kind == DATA and (self._is_over or len(self._arrived) <= _MOST_ARRIVED):
                self._arrived += b"" if self._is_over else content
            elif kind == TAKEN and 0 <= number - self._confirmed <= len(self._kept):
                del self._kept[: number - self._confirmed]
                self._confirmed = number
            elif kind == LEFT:
                self._is_over = self.is_left = True
            else:
                raise WireBroken(tr("it does not begin as messages of Emulsion do"))
            self._changed.notify_all()
        return kind != LEFT

    def _send_all(self, connection: Connection) -> None:
        """Sends what the other end has not got yet, and how far this one is."""
        with suppress(OSError, ValueError):  # it has ended
            position, told, beat = self._confirmed, self._taken, time.monotonic()
            while True:
                with self._changed:
                    self._changed.wait_for(partial(self._is_due, connection, position, told), BEAT_S)
                    if self._connection is not connection:
                        return
                    start = position - self._confirmed
                    part = b"" if self.is_left else bytes(self._kept[start : min(start + _PACKET, WINDOW)])
                    taken, is_over = self._taken, self._is_over
                packet = packet_of(DATA, len(part)) + part if part else b""
                position += len(part)
                now = time.monotonic()
                if taken - told >= WINDOW // 4 or now - beat >= BEAT_S:
                    packet += packet_of(TAKEN, taken)
                    told, beat = taken, now
                if is_over and not part:
                    connection.send(packet + packet_of(LEFT))
                    return  # the other end answers, and closes the connection
                if now - self.heard > SILENT_S:
                    connection.close()
                    return
                connection.send(packet)

    def _is_due(self, connection: Connection, position: int, told: int) -> bool:
        has_more = position - self._confirmed < min(len(self._kept), WINDOW)
        is_told = self._taken - told < WINDOW // 4
        return has_more or self._is_over or self._connection is not connection or not is_told

    def _received(self, connection: Connection, size: int) -> bytes | None:
        content = b""
        while len(content) < size:
            if not (part := connection.receive(size - len(content))):
                return None
            content += part
        return content
