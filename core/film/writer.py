"""Records a film while its run goes on, so that whatever ends the process loses no completed call.

The file is laid out in full when the first call is done; each call is then written to its place, and its flag
after its data. The end of the process therefore loses nothing; a power loss at most `SYNC_INTERVAL_S` of the run,
and a call that reached the disk only in part is known by its checksum.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from dataclasses import replace
from io import FileIO
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from core.errors import FilmBroken, SaveFailed
from core.files.atomic import DISK, words_of
from core.files.lock import lock
from core.film.checksums import checksum, crc_of, raw
from core.film.description import describe
from core.film.film import Film, Frame, Latent, Schedule
from core.film.layout import (
    GUIDED_ONLY,
    SECOND,
    START,
    WITH_HALVES,
    Header,
    LatentKind,
    Layout,
    Malformed,
    SecondLayout,
    Tensor,
)
from core.film.reader import PART_SUFFIX, SUFFIX, check_length, read_header, read_recording
from core.language.words import tr

SYNC_INTERVAL_S = 5.0
_AT_ONCE = 2**24
"""Bytes that are copied at a time."""

log = logging.getLogger(__name__)


class FilmWriter:
    """Writes a film call by call to ``path`` + ``.part`` and gives it its name when the run ends.

    The file appears with the first frame. It is locked while it is being written, so that
    `core.film.stored.unfinished` offers only runs that nobody works on.

    Attributes:
        film: told in the file from the first frame on, and may be exchanged until then.
    """

    def __init__(self, path: Path, film: Film) -> None:
        """``path`` ends in `SUFFIX`."""
        self.path = path
        self.part_path = path.with_name(path.name.removesuffix(SUFFIX) + PART_SUFFIX)
        self.film = film
        self._file: FileIO | None = None
        self._tensors: dict[str, Tensor] = {}
        self._written = 0
        self._synced_at = time.monotonic()

    @classmethod
    def resume(cls, part_path: Path) -> FilmWriter:
        """Opens the ``.part`` of a run that was cut off, to record the calls after those `read_recording` gives.

        Raises FilmBroken, also when the run is still being written by somebody.
        """
        recording = read_recording(part_path)
        path = part_path.with_name(part_path.name.removesuffix(PART_SUFFIX) + SUFFIX)
        writer = cls(path, recording.film)
        try:
            file = part_path.open("r+b", buffering=0)
        except OSError as error:
            raise FilmBroken(part_path, words_of(error)) from error
        if not lock(file):
            file.close()
            raise FilmBroken(part_path, tr("its run is still going on"))
        _, writer._tensors = read_header(file)
        writer._file = file
        writer._written = len(recording.calls)
        writer._forget_later_calls(file)
        return writer

    def __enter__(self) -> FilmWriter:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def write(self, frame: Frame) -> None:
        """Records the next call. Raises SaveFailed; what was recorded before stays readable.

        Raises ValueError for a frame that is not the next one, or of another kind than the first.
        """
        if frame.call != self._written:
            raise ValueError(tr("call {call} came; expected {written}", call=frame.call, written=self._written))
        try:
            file = self._file or self._create(frame)
            parts = {"guided": frame.guided}
            if frame.cond is not None and frame.uncond is not None:
                # Z-Image guides in float32 what its network says in bfloat16
                halves = {"cond": frame.cond, "uncond": frame.uncond}
                parts |= {name: _widened(half, frame.guided.dtype) for name, half in halves.items()}
            flag = WITH_HALVES if len(parts) == 3 else GUIDED_ONLY
            began: list[Latent] = []
            place = frame.call - self.film.first_call_at(frame.call)
            if place != frame.call:
                parts = {name + SECOND: latent for name, latent in parts.items()}
                began = [frame.noisy] if place == 0 else []
            for latent in began:
                self._check(START + SECOND, latent)
                self._put_at(file, self._tensors[START + SECOND].start, raw(latent))
            for name, latent in parts.items():
                self._check(name, latent)
                self._put(file, name, place, raw(latent))
            self._put(file, "checksums", frame.call, raw(np.array([crc_of([*began, *parts.values()])], "<u4")))
            self._put(file, "completed", frame.call, bytes([flag]))
            self._sync(file)
        except Malformed as error:
            raise SaveFailed(self.part_path, str(error)) from error
        except OSError as error:
            raise SaveFailed(self.part_path, words_of(error)) from error
        self._written += 1

    def finish(self) -> Path | None:
        """Ends the recording and gives the file its name; a stopped run is trimmed to the calls that were done.

        Returns the path, or None when no call was recorded. Raises SaveFailed; the ``.part`` file then stays.
        """
        if self._file is None:
            return None
        try:
            os.fsync(self._file.fileno())
            self.close()
            if self._written < self.film.schedule.calls:
                _trim(self.part_path, self._written)
            self.part_path.replace(self.path)
            DISK.sync_folder(self.path.parent)
        except OSError as error:
            raise SaveFailed(self.path, words_of(error)) from error
        return self.path

    def discard(self) -> None:
        """Ends the recording and removes what was written of it."""
        if self._file is not None:
            self.close()
            self.part_path.unlink(missing_ok=True)

    def close(self) -> None:
        """Ends the recording and leaves the ``.part`` file, so that the run can be taken up again."""
        if self._file is not None:
            self._file.close()

    def _create(self, first: Frame) -> FileIO:
        schedule = self.film.schedule
        header = _header(self.film, first, schedule.calls)
        self._tensors = header.tensors()
        encoded = header.encode()
        length = check_length(self._tensors)
        self.part_path.parent.mkdir(parents=True, exist_ok=True)
        file = self.part_path.open("x+b", buffering=0)
        try:
            if not lock(file):
                log.warning("%s cannot be locked", self.part_path)
            file.truncate(length)
            # the length comes last: a file that is cut off here is seen to be empty, not taken for a damaged one
            file.seek(8)
            file.write(encoded[8:] + b"".join(raw(known) for known in _known(schedule, first.noisy)))
            file.seek(0)
            file.write(encoded[:8])
        except OSError:
            file.close()
            self.part_path.unlink(missing_ok=True)
            raise
        self._file = file
        return file

    def _forget_later_calls(self, file: FileIO) -> None:
        """After a power loss, calls behind a damaged one may be marked as done."""
        flags = self._tensors["completed"]
        file.seek(flags.start + self._written)
        file.write(bytes(flags.nbytes - self._written))

    def _check(self, name: str, latent: Latent) -> None:
        place = self._tensors.get(name)
        if place is None or place.dtype != latent.dtype or place.shape[-3:] != latent.shape:
            raise ValueError(
                tr(
                    "{name} of shape {shape} and dtype {dtype} has no place in this film",
                    name=name,
                    shape=latent.shape,
                    dtype=latent.dtype,
                )
            )

    def _put(self, file: FileIO, name: str, call: int, data: bytes | memoryview) -> None:
        place = self._tensors[name]
        self._put_at(file, place.start + call * place.stride, data)

    def _put_at(self, file: FileIO, start: int, data: bytes | memoryview) -> None:
        """In one call of the system where it has one: each lets the lock go that the engine's thread needs."""
        if sys.platform == "win32":
            file.seek(start)
            taken = file.write(data)
        else:
            taken = os.pwrite(file.fileno(), data, start)
        if taken != len(data):
            raise OSError(None, tr("the disk took only part of the data"))

    def _sync(self, file: FileIO) -> None:
        now = time.monotonic()
        if now - self._synced_at >= SYNC_INTERVAL_S:
            os.fsync(file.fileno())
            self._synced_at = now


def _widened(latent: Latent, dtype: np.dtype[Any]) -> Latent:
    """Returns the values in a dtype that holds each of them; a latent of any other dtype stays, to be refused."""
    return latent.astype(dtype) if dtype == np.float32 and latent.dtype.itemsize < dtype.itemsize else latent


def _known(schedule: Schedule, start: Latent) -> tuple[NDArray[Any], ...]:
    return (
        np.asarray(schedule.sigmas, "<f8"),
        np.asarray(schedule.timesteps, "<f4"),
        np.asarray(schedule.steps, "<i4"),
        start,
    )


def _header(film: Film, first: Frame, places: int) -> Header:
    passes = (film.request, film.request.in_second_pass)
    layout = Layout(
        calls=film.schedule.calls,
        places=places,
        start=LatentKind.of(first.noisy),
        prediction=LatentKind.of(first.guided),
        has_guidance=first.cond is not None or any(one.has_guidance for one in passes),
        second=_second_layout(film, first),
    )
    film_json = describe(film)
    return Header(layout, film_json, checksum(film_json, _known(film.schedule, first.noisy)))


def _second_layout(film: Film, first: Frame) -> SecondLayout | None:
    if (second := film.second) is None:
        return None
    kinds = (LatentKind(second.shape, latent.dtype) for latent in (first.noisy, first.guided))
    return SecondLayout(film.schedule.calls - second.first_call, *kinds)


def _trim(path: Path, calls: int) -> None:
    """Rewrites a recording so that it has room for its first ``calls`` calls only."""
    trimmed_path = path.with_name(path.name + ".trimmed")
    with path.open("rb", buffering=0) as source, trimmed_path.open("wb") as target:
        header, tensors = read_header(source)
        trimmed = replace(header, layout=header.layout.trimmed(calls))
        target.write(trimmed.encode())
        for name, place in trimmed.tensors().items():
            source.seek(tensors[name].start)
            _copy(source, target, place.nbytes)
        target.flush()
        os.fsync(target.fileno())
    trimmed_path.replace(path)


def _copy(source: FileIO, target: IO[bytes], count: int) -> None:
    """Copies so many bytes; systems read no more than 2 GiB at a time."""
    while count:
        part = source.read(min(count, _AT_ONCE))
        if not part:
            raise OSError(None, tr("it is cut off"))
        target.write(part)
        count -= len(part)
