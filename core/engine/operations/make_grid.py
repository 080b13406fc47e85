"""Makes the pictures of a grid, one after the other, each as if it were asked for alone."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace

from core.engine.context import Context
from core.engine.operations import generate, resume
from core.errors import FilmBroken, SaveFailed
from core.files.atomic import words_of
from core.film.stored import take_up
from core.grid.folder import made, making
from core.grid.operation import MakeGrid
from core.runs.events import Event, Started
from core.runs.operations import Generate, Resume

log = logging.getLogger(__name__)


def run(context: Context, operation: MakeGrid) -> Iterator[Event]:
    count = len(operation.numbers)
    with making(operation.grid, operation.place, is_shared=operation.is_shared):
        there = made(operation.grid, operation.place)  # another process may have had the lock before
        for index, number in enumerate(operation.numbers):
            if number in there:
                continue
            following = (*operation.numbers[index + 1 :], *operation.following)
            for event in _picture(context, operation, number, following):
                yield replace(event, index=index, count=count) if isinstance(event, Started) else event


def _picture(context: Context, operation: MakeGrid, number: int, following: Sequence[int]) -> Iterator[Event]:
    """``following``: the numbers of those that come after it."""
    grid, films = operation.grid, operation.films
    request, name = grid.request_of(number), grid.run_of(number)
    film = take_up(films, name) if films is not None else None
    if film is not None:
        try:
            yield from resume.run(context, Resume(film, request, operation.previews, operation.attention))
        except FilmBroken as error:  # nothing has begun then
            log.info("%s; its picture is made from the beginning", error)
            try:
                film.unlink(missing_ok=True)
            except OSError as failure:  # on Windows another program may have it open
                raise SaveFailed(film, words_of(failure)) from failure
        else:
            return
    how = operation.previews, operation.attention, name, grid.id
    yield from generate.run(context, Generate(request, *how), map(grid.request_of, following))
