"""The run in progress, or the last one: its film, its seed, and its remains after Stop."""

from app.session.run import Ending
from core.film.attention_maps import AttentionRecord
from core.film.film import Film
from core.runs.events import Event, ImageReady, Started, Stepped


class RunProgress:
    """Follows the engine's events.

    Attributes:
        film: of the picture in progress, or of the last one.
        attention: where its words acted, as far as that was recorded.
        stopped_film: what the last Stop left; None if there is nothing to keep.
        is_developing: a picture has begun and is not finished.
        last_seed: the seed of the picture that was begun last.
    """

    def __init__(self) -> None:
        self.film: Film | None = None
        self.attention: AttentionRecord | None = None
        self.stopped_film: Film | None = None
        self.last_seed: int | None = None
        self.is_developing = False

    def follow(self, event: Event) -> None:
        if isinstance(event, Started | Stepped | ImageReady):
            self.is_developing = not isinstance(event, ImageReady)
            if isinstance(event, Started):
                self.last_seed = event.film.request.seed
                self.attention = self.attention_of(event.film)
            elif isinstance(event, Stepped):
                self.attention = event.attention or self.attention
            self.film = event.film

    def attention_of(self, film: Film) -> AttentionRecord | None:
        """Returns the record of the last run's words if this is its film: a resumed run goes on with it."""
        return self.attention if self.film is not None and self.film.run == film.run else None

    def end(self, ending: Ending) -> Film | None:
        """Returns the film of a picture that was not finished, if it has a frame."""
        left = self.film if self.is_developing and self.film is not None and self.film.frames else None
        if ending is Ending.cancelled:
            self.stopped_film = left
        self.is_developing = False
        return left

    def take_stopped(self) -> Film | None:
        """Returns the film that Stop left, once, to be saved or continued."""
        film, self.stopped_film = self.stopped_film, None
        return film
