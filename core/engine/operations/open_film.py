"""Reads a film from the disk and rebuilds its latents."""

import logging
from collections.abc import Iterator
from dataclasses import replace

from core.engine.context import Context
from core.engine.generation import rebuild_frames
from core.engine.initial_state import from_recording
from core.errors import FilmBroken
from core.film.attention_file import attention_of_film, read_attention
from core.film.attention_maps import AttentionRecord
from core.film.film import Film
from core.film.reader import read_recording
from core.pictures.source import found
from core.runs.events import Event, Finished
from core.runs.operations import OpenedFilm, OpenFilm

log = logging.getLogger(__name__)


def run(context: Context, operation: OpenFilm) -> Iterator[Event]:
    film = rebuild_frames(from_recording(read_recording(operation.path), context.plan.device))
    references = tuple(found(one, (operation.path.parent,)) for one in film.request.references)
    film = replace(film, request=replace(film.request, references=references))
    attention = _attention(operation, film) if operation.with_attention else None
    yield Finished(OpenedFilm(operation.path, film, attention))


def _attention(operation: OpenFilm, film: Film) -> AttentionRecord | None:
    """Returns the recorded attention; a damaged record costs the view of the words, not the film."""
    path = attention_of_film(operation.path)
    try:
        return read_attention(path, film.run) if path.exists() else None
    except FilmBroken as error:
        log.info("%s", error)
        return None
