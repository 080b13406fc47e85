"""Begun pictures, which wait until the user has chosen which of them to finish."""

from collections.abc import Collection

from PySide6.QtCore import QObject, Signal

from app.session.queue import RunQueue
from app.session.run import Ending
from core.film.film import Film
from core.request.request import GenerationRequest
from core.runs.branch import rest_of
from core.runs.operations import GenerateBranch

LAYOUT_PERCENT = 15
"""The part that is picture when the layout is mostly settled, see `core.measures.noise_levels.picture_share`."""


class EarlyChoice(QObject):
    """Part of the session; the films on it are those that were held, those of one request by their numbers.

    Attributes:
        hold_after: runs of several pictures are held once so many percent are picture; None for not at all.
        films: begun pictures to choose from.

    Signals:
        changed: look again at the attributes.
    """

    changed = Signal()

    def __init__(self, queue: RunQueue, parent: QObject) -> None:
        super().__init__(parent)
        self._queue = queue
        self.hold_after: int | None = None
        self.films: tuple[Film, ...] = ()
        queue.changed.connect(self.changed)

    @property
    def coming(self) -> int:
        """Returns how many more pictures to choose from are on their way."""
        return self._queue.coming

    def choose_early(self, hold_after: int | None) -> None:
        """Takes effect with the next Generate of more than one picture."""
        if hold_after != self.hold_after:
            self.hold_after = hold_after
            self.changed.emit()

    def hold_after_of(self, request: GenerationRequest) -> int | None:
        """Returns the percentage at which the pictures of a request are held, None where none is."""
        return self.hold_after if request.count > 1 and request.steps > 1 else None

    def follow(self, ending: Ending, film: Film | None) -> None:
        """A run has ended, with this film."""
        if ending is Ending.held and film is not None:
            place = next((at for at, other in enumerate(self.films) if _comes_after(other, film)), len(self.films))
            self.films = (*self.films[:place], film, *self.films[place:])
            self.changed.emit()

    def finish(self, runs: Collection[str]) -> tuple[Film, ...]:
        """Queues the rest of these films, and returns the others, which are discarded."""
        films, self.films = self.films, ()
        for film in films:
            if film.run in runs:
                self._queue.add(GenerateBranch(rest_of(film)))
        self.changed.emit()
        return tuple(film for film in films if film.run not in runs)

    def take_back(self, films: tuple[Film, ...]) -> None:
        """Offers films that were discarded again."""
        self.films = (*films, *self.films)
        self.changed.emit()


def _comes_after(other: Film, film: Film) -> bool:
    """Returns True for a later picture of the same request, which another engine may have made before."""
    numbers = [_number(one.request) for one in (other, film)]
    return bool(film.batch) and other.batch == film.batch and numbers[0] > numbers[1]


def _number(request: GenerationRequest) -> tuple[int, int]:
    """Returns the seeds, one of which counts the pictures of a request."""
    return request.seed or 0, (request.variation.seed or 0) if request.variation is not None else 0
