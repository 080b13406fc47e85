"""A film on disk, ``<name>.film.safetensors``: how it is named and how it is read, strictly.

Only what cannot be computed again is stored: the latent before the first call and the network's predictions;
`core.engine.generation.rebuild_frames` computes the rest. A call counts once its flag in ``completed`` is set.
"""

import logging
import os
import struct
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import FilmBroken
from core.files.atomic import words_of
from core.film.checksums import checksum, crc_of, raw
from core.film.description import read_description
from core.film.film import Film, Latent, Schedule
from core.film.layout import (
    GUIDED_ONLY,
    LARGEST_FILM,
    LARGEST_HEADER,
    SECOND,
    START,
    WITH_HALVES,
    Header,
    Layout,
    Malformed,
    Tensor,
    decode_header,
)
from core.language.words import tr
from core.request.size import Size

SUFFIX = ".film.safetensors"
PART_SUFFIX = SUFFIX + ".part"
"""The end of a film's name while it is being written."""

MOST_PX = 64
"""Pixels along a side of a picture, for each place of its latent."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class RecordedCall:
    """The predictions of one network call; ``cond`` and ``uncond`` are None where guidance was off."""

    guided: Latent
    cond: Latent | None
    uncond: Latent | None


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Everything that replaying a run needs.

    Attributes:
        film: without frames.
        start: the latent before the first call, scaled as the sampler keeps it.
        calls: those from the first up to where the run (or an undamaged file) ended.
        second_start: the latent before the first call of a second pass, where that call is there.
    """

    film: Film
    start: Latent
    calls: tuple[RecordedCall, ...]
    second_start: Latent | None = None

    @property
    def is_complete(self) -> bool:
        return len(self.calls) == self.film.schedule.calls


def film_path(picture: Path) -> Path:
    """Returns the path of the film that belongs to a saved picture."""
    return picture.with_name(picture.stem + SUFFIX)


def read_recording(path: Path) -> Recording:
    """Reads a finished film, a trimmed one, or the ``.part`` of a run that was cut off.

    Ends at the first call that is not there or whose data do not have their checksum.
    Raises FilmBroken, soon and without taking memory that the file does not fill.
    """
    with _opened(path) as file:
        header, tensors = read_header(file)
        return _read_body(file, header, tensors)


def read_outline(path: Path) -> tuple[Film, int]:
    """Reads a film without its calls, and how many it says it holds. Raises FilmBroken."""
    with _opened(path) as file:
        header, tensors = read_header(file)
        film, _ = _read_film(file, header, tensors)
        return film, _leading(_read_tensor(file, tensors["completed"]))


def completed_calls(path: Path) -> int:
    """Returns how many calls a film says it holds, without reading them. Raises FilmBroken."""
    with _opened(path) as file:
        _, tensors = read_header(file)
        return _leading(_read_tensor(file, tensors["completed"]))


def read_header(file: FileIO) -> tuple[Header, dict[str, Tensor]]:
    """Reads and checks the header of an open film, and that the file is as long as it says. Raises Malformed."""
    size = os.fstat(file.fileno()).st_size
    prefix = file.read(8)
    if len(prefix) < 8:
        raise Malformed(tr("it is cut off"))
    (length,) = struct.unpack("<Q", prefix)
    if length == 0:
        raise Malformed(tr("the run was cut off before its first step"))
    if length > min(LARGEST_HEADER, size - 8):
        raise Malformed(
            tr(
                "it is cut off, or no film: it claims a header of {length} bytes and has {size} bytes",
                length=length,
                size=size,
            )
        )
    header = decode_header(file.read(length))
    tensors = header.tensors()
    expected = check_length(tensors)
    if size != expected:
        raise Malformed(tr("it has {size} bytes; expected {expected}", size=size, expected=expected))
    return header, tensors


def check_length(tensors: Mapping[str, Tensor]) -> int:
    """Returns the bytes of a film with these tensors. Raises Malformed for one that would not be read."""
    last = tensors["completed"]
    expected = last.start + last.nbytes
    if expected > LARGEST_FILM:
        raise Malformed(
            tr(
                "its calls take {expected:,} bytes; expected at most {largest_film:,}",
                expected=expected,
                largest_film=LARGEST_FILM,
            )
        )
    return expected


@contextmanager
def _opened(path: Path) -> Generator[FileIO]:
    """Opens a film for reading; all that goes wrong until it is closed becomes FilmBroken."""
    try:
        if not path.is_file():
            raise FilmBroken(path, tr("this file does not exist"))
        with path.open("rb", buffering=0) as file:
            yield file
    except Malformed as error:
        raise FilmBroken(path, str(error)) from error
    except OSError as error:
        raise FilmBroken(path, words_of(error)) from error


def _read_body(file: FileIO, header: Header, tensors: dict[str, Tensor]) -> Recording:
    film, start = _read_film(file, header, tensors)
    first, second_start = header.layout.first_places, None
    if film.second is not None:
        second_start = _read_tensor(file, tensors[START + SECOND])
    calls = tuple(_read_calls(file, tensors, first, second_start))
    return Recording(film, start, calls, second_start if len(calls) > first else None)


def _read_film(file: FileIO, header: Header, tensors: dict[str, Tensor]) -> tuple[Film, Latent]:
    """Returns the film without frames, and the latent before the first call."""
    known = tuple(_read_tensor(file, tensors[name]) for name in ("sigmas", "timesteps", "steps", "start"))
    if checksum(header.film_json, known) != header.checksum:
        raise Malformed(tr("its header does not have its checksum: it is damaged"))
    sigmas, timesteps, steps, start = known
    is_rising = bool(np.all(np.diff(steps) >= 0)) and steps[0] >= 0
    if not is_rising or not np.all(np.isfinite(timesteps)) or not np.all(sigmas >= 0):
        raise Malformed(tr("its schedule is not one that a sampler makes"))
    schedule = Schedule(timesteps, sigmas, tuple(int(step) for step in steps))
    film = read_description(header.film_json, schedule, start.shape[0])
    if not _has_places(film.request.size, start.shape):
        raise Malformed(tr("its tensors are not those of a film"))
    _check_second(film, header.layout)
    return film, start


def _check_second(film: Film, layout: Layout) -> None:
    """Raises Malformed where the tensors of a second pass are not those that the film tells of."""
    told, second = film.second, layout.second
    if told is None or second is None:
        does_fit = told is second
    else:
        is_shape = told.shape == second.start.shape == second.prediction.shape
        is_alike = told.shape[0] == layout.start.shape[0] and _has_places(told.size, told.shape)
        does_fit = is_shape and is_alike and layout.first_places == min(layout.places, told.first_call)
    if not does_fit:
        raise Malformed(tr("its second pass does not fit its tensors"))


def _has_places(size: Size, shape: tuple[int, ...]) -> bool:
    """Returns False for a picture that no latent of this shape becomes, such as one that fills the memory."""
    return all(
        length <= MOST_PX * places for length, places in zip((size.height, size.width), shape[1:], strict=True)
    )


def _read_calls(
    file: FileIO, tensors: dict[str, Tensor], first: int, second_start: Latent | None
) -> Iterator[RecordedCall]:
    """``first``: the number of calls of the first pass that there is room for."""
    completed = _read_tensor(file, tensors["completed"])
    checksums = _read_tensor(file, tensors["checksums"])
    for call in range(_leading(completed)):
        names = ("guided", "cond", "uncond") if completed[call] == WITH_HALVES else ("guided",)
        if names[-1] not in tensors:
            raise Malformed(tr("its flags do not fit its tensors"))
        ending, place = (SECOND, call - first) if call >= first else ("", call)
        parts = [_read_call(file, tensors[name + ending], place) for name in names]
        began = [second_start] if call == first and second_start is not None else []
        if crc_of([*began, *parts]) != checksums[call]:
            log.warning("call %d of a film is damaged; the calls before it are used", call)
            return
        guided, cond, uncond = parts if len(parts) == 3 else (parts[0], None, None)
        yield RecordedCall(guided, cond, uncond)


def _leading(completed: NDArray[Any]) -> int:
    missing = np.flatnonzero((completed != GUIDED_ONLY) & (completed != WITH_HALVES))
    return int(missing[0]) if missing.size else len(completed)


def _read_tensor(file: FileIO, tensor: Tensor) -> NDArray[Any]:
    return _read_array(file, tensor.start, tensor.dtype, tensor.shape)


def _read_call(file: FileIO, tensor: Tensor, call: int) -> NDArray[Any]:
    return _read_array(file, tensor.start + call * tensor.stride, tensor.dtype, tensor.shape[1:])


def _read_array(file: FileIO, start: int, dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    array = np.empty(shape, dtype)
    file.seek(start)
    view = raw(array)
    while view:
        count = file.readinto(view)
        if not count:
            raise Malformed(tr("it is cut off"))
        view = view[count:]
    return array
