"""Reads a film from the disk and rebuilds its latents."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from core.engine.context import Context
from core.engine.generation import rebuild_frames
from core.engine.initial_state import from_recording
from core.errors import FilmBroken, UnreadablePicture
from core.film.attention_file import attention_of_film, read_attention
from core.film.attention_maps import AttentionRecord
from core.film.film import Film
from core.film.reader import read_recording
from core.pictures.masked_picture import read_masked_picture
from core.pictures.source import likely_folders, with_found
from core.runs.events import Event, Finished
from core.runs.operations import OpenedFilm, OpenFilm

log = logging.getLogger(__name__)


def run(context: Context, operation: OpenFilm) -> Iterator[Event]:
    film = rebuild_frames(from_recording(read_recording(operation.path), context.plan.device))
    film = with_pictures(film, operation.path)
    attention = _attention(operation, film) if operation.with_attention else None
    yield Finished(OpenedFilm(operation.path, film, attention))


def with_pictures(film: Film, path: Path) -> Film:
    """Returns the film with the places of the pictures that it names and its masked picture, if they are there."""
    film = replace(film, request=with_found(film.request, likely_folders(path)))
    if film.request.mask is None:
        return film
    try:
        return replace(film, masked=read_masked_picture(film.request))
    except UnreadablePicture as error:
        log.info("%s: the film shows the masked part alone", error)
        return film


def _attention(operation: OpenFilm, film: Film) -> AttentionRecord | None:
    """Returns the recorded attention; a damaged record costs the view of the words, not the film."""
    path = attention_of_film(operation.path)
    try:
        return read_attention(path, film.run) if path.exists() else None
    except FilmBroken as error:
        log.info("%s", error)
        return None
