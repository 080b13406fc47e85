"""Sends files of this computer that operations read, once each; their paths mean those at the other end then."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable
from io import BufferedReader
from pathlib import Path

import numpy as np

from core.errors import FilmBroken, UnreadablePicture, WireBroken
from core.files.atomic import words_of
from core.files.sizes import size_text
from core.language.words import tr
from core.pictures.source import SUFFIXES
from core.remote.codec import Encoder
from core.remote.messages import Answer, Failed, Has, Put
from core.remote.store import LARGEST, is_name

log = logging.getLogger(__name__)

PIECE = 2**20


class Sending:
    """The files that one life of the other end has got.

    Attributes:
        back: the paths there, and the own ones that they stand for.
    """

    def __init__(self, ask: Callable[[Put], Answer | None], encoder: Encoder) -> None:
        """``ask`` sends an order and returns its answer."""
        self._ask, self._renamed = ask, encoder.renamed
        self._sent: dict[tuple[Path, int, int], str] = {}
        self.back: dict[str, str] = {}

    def send(self, path: Path) -> None:
        """Sends a file unless it is there, from where an earlier try ended.

        One that cannot be read is left to the operation, which tells it. Raises UnreadablePicture or FilmBroken
        for one that is too large, and what the other end raises.
        """
        try:
            with path.open("rb") as file:
                state = os.fstat(file.fileno())
                _check_size(path, state.st_size)
                key = path, state.st_mtime_ns, state.st_size
                if key not in self._sent:
                    self._sent[key] = self._place_of(_sent_name(path), file, state.st_size)
        except OSError as error:
            log.info("%s is not sent: %s", path, words_of(error))
            return
        self._renamed[str(path)] = place = self._sent[key]
        self.back[place] = str(path)

    def _place_of(self, name: str, file: BufferedReader, size: int) -> str:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        offset, content = 0, b""
        for _ in range(3 + 2 * size // PIECE):
            match self._ask(Put(sha256, name, size, offset, np.frombuffer(content, np.uint8))):
                case Has(told, count, place) if told == sha256 and 0 <= count <= size:
                    if count == size:
                        return str(place)
                    file.seek(offset := count)
                    content = file.read(PIECE)
                case Failed(error=error, trace=trace):
                    raise error or RuntimeError(trace)
                case _:
                    break
        raise WireBroken(tr("it does not take a file"))


def _check_size(path: Path, size: int) -> None:
    if size > LARGEST:
        sizes = {"size": size_text(size), "most": size_text(LARGEST)}
        reason = tr("it has {size}; at most {most} can be sent to another computer", **sizes)
        raise (UnreadablePicture if path.suffix.lower() in SUFFIXES else FilmBroken)(path, reason)


def _sent_name(path: Path) -> str:
    """Returns the file's own name, or a plain one with its ending where the other end takes no such name."""
    return path.name if is_name(path.name) else f"file{path.suffix}" if is_name(f"file{path.suffix}") else "file"
