"""Keeps the film of every run on disk while it goes on, and puts it beside the picture when that is saved."""

import logging
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core.errors import EmulsionError, SaveFailed
from core.files.atomic import words_of, write_file
from core.film.attention_file import attention_path, write_attention
from core.film.attention_maps import AttentionRecord
from core.film.film import Film, Frame
from core.film.reader import PART_SUFFIX, SUFFIX, film_path
from core.film.writer import FilmWriter
from core.language.words import tr
from core.request.json_values import plain_name
from core.runs.events import Event, ImageReady, Started, Stepped

log = logging.getLogger(__name__)

FOLDER_NAME = ".unfinished"
"""In the pictures folder: a film can be renamed to its place there, since it lies on the same disk."""


@dataclass(slots=True, eq=False)
class _Told:
    """All that is known of a run beside its film, until its picture is saved.

    Attributes:
        problem: why its film could not be recorded, None if it could.
    """

    run: str = ""
    attention: AttentionRecord | None = None
    problem: EmulsionError | None = None


class FilmRecorder:
    """Records one run at a time, by `record`, or by `follow` and `end` in whichever thread writes.

    A film that cannot be written never stops the run.

    Attributes:
        folder: tells where films lie until their picture is saved; None for not recording.
    """

    def __init__(self, folder: Callable[[], Path | None]) -> None:
        self.folder = folder
        self._writer: FilmWriter | None = None
        self._told = _Told()
        self._finished: dict[str, _Told] = {}

    def record(self, events: Generator[Event, None, None]) -> Generator[Event, None, None]:
        """Passes the events on; each call is on its way to the disk before that.

        Closing it closes ``events`` and leaves the film as it is, to be taken up again.
        """
        try:
            for event in events:
                self.follow(event)
                yield event
        finally:
            events.close()
            self.end()

    def follow(self, event: Event) -> None:
        """Records what an event tells."""
        match event:
            case Started():
                self._attempt(lambda: self._open(event.film))
            case Stepped():
                self._attempt(lambda: self._write(event.film, event.frame))
                self._told.attention = event.attention or self._told.attention
            case ImageReady():
                self._attempt(self._finish)
                self._finished[self._told.run] = self._told
            case _:
                pass

    def end(self) -> None:
        """Leaves the film of a run that ends before its picture is there, to be taken up again."""
        if self._writer is not None:
            self._attempt(self._writer.close)
            self._writer = None

    def put_beside(self, run: str, picture: Path) -> Path | None:
        """Moves the film of a run, whole or cut off, beside its picture; None if there is none to move.

        What was recorded of the words comes along. Raises SaveFailed; the film stays where it was then. Raises
        also, once, what kept the film of this run from being recorded.
        """
        told = self._finished.pop(run, self._told if run == self._told.run else _Told())
        target = self._moved(run, picture, told.attention)
        problem, told.problem = told.problem, None
        if problem is not None:
            raise problem
        return target

    def _moved(self, run: str, picture: Path, attention: AttentionRecord | None) -> Path | None:
        folder = self.folder()
        if folder is None:
            return None
        film, part = _places(folder, run)
        if not film.exists() and part.exists() and (self._writer is None or self._writer.part_path != part):
            with FilmWriter.resume(part) as writer:
                writer.finish()
        if not film.exists():
            return None
        target = film_path(picture)
        try:
            film.replace(target)
        except OSError:  # another disk: "save elsewhere"
            try:
                write_file(target, film.read_bytes())
                film.unlink()
            except OSError as error:
                raise SaveFailed(target, words_of(error)) from error
        if attention is not None:
            write_attention(attention, run, attention_path(picture))
        else:
            with suppress(OSError):  # of a picture that had this name before; it would be refused anyway
                attention_path(picture).unlink(missing_ok=True)
        return target

    def _open(self, film: Film) -> None:
        self._writer = None
        before = self._told.attention if film.run == self._told.run else None  # it goes on where it was stopped
        self._told = _Told(film.run, before)
        folder = self.folder()
        if folder is None:
            return
        whole, part = _places(folder, film.run)
        if film.frames and part.exists():
            self._writer = FilmWriter.resume(part)
            return
        self._writer = FilmWriter(whole, film)
        for frame in film.frames:
            self._writer.write(frame)

    def _write(self, film: Film, frame: Frame) -> None:
        if self._writer is not None:
            self._writer.film = film  # the hash of the model is known with the first frame
            self._writer.write(frame)

    def _finish(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.finish()

    def _attempt(self, work: Callable[[], None]) -> None:
        try:
            work()
        except EmulsionError as error:
            log.info("the film is not recorded: %s", error)
            self._told.problem = error
            writer, self._writer = self._writer, None
            if writer is not None:
                writer.close()


def _places(folder: Path, run: str) -> tuple[Path, Path]:
    """Returns the files of a run's film, whole and cut off; its name may come from a file or another process.

    Raises SaveFailed for a name that leads out of the folder.
    """
    if plain_name(run) != run:
        raise SaveFailed(folder, tr("{run!r:.60} is not the name of a run", run=run))
    return folder / (run + SUFFIX), folder / (run + PART_SUFFIX)
