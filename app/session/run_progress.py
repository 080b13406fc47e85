"""The run in progress, or the last one: its film, its seed, and its remains after Stop."""

from __future__ import annotations

from app.session.run import Ending
from core.film.film import Film
from core.runs.events import Event, ImageReady, Loading, LoraDiffers, Started, Stepped


class RunProgress:
    """Follows the engine's events.

    Attributes:
        film: of the picture in progress, or of the last one.
        stopped_film: what the last Stop left; None if there is nothing to keep.
        last_seed: the seed of the last run's first picture.
    """

    def __init__(self) -> None:
        self.film: Film | None = None
        self.stopped_film: Film | None = None
        self.last_seed: int | None = None
        self._is_developing = False

    def follow(self, event: Event) -> None:
        match event:
            case Started():
                self.film = event.film
                self._is_developing = True
                self.last_seed = event.film.request.seed if event.index == 0 else self.last_seed
            case Stepped():
                self.film = self.film.with_frame(event.frame) if self.film is not None else None
            case ImageReady():
                self.film = event.film
                self._is_developing = False
            case Loading() | LoraDiffers():
                pass

    def end(self, ending: Ending) -> None:
        if ending is Ending.cancelled:
            film = self.film if self._is_developing else None
            self.stopped_film = film if film is not None and film.frames else None
        self._is_developing = False

    def take_stopped(self) -> Film | None:
        """Returns the film that Stop left, once, to be saved or continued."""
        film, self.stopped_film = self.stopped_film, None
        return film
