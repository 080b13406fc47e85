"""The engine's end of the wire: carries out what the client orders, one order after the other.

While the client takes an event, the next one of that run is made: so the wire costs a run nearly nothing. One
event is made ahead at most, and only of runs whose events come fast; it waits for the next `Next`.

Where the line is lost, a run goes on alone unless it was paused, and its answers are kept.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections import deque
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from core.errors import InvalidRequest, SaveFailed, UnreadablePicture, WireBroken
from core.files.atomic import words_of
from core.language.words import tr
from core.models.folders import FixedPlaces, Places
from core.remote.codec import Decoder, Encoder, Packed
from core.remote.frames import Message, Sink, write_message
from core.remote.inbox import Inbox
from core.remote.messages import (
    Answer,
    Close,
    Ended,
    Failed,
    Has,
    Hello,
    Lacks,
    MakeEngine,
    Next,
    OfferModel,
    Put,
    PutModel,
    Ready,
    Run,
    Told,
)
from core.remote.model_store import ModelStore
from core.remote.table import ERRORS, check_greeting, fingerprint, hints_of
from core.runs.events import Event, LinearPreview, Started, Stepped
from core.runs.operations import Engine

log = logging.getLogger(__name__)

FAST_S = 0.5
"""An event that took longer is followed by none made ahead: stopping would have to wait for it."""

PAUSED_S = 5.0
"""A client that asks for no event for so long has paused the run."""

KEPT_ALONE = 2**29
"""Bytes of the answers that are kept for a client whose line is lost."""

SLOW = 2**17
"""With so many bytes of earlier answers still under way, decoded previews are left out."""

LOOK_AGAIN_S = 0.5

Maker = Callable[[MakeEngine, Callable[[], Places]], tuple[Engine, Ready]]
"""Makes an engine that looks for models in the places that hold at the time."""


Putting = Callable[[Put], Has]
"""Keeps a piece of a file, such as `core.remote.store.FileStore.put`."""


class Losable(Protocol):
    """A carrier of the messages that may be lost; `core.remote.line.Line` is one, and has these."""

    @property
    def is_away(self) -> bool: ...

    @property
    def heard(self) -> float: ...

    @property
    def under_way(self) -> int: ...


@dataclass(slots=True, eq=False)
class _Running:
    """An operation under way.

    Attributes:
        ahead: answers to the next `Next`s, made already.
        is_over: no event is left. took_s: the last one, to be made.
    """

    events: Generator[Event, None, None]
    encoder: Encoder = field(default_factory=Encoder)
    ahead: deque[tuple[bytes, Packed]] = field(default_factory=deque[tuple[bytes, Packed]])
    is_over: bool = False
    took_s: float = 0.0


class Server:
    """Serves one client until it leaves."""

    def __init__(
        self,
        inbox: Inbox,
        sink: Sink,
        make_engine: Maker,
        line: Losable | None = None,
        put: Putting | None = None,
        models: ModelStore | None = None,
    ) -> None:
        """``line`` carries the messages, where it is one that may be lost.

        ``put`` keeps files that are sent, ``models`` whole models.
        """
        self._line, self._put, self._models = line, put, models
        self._inbox, self._sink, self._make_engine = inbox, sink, make_engine
        self._encoder, self._decoder = Encoder(), Decoder()
        self._engine: Engine | None = None
        self._places: Places = FixedPlaces()
        self._runs: dict[int, _Running] = {}
        self._going: tuple[int, _Running] | None = None
        self._newest: tuple[int, _Running] | None = None
        self._answered, self._over = 0.0, 0

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
        while True:
            with suppress(TimeoutError):
                if self._going is not None:
                    return self._inbox.take(0)
                return self._inbox.take(LOOK_AGAIN_S if self._line is not None else None)
            if self._going is not None:
                self._make(*self._going)
            self._go_on_alone()

    def _go_on_alone(self) -> None:
        """Lets the run go on whose client was asking for events when its line was lost."""
        line, newest = self._line, self._newest
        if line is None or newest is None or not line.is_away or newest[1].is_over:
            return
        number, running = newest
        if self._answered + PAUSED_S < line.heard or number not in self._runs:
            return
        if sum(size_of(answer) for answer in running.ahead) < KEPT_ALONE:
            self._going = newest

    def _obey(self, order: object) -> None:
        self._going = None
        match order:
            case MakeEngine() if self._engine is None:
                self._say(self._made(order), self._encoder)
            case Put() if self._put is not None:
                self._say(self._kept(self._put, order), self._encoder)
            case OfferModel() if self._models is not None:
                self._say(self._lacks(partial(self._models.offer, order), order.name), self._encoder)
            case PutModel() if self._models is not None:
                self._say(self._lacks(partial(self._models.put, order), self._models.name), self._encoder)
            case Run(number, places, operation) if self._engine is not None and number not in self._runs:
                self._places = places
                self._runs[number] = _Running(self._engine.run(operation))
            case Next(number) if number in self._runs:
                self._advance(number, self._runs[number])
            case Close(number) if number in self._runs:
                running = self._runs.pop(number)
                running.events.close()
                self._say(Ended(number), running.encoder)
            case Close(number) if number == self._over:  # its end was not known there yet
                self._say(Ended(number), Encoder())
            case _:
                raise WireBroken(tr("an order comes out of turn"))

    def _kept(self, put: Putting, order: Put) -> Answer:
        try:
            return put(order)
        except OSError as error:  # the disk is full
            return _failed(0, UnreadablePicture(Path(order.name), words_of(error)))

    def _lacks(self, taken: Callable[[], Lacks], name: str) -> Answer:
        try:
            return taken()
        except (SaveFailed, InvalidRequest, WireBroken) as error:
            return _failed(0, error)
        except OSError as error:
            return _failed(0, SaveFailed(Path(name), words_of(error)))

    def _made(self, order: MakeEngine) -> Answer:
        try:
            self._engine, ready = self._make_engine(order, lambda: self._places)
        except Exception as error:  # noqa: BLE001 whatever a library raises is told at the other end
            return _failed(0, error)
        return ready

    def _advance(self, number: int, running: _Running) -> None:
        """Tells the next event, the end, or the error of an operation."""
        if not running.ahead:
            self._make(number, running)
        answer = running.ahead.popleft()
        if running.is_over and not running.ahead:
            del self._runs[number]
            self._over = number
        elif running.took_s < FAST_S and not running.ahead:
            self._going = number, running
        self._newest = number, running
        write_message(self._sink, *answer)
        self._answered = time.monotonic()

    def _make(self, number: int, running: _Running) -> None:
        """Makes the answer to the next `Next` of an operation."""
        self._going, encoder, began = None, running.encoder, time.monotonic()
        try:
            event = next(running.events, None)
            if isinstance(event, Started):
                encoder.begin_anew()  # the film before it is complete
            if isinstance(event, Stepped) and self._is_slow:
                event = replace(event, preview=LinearPreview(event.film))
            answer = encoder.encode(Ended(number) if event is None else Told(number, event))
        except Exception as error:  # noqa: BLE001 as above
            event, answer = None, encoder.encode(_failed(number, error))
        running.ahead.append(answer)
        running.is_over, running.took_s = event is None, time.monotonic() - began

    @property
    def _is_slow(self) -> bool:
        return self._line is not None and (self._line.is_away or self._line.under_way > SLOW)

    def _say(self, answer: Answer, encoder: Encoder) -> None:
        write_message(self._sink, *encoder.encode(answer))


def size_of(answer: tuple[bytes, Packed]) -> int:
    """Returns the bytes of an answer."""
    text, arrays = answer
    return len(text) + sum(len(head) + content.nbytes for head, content in arrays.values())


def _failed(number: int, error: Exception) -> Failed:
    """Returns the answer that tells an error: by the nearest kind in the table, or as text."""
    for kind in type(error).__mro__:
        if ERRORS.get(kind.__name__) is kind and (kind is type(error) or "args" in hints_of(kind)):
            log.info("%s", error)
            return Failed(number, error if kind is type(error) else kind(*map(str, error.args)))
    log.error("unexpected", exc_info=error)
    return Failed(number, None, "".join(traceback.format_exception(error)))
