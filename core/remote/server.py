"""The engine's end of the wire: carries out what the client orders, one order after the other."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Generator

from core.errors import WireBroken
from core.language.words import tr
from core.models.folders import FixedPlaces, Places
from core.remote.codec import Decoder, Encoder
from core.remote.frames import Sink, write_message
from core.remote.inbox import Inbox
from core.remote.messages import Answer, Close, Ended, Failed, Hello, MakeEngine, Next, Ready, Run, Told
from core.remote.table import ERRORS, check_greeting, fingerprint, hints_of
from core.runs.events import Event, Started
from core.runs.operations import Engine

log = logging.getLogger(__name__)

Maker = Callable[[MakeEngine, Callable[[], Places]], tuple[Engine, Ready]]
"""Makes an engine that looks for models in the places that hold at the time."""


class Server:
    """Serves one client until it leaves."""

    def __init__(self, inbox: Inbox, sink: Sink, make_engine: Maker) -> None:
        self._inbox, self._sink, self._make_engine = inbox, sink, make_engine
        self._encoder, self._decoder = Encoder(), Decoder()
        self._engine: Engine | None = None
        self._places: Places = FixedPlaces()
        self._runs: dict[int, tuple[Generator[Event, None, None], Encoder]] = {}

    def serve(self) -> None:
        """Returns when the client has left. Raises WireBroken for a client that is none of ours."""
        try:
            self._say(Hello(fingerprint()), self._encoder)
            if (message := self._inbox.take()) is None:
                return
            check_greeting(self._decoder.decode(message))
            while (message := self._inbox.take()) is not None:
                self._obey(self._decoder.decode(message))
                del message  # its arrays
        except BrokenPipeError:
            log.info("the client has left")
        finally:
            for events, _ in self._runs.values():
                events.close()
            if self._engine is not None:
                self._engine.close()

    def _obey(self, order: object) -> None:
        match order:
            case MakeEngine() if self._engine is None:
                self._say(self._made(order), self._encoder)
            case Run(number, places, operation) if self._engine is not None and number not in self._runs:
                self._places = places
                self._runs[number] = self._engine.run(operation), Encoder()
            case Next(number) if number in self._runs:
                self._advance(number)
            case Close(number) if number in self._runs:
                events, encoder = self._runs.pop(number)
                events.close()
                self._say(Ended(number), encoder)
            case _:
                raise WireBroken(tr("an order comes out of turn"))

    def _made(self, order: MakeEngine) -> Answer:
        try:
            self._engine, ready = self._make_engine(order, lambda: self._places)
        except Exception as error:  # noqa: BLE001 whatever a library raises is told at the other end
            return _failed(0, error)
        return ready

    def _advance(self, number: int) -> None:
        """Tells the next event, the end, or the error of an operation."""
        events, encoder = self._runs[number]
        try:
            event = next(events, None)
            if isinstance(event, Started):
                encoder.begin_anew()  # the film before it is complete
            content = encoder.encode(Ended(number) if event is None else Told(number, event))
        except Exception as error:  # noqa: BLE001 as above
            event, content = None, encoder.encode(_failed(number, error))
        if event is None:
            del self._runs[number]
        write_message(self._sink, *content)

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
