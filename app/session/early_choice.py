"""Begun pictures, which wait until the user has chosen which of them to finish."""

import secrets
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from app.session.run import Ending
from core.film.film import Film
from core.film.reader import PART_SUFFIX
from core.request.request import LARGEST_SEED, GenerationRequest
from core.request.settings.seed import RANDOM_SEEDS
from core.runs.branch import Branch

LAYOUT_PERCENT = 15
"""The part that is picture when the layout is mostly settled, see `core.measures.noise_levels.picture_share`."""


class EarlyChoice(QObject):
    """Part of the session; the films on it are those that were held, in the order in which they were made.

    Attributes:
        hold_after: runs of several pictures are held once so many percent are picture; None for not at all.
        films: begun pictures to choose from.
        expected: how many there will be when all that were asked for have come so far.

    Signals:
        changed: look again at the attributes.
    """

    changed = Signal()

    def __init__(self, film: Callable[[], Film | None], branch: Callable[[Branch], None], parent: QObject) -> None:
        """``film`` tells that of the run in progress; ``branch`` queues what goes on."""
        super().__init__(parent)
        self._film = film
        self._branch = branch
        self.hold_after: int | None = None
        self.films: tuple[Film, ...] = ()
        self.expected = 0

    def choose_early(self, hold_after: int | None) -> None:
        """Takes effect with the next Generate of more than one picture."""
        if hold_after != self.hold_after:
            self.hold_after = hold_after
            self.changed.emit()

    def runs_of(self, request: GenerationRequest) -> Iterator[tuple[GenerationRequest, int | None]]:
        """Yields the runs of one click on Generate, each with the percentage at which it is held, or None.

        Pictures to choose from are runs of their own, so that each can be taken up alone.
        """
        if self.hold_after is None or request.count == 1 or request.steps < 2:
            yield request, None
            return
        first = secrets.randbelow(RANDOM_SEEDS) if request.seed is None else request.seed
        self.expected += request.count
        for index in range(request.count):
            yield replace(request, seed=(first + index) % (LARGEST_SEED + 1), count=1), self.hold_after

    @Slot(object)
    def follow(self, ending: Ending) -> None:
        """A run has ended."""
        film = self._film()
        if ending is Ending.held and film is not None:
            self.films = (*self.films, film)
            self.changed.emit()

    def finish(self, runs: Collection[str], folder: Path | None) -> None:
        """Queues the rest of these films and lets the others go, with what is on the disk of them.

        ``folder``: where unfinished films lie, None where none are kept.
        """
        films, self.films, self.expected = self.films, (), 0
        for film in films:
            if film.run in runs:
                self._branch(Branch(film, len(film.frames), film.request))
            elif folder is not None:
                (folder / (film.run + PART_SUFFIX)).unlink(missing_ok=True)
        self.changed.emit()
