"""The window's end of the wire: an engine in another process, with the interface of the one in this process."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from core.errors import DeviceLost, EmulsionError, EngineEnded, WireBroken
from core.files.atomic import words_of
from core.language.words import tr
from core.models.folders import FixedPlaces, Places
from core.remote.codec import Decoder, Encoder
from core.remote.frames import Message, WireCut, write_message
from core.remote.messages import (
    Answer,
    Close,
    Ended,
    Failed,
    Hello,
    MakeEngine,
    Next,
    Order,
    Ready,
    Run,
    Told,
)
from core.remote.peer import Peer
from core.remote.sending import Sending
from core.remote.table import check_greeting, fingerprint
from core.runs.events import Event, LineLost
from core.runs.operations import Operation

log = logging.getLogger(__name__)

STOPS_WITHIN_S = 5.0
"""An engine that does not stop within so many seconds is ended, and started again for the next run."""

GREETS_WITHIN_S = 120.0
KEEPS_AT_MOST = 2**26
"""Bytes of the arrays in operations that both ends keep, so that questions about one film send it once."""

STOPS_FAR_S = 0.2
"""The answer to a stop is waited for so long where it comes from another computer; it may come later."""

_LOOK_AGAIN_S = 0.1


class RemoteEngine:
    """Has operations carried out elsewhere; serves one caller at a time.

    After the other end has ended, the next operation begins with a new one.

    Attributes:
        ready: all that the other end has told of itself.
    """

    def __init__(
        self,
        connect: Callable[[], Peer],
        how: MakeEngine,
        places: Callable[[], Places],
        stops_within_s: float = STOPS_WITHIN_S,
    ) -> None:
        """Connects at once. Raises WireBroken, EngineEnded, and what making an engine raises."""
        self._connect, self._how, self._places = connect, how, places
        self._stops_within_s = stops_within_s
        self._connection, self.ready = self._connected()

    def run(self, operation: Operation[Any], files: Sequence[Path] = ()) -> Generator[Event, None, None]:
        """Carries an operation out, as `core.engine.engine.Engine.run` does.

        ``files`` are sent first where the other end lacks them, and read there. Raises EngineEnded where it has
        ended meanwhile, and WireBroken.
        """
        if not self._connection.is_alive:
            self._connection.end(0)
            self._connection, self.ready = self._connected()
        for path in files:
            self._connection.send(path)
        yield from self._connection.run(operation, fixed(self._places()))

    def hurry(self, operation: Operation[Any]) -> None:
        """Ends the other end unless it answers soon, where this operation is waited for. From any thread."""
        self._connection.hurry(operation)

    def close(self) -> None:
        """Ends the other end, and with it frees the device's memory."""
        self._connection.end(self._stops_within_s)

    def _connected(self) -> tuple[_Connection, Ready]:
        try:
            connection = _Connection(self._connect(), self._stops_within_s)
        except OSError as error:  # the program has gone, or no process can be started
            raise EngineEnded(words_of(error)) from error
        try:
            return connection, connection.begin(self._how)
        except BaseException:
            connection.end(0)
            raise


class _Connection:
    """One life of the other end.

    Attributes:
        has_ended: the other end has; all that is asked of it now raises EngineEnded.
    """

    def __init__(self, peer: Peer, stops_within_s: float) -> None:
        self._peer, self._stops_within_s = peer, stops_within_s
        self._encoder, self._decoder = Encoder(), Decoder()
        self._runs = 0
        self._asked: Operation[Any] | None = None
        self._deadline: tuple[Operation[Any], float] | None = None
        self._how_ended = ""
        self._owed = deque[Decoder]()
        self._sending = Sending(self._ask, self._encoder)
        self.has_ended = False

    @property
    def is_alive(self) -> bool:
        return not self.has_ended and self._peer.is_alive

    def begin(self, how: MakeEngine) -> Ready:
        greeted = time.monotonic() + GREETS_WITHIN_S
        self._say(Hello(fingerprint()))
        check_greeting(self._heard(self._decoder, greeted))
        match self._ask(how):
            case Ready() as ready:
                return ready
            case Failed(error=error, trace=trace):
                raise error or RuntimeError(trace)
            case answer:
                raise self._out_of_turn(answer)

    def run(self, operation: Operation[Any], places: FixedPlaces) -> Generator[Event, None, None]:
        self._runs += 1
        number, decoder, is_over, is_away = self._runs, Decoder(renamed=self._sending.back), False, False
        if self._encoder.kept_bytes > KEEPS_AT_MOST:
            self._encoder.begin_anew()
        self._say(Run(number, places, operation))
        try:
            while True:
                if not is_away:
                    self._say(Next(number))
                self._asked = operation
                answer = self._heard(decoder, tells_away=not is_away)
                self._asked = None
                if is_away := answer is None:
                    yield LineLost(self._peer.name)
                    continue
                match answer:
                    case Told(of, event) if of == number:
                        yield event
                    case Ended(of) if of == number:
                        is_over = True
                        return
                    case Failed(of, error, trace) if of == number:
                        is_over = True
                        if isinstance(error, DeviceLost):  # only another process can use it again
                            self.end(self._stops_within_s)
                        raise error or RuntimeError(trace)
                    case _:
                        raise self._out_of_turn(answer)
                del event
                answer = None
        finally:
            self._asked = None
            if not is_over and not self.has_ended:
                self._stop(number, decoder, 1 + is_away)

    def send(self, path: Path) -> None:
        """Sends a file, see `Sending`. A refused one ends the other end."""
        try:
            self._sending.send(path)
        except WireBroken:
            self.end(0)
            raise

    def _ask(self, order: Order) -> Answer | None:
        self._say(order)
        return self._heard(self._decoder)

    def hurry(self, operation: Operation[Any]) -> None:
        self._deadline = operation, time.monotonic() + self._stops_within_s

    def end(self, seconds: float) -> None:
        if not self.has_ended:
            self.has_ended = True
            self._how_ended = self._peer.end(seconds)

    def _stop(self, number: int, decoder: Decoder, owed: int) -> None:
        """Stops a run, of which so many answers are still to come; an engine that does not answer is ended."""
        far, now = bool(self._peer.name), time.monotonic()
        try:
            self._say(Close(number))
            self._owed.extend([decoder] * owed)
            self._settle(
                None if far else now + self._stops_within_s,
                (lambda: time.monotonic() > now + STOPS_FAR_S) if far else _never,
            )
        except EmulsionError as error:
            log.info("%s", error)

    def _say(self, order: Order) -> None:
        if self.has_ended:
            raise EngineEnded(self._how_ended)
        content = self._encoder.encode(order)
        try:
            write_message(self._peer.sink, *content)
        except OSError:
            self.end(self._stops_within_s)
            raise EngineEnded(self._how_ended) from None
        except EmulsionError:  # that of a line
            self.end(0)
            raise

    def _heard(
        self, decoder: Decoder, deadline: float | None = None, *, tells_away: bool = False
    ) -> Answer | None:
        """Waits for an answer; ``decoder`` is that of the run. Raises EngineEnded, WireBroken and ComputerAway.

        Where it ``tells_away``, it returns None as soon as the line is lost.
        """
        leaves = (lambda: self._peer.is_away) if tells_away else _never
        try:
            if not self._settle(deadline, leaves) or (message := self._message(deadline, leaves)) is None:
                return None
            return decoder.decode(message)
        except EmulsionError:
            self.end(0)
            raise

    def _settle(self, deadline: float | None, leaves: Callable[[], bool]) -> bool:
        """Takes the answers to stops that are still owed. Returns True if there are no more."""
        while self._owed:
            if (message := self._message(deadline, leaves)) is None:
                return False
            self._owed.popleft().decode(message)
        return True

    def _message(self, deadline: float | None, leaves: Callable[[], bool]) -> Message | None:
        """Waits for a message; None as soon as it ``leaves``. Ends an engine that is late."""
        while True:
            try:
                message = self._peer.inbox.take(_LOOK_AGAIN_S)
            except WireCut:  # an engine that was killed while it sent has ended, like any other
                message = None
            except TimeoutError:
                if self._is_late(deadline):
                    self.end(0)
                    raise EngineEnded(tr("it did not answer")) from None
                if leaves():
                    return None
                continue
            if message is None:
                self.end(self._stops_within_s)
                raise EngineEnded(self._how_ended)
            return message

    def _is_late(self, deadline: float | None) -> bool:
        now, hurried = time.monotonic(), self._deadline
        if hurried is not None and hurried[0] is self._asked and (now > hurried[1] or self._peer.is_away):
            return True
        return deadline is not None and now > deadline

    def _out_of_turn(self, answer: Any) -> WireBroken:
        self.end(0)
        return WireBroken(tr("an answer comes out of turn ({answer})", answer=type(answer).__name__))


def _never() -> bool:
    return False


def fixed(places: Places) -> FixedPlaces:
    """Returns the places that hold now."""
    if isinstance(places, FixedPlaces):
        return places
    return FixedPlaces(**{field.name: getattr(places, field.name) for field in fields(FixedPlaces)})
