"""The engine's end of the wire: carries out what the client orders, one order after the other.

While the client takes an event, the next one of that run is made: so the wire costs a run nearly nothing. One
event is made ahead at most, and only of runs whose events come fast; it waits for the next `Next`.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, field

from core.errors import WireBroken
from core.language.words import tr
from core.models.folders import FixedPlaces, Places
from core.remote.codec import Decoder, Encoder, Packed
from core.remote.frames import Message, Sink, write_message
from core.remote.inbox import Inbox
from core.remote.messages import Answer, Close, Ended, Failed, Hello, MakeEngine, Next, Ready, Run, Told
from core.remote.table import ERRORS, check_greeting, fingerprint, hints_of
from core.runs.events import Event, Started
from core.runs.operations import Engine

log = logging.getLogger(__name__)

FAST_S = 0.5
"""An event that took longer is followed by none made ahead: stopping would have to wait for it."""

Maker = Callable[[MakeEngine, Callable[[], Places]], tuple[Engine, Ready]]
"""Makes an engine that looks for models in the places that hold at the time."""


@dataclass(slots=True, eq=False)
class _Running:
    """An operation under way. ``ahead`` is the answer to the next `Next`, where it is made already."""

    events: Generator[Event, None, None]
    encoder: Encoder = field(default_factory=Encoder)
    ahead: tuple[bytes, Packed] | None = None
    is_over: bool = False
    took_s: float = 0.0


class Server:
    """Serves one client until it leaves."""

    def __init__(self, inbox: Inbox, sink: Sink, make_engine: Maker) -> None:
        self._inbox, self._sink, self._make_engine = inbox, sink, make_engine
        self._encoder, self._decoder = Encoder(), Decoder()
        self._engine: Engine | None = None
        self._places: Places = FixedPlaces()
        self._runs: dict[int, _Running] = {}
        self._going: tuple[int, _Running] | None = None

    def serve(self) -> None:
        """Returns when the client has left. Raises WireBroken for a client that is none of ours."""
        try:
            self._say(Hello(fingerprint()), self._encoder)
            if (message := self._inbox.take()) is None:
                return
            check_greeting(self._decoder.decode(message))
            while (message := self._taken()) is not None:
                self._obey(self._decoder.decode(message))
                del message  # its arrays
        except BrokenPipeError:
            log.info("the client has left")
        finally:
            for running in self._runs.values():
                running.events.close()
            if self._engine is not None:
                self._engine.close()

    def _taken(self) -> Message | None:
        """Returns the next order; makes the next event of the run that goes on where none has come yet."""
        if self._going is not None:
            with suppress(TimeoutError):
                return self._inbox.take(0)
            self._make(*self._going)
        return self._inbox.take()

    def _obey(self, order: object) -> None:
        self._going = None
        match order:
            case MakeEngine() if self._engine is None:
                self._say(self._made(order), self._encoder)
            case Run(number, places, operation) if self._engine is not None and number not in self._runs:
                self._places = places
                self._runs[number] = _Running(self._engine.run(operation))
            case Next(number) if number in self._runs:
                self._advance(number, self._runs[number])
            case Close(number) if number in self._runs:
                running = self._runs.pop(number)
                running.events.close()
                self._say(Ended(number), running.encoder)
            case _:
                raise WireBroken(tr("an order comes out of turn"))

    def _made(self, order: MakeEngine) -> Answer:
        try:
            self._engine, ready = self._make_engine(order, lambda: self._places)
        except Exception as error:  # noqa: BLE001 whatever a library raises is told at the other end
            return _failed(0, error)
        return ready

    def _advance(self, number: int, running: _Running) -> None:
        """Tells the next event, the end, or the error of an operation."""
        if running.ahead is None:
            self._make(number, running)
        answer, running.ahead = running.ahead, None
        assert answer is not None
        if running.is_over:
            del self._runs[number]
        elif running.took_s < FAST_S:
            self._going = number, running
        write_message(self._sink, *answer)

    def _make(self, number: int, running: _Running) -> None:
        """Makes the answer to the next `Next` of an operation."""
        self._going, encoder, began = None, running.encoder, time.monotonic()
        try:
            event = next(running.events, None)
            if isinstance(event, Started):
                encoder.begin_anew()  # the film before it is complete
            running.ahead = encoder.encode(Ended(number) if event is None else Told(number, event))
        except Exception as error:  # noqa: BLE001 as above
            event, running.ahead = None, encoder.encode(_failed(number, error))
        running.is_over, running.took_s = event is None, time.monotonic() - began

    def _say(self, answer: Answer, encoder: Encoder) -> None:
        write_message(self._sink, *encoder.encode(answer))


def _failed(number: int, error: Exception) -> Failed:
    """Returns the answer that tells an error: by the nearest kind in the table, or as text."""
    for kind in type(error).__mro__:
        if ERRORS.get(kind.__name__) is kind and (kind is type(error) or "args" in hints_of(kind)):
            log.info("%s", error)
            return Failed(number, error if kind is type(error) else kind(*map(str, error.args)))
    log.error("unexpected", exc_info=error)
    return Failed(number, None, "".join(traceback.format_exception(error)))
