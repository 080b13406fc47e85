"""Takes up again a run whose film is on the disk."""

from collections.abc import Iterator
from dataclasses import replace

from core.engine.context import Context
from core.engine.operations import generate_branch, open_film
from core.runs.events import Event, Finished
from core.runs.operations import GenerateBranch, OpenFilm, Resume


def run(context: Context, operation: Resume) -> Iterator[Event]:
    opened = None
    for event in open_film.run(context, OpenFilm(operation.path, with_attention=operation.attention)):
        opened = event.result if isinstance(event, Finished) else opened
    assert opened is not None
    taken_up = GenerateBranch(operation.branch_of(opened.film), operation.previews, operation.attention)
    yield from generate_branch.run(context, replace(taken_up, attended=opened.attention))
