"""The attention of a film on disk, beside it: ``<name>.words.safetensors``.

Metadata: ``format``, ``version``, ``run`` (that of `Film`) and ``words`` (JSON: text, characters and tokens
of each). Tensors: ``calls`` (int32), ``maps`` (float16: calls, words, height, width). Only runs that recorded
their attention have one.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from core.errors import FilmBroken
from core.files.atomic import DISK, FileSystem, words_of, write_file
from core.film.attention_maps import AttentionMaps, AttentionRecord
from core.film.reader import SUFFIX as FILM_SUFFIX
from core.language.words import tr
from core.prompt.word import Word

SUFFIX = ".words.safetensors"
FORMAT, VERSION = "emulsion-attention", "1"

LARGEST_FILE = 512 * 2**20
MOST_CALLS, MOST_WORDS, LARGEST_SIDE = 4096, 4096, 2048
LONGEST_WORDS = 2**20
LARGEST_SHARE = 1.01
"""Shares are rounded to float16 one by one, and those of a word's tokens are added up."""


def attention_path(picture: Path) -> Path:
    """Returns the path of the attention that belongs to a saved picture."""
    return picture.with_name(picture.stem + SUFFIX)


def attention_of_film(film: Path) -> Path:
    """Returns the place of the attention that lies beside a film."""
    return film.with_name(film.name.removesuffix(FILM_SUFFIX) + SUFFIX)


def write_attention(record: AttentionRecord, run: str, path: Path, disk: FileSystem = DISK) -> None:
    """Writes the attention of a run. Raises SaveFailed; a file from before stays whole then."""
    tensors = {
        "calls": np.array([maps.call for maps in record.calls], np.int32),
        "maps": np.stack([maps.maps for maps in record.calls]),
    }
    words = json.dumps([asdict(word) for word in record.words])
    write_file(path, save(tensors, {"format": FORMAT, "version": VERSION, "run": run, "words": words}), disk)


def read_attention(path: Path, run: str) -> AttentionRecord:
    """Reads the attention of a run. Raises FilmBroken for all that `write_attention` does not write for it."""
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise FilmBroken(
                path,
                tr("it has {size} bytes; expected at most {largest_file}", size=size, largest_file=LARGEST_FILE),
            )
        with safe_open(path, framework="numpy") as file:
            metadata: dict[str, str] = file.metadata() or {}
            if (metadata.get("format"), metadata.get("version")) != (FORMAT, VERSION):
                raise FilmBroken(path, tr("it does not contain the attention of a film"))
            if metadata.get("run") != run:
                raise FilmBroken(path, tr("it belongs to another film"))
            _check_shapes(path, file)
            words, calls, maps = _words(path, metadata), file.get_tensor("calls"), file.get_tensor("maps")
    except OSError as error:
        raise FilmBroken(path, words_of(error)) from error
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise FilmBroken(path, tr("it is damaged ({error})", error=error)) from error
    is_share = np.all((maps >= 0) & (maps <= LARGEST_SHARE))  # False for what is no number, too
    if maps.shape[1] != len(words) or not is_share or calls[0] < 0 or np.any(np.diff(calls) <= 0):
        raise FilmBroken(path, tr("its maps do not fit its words and calls"))
    recorded = tuple(AttentionMaps(int(call), words, maps[place]) for place, call in enumerate(calls))
    return AttentionRecord(words, recorded, maps.astype(np.float32).sum(axis=0))


def _check_shapes(path: Path, file: Any) -> None:
    """Raises FilmBroken for tensors of a wrong kind or size, before they are read into memory."""
    calls, maps = file.get_slice("calls"), file.get_slice("maps")
    shape: list[int] = maps.get_shape()
    is_ours = calls.get_dtype() == "I32" and maps.get_dtype() == "F16" and len(shape) == 4
    if not is_ours or calls.get_shape() != shape[:1] or not 1 <= shape[0] <= MOST_CALLS:
        raise FilmBroken(path, tr("its tensors are not calls and maps"))
    if shape[1] > MOST_WORDS or max(shape[2:]) > LARGEST_SIDE:
        raise FilmBroken(path, tr("its maps have the shape {shape}; that is too large", shape=shape))


def _words(path: Path, metadata: dict[str, str]) -> tuple[Word, ...]:
    text = metadata.get("words", "")
    if len(text) > LONGEST_WORDS:
        raise FilmBroken(path, tr("its words are too long"))
    content = json.loads(text)
    if not isinstance(content, list):
        raise TypeError("words")
    return tuple(_word(entry) for entry in cast("list[dict[str, Any]]", content))


def _word(entry: dict[str, Any]) -> Word:
    text, places = entry["text"], [entry[name] for name in ("start", "end", "first_token", "end_token")]
    if not isinstance(text, str) or not all(isinstance(place, int) and 0 <= place < 2**31 for place in places):
        raise ValueError(tr("a word has no place"))
    return Word(text, *places)
