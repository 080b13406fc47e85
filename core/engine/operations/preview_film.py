"""Makes small pictures of the steps of a film on the disk."""

from collections.abc import Iterator

from core.engine.context import Context
from core.engine.generation import rebuild_frames
from core.engine.initial_state import from_recording
from core.engine.operations.open_film import with_pictures
from core.film.reader import read_recording
from core.runs.events import Event, Finished
from core.runs.operations import PreviewFilm


def run(context: Context, operation: PreviewFilm) -> Iterator[Event]:
    film = rebuild_frames(from_recording(read_recording(operation.path), context.plan.device))
    film = with_pictures(film, operation.path)
    yield Finished(tuple(film.picture(frame.denoised) for frame in film.frames))
