"""Sends a model of this computer to another one, in a session of its own beside those that make pictures there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.checkpoints.cache import CheckpointCache
from core.errors import EngineEnded, ModelBroken, WireBroken
from core.files.atomic import words_of
from core.files.weights_header import SUFFIXES
from core.language.words import tr
from core.models.importing import files_of
from core.remote.codec import Decoder, Encoder
from core.remote.frames import write_message
from core.remote.messages import Failed, Hello, Lacks, ModelFile, OfferModel, Order, PutModel
from core.remote.peer import Peer
from core.remote.sending import PIECE
from core.remote.table import check_greeting, fingerprint

_LOOK_AGAIN_S = 0.25


@dataclass(frozen=True, slots=True)
class Sent:
    """So many bytes of a model are there; before, so many are read here. ``is_away``: the line is lost."""

    done: int
    total: int
    is_read: bool = False
    is_away: bool = False


def send_model(connect: Callable[[], Peer], place: Path, memory: CheckpointCache) -> Generator[Sent]:
    """Sends a single file or a diffusers folder, from where an earlier try ended.

    Closing the generator leaves what is there for the next try. Raises ModelBroken for what cannot be read
    here, ComputerAway and EngineEnded for the line, and what the other end raises: SaveFailed, InvalidRequest or
    WireBroken.
    """
    try:
        yield from _send(connect, place, memory)
    except OSError as error:
        raise ModelBroken(place, words_of(error)) from error


def _send(connect: Callable[[], Peer], place: Path, memory: CheckpointCache) -> Generator[Sent]:
    placed = files_of(place)
    total, files = sum(path.stat().st_size for path, _ in placed), list[ModelFile]()
    for path, within in placed:
        for done in _hashing(path, memory):
            yield Sent(sum(file.size for file in files) + done, total, is_read=True)
        files.append(ModelFile(within.parts, path.stat().st_size, _sha256(path, memory)))
    with closing(_Asking(connect(), len(files))) as asking:
        lacks = yield from asking.lacks(OfferModel(place.name, tuple(files)), Sent(0, total))
        while lacks.file != len(files):
            told = Sent(sum(file.size for file in files[: lacks.file]) + lacks.offset, total)
            yield told
            with placed[lacks.file][0].open("rb") as file:
                file.seek(lacks.offset)
                content = np.frombuffer(file.read(PIECE), np.uint8)
            before = lacks
            lacks = yield from asking.lacks(PutModel(before.file, before.offset, content), told)
            if (lacks.file, lacks.offset) <= (before.file, before.offset):
                raise WireBroken(tr("it does not take a file"))
    yield Sent(total, total)


class _Asking:
    """Asks the other end, one order after the other, about a model of so many ``files``."""

    def __init__(self, peer: Peer, files: int) -> None:
        self._peer, self._encoder, self._decoder, self._files = peer, Encoder(), Decoder(), files
        self._is_greeted = False

    def lacks(self, order: Order, told: Sent) -> Generator[Sent, None, Lacks]:
        """Returns the answer; tells meanwhile that it is waited for."""
        if not self._is_greeted:
            self._say(Hello(fingerprint()))
            check_greeting((yield from self._heard(told)))
            self._is_greeted = True
        self._say(order)
        match (yield from self._heard(told)):
            case Lacks(file, offset) as lacks if 0 <= file <= self._files and offset >= 0:
                return lacks
            case Failed(error=error, trace=trace):
                raise error or RuntimeError(trace)
            case answer:
                raise WireBroken(tr("an answer comes out of turn ({answer})", answer=type(answer).__name__))

    def close(self) -> None:
        self._peer.end(1.0)

    def _say(self, order: Order) -> None:
        self._encoder.begin_anew()  # nothing of a piece is kept at the other end
        try:
            write_message(self._peer.sink, *self._encoder.encode(order))
        except OSError as error:
            raise EngineEnded(tr("it has ended on {name}", name=self._peer.name)) from error

    def _heard(self, told: Sent) -> Generator[Sent, None, object]:
        while True:
            try:
                message = self._peer.inbox.take(_LOOK_AGAIN_S)
            except TimeoutError:
                yield Sent(told.done, told.total, is_away=self._peer.is_away)
                continue
            if message is None:
                raise EngineEnded(tr("it has ended on {name}", name=self._peer.name))
            return self._decoder.decode(message)


def _hashing(path: Path, memory: CheckpointCache) -> Generator[int]:
    if path.suffix.lower() in SUFFIXES:
        yield from memory.hashing(path)


def _sha256(path: Path, memory: CheckpointCache) -> str:
    if path.suffix.lower() in SUFFIXES:
        return memory.sha256_of(path)
    return hashlib.sha256(path.read_bytes()).hexdigest()
