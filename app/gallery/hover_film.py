"""Plays the film of the picture that the pointer rests on: its steps as small linear previews."""

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QImage

from app.messages.errors import Message
from app.session.engine_tasks import EngineTasks
from app.widgets.pixels import enlarged, to_image
from core.film.reader import film_path
from core.gallery.query import LibraryPicture
from core.pictures.pixels import Pixels
from core.runs.operations import PreviewFilm

KIND = "hovered film"
REST_MS = 350
PLAYING_MS = 2_500
SLOWEST_MS = 160
STAY_TURNS = 6
"""The pause at the last step before the film begins again, in frames."""


@dataclass(frozen=True, slots=True, eq=False)
class HoveredFrame:
    """The frame that is shown over the picture; ``progress`` goes from 0 to 1."""

    image: QImage
    progress: float


class HoverFilm(QObject):
    """One film at a time; nothing is read until the pointer rests.

    Signals:
        frame_shown: look again at `shown`.
    """

    frame_shown = Signal()

    def __init__(self, engine_tasks: EngineTasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine_tasks = engine_tasks
        self._picture: LibraryPicture | None = None
        self._frames: tuple[QImage, ...] = ()
        self._turn = 0
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._on_timeout)
        self._clock = QTimer(self)
        self._clock.timeout.connect(self._show_next)

    @property
    def shown(self) -> HoveredFrame | None:
        """Returns the frame to be seen now; None while nothing plays."""
        if not self._frames:
            return None
        place = min(self._turn, len(self._frames) - 1)
        return HoveredFrame(self._frames[place], (place + 1) / len(self._frames))

    def enter(self, picture: LibraryPicture | None) -> None:
        """The pointer is over this picture now, or over none."""
        self.leave()
        if picture is not None and picture.has_film and not picture.is_away:
            self._picture = picture
            self._rest.start()

    @Slot()
    def leave(self) -> None:
        """Stops what plays."""
        self._rest.stop()
        self._clock.stop()
        self._engine_tasks.withdraw(KIND)
        self._picture = None
        self._frames = ()
        self._turn = 0

    @Slot()
    def _on_timeout(self) -> None:
        picture = self._picture
        if picture is None:
            return
        operation = PreviewFilm(film_path(picture.path))
        self._engine_tasks.submit(KIND, operation, partial(self._play, picture), self._refuse)

    def _play(self, picture: LibraryPicture, pictures: tuple[Pixels, ...]) -> None:
        if picture is self._picture and pictures:
            self._frames = tuple(enlarged(to_image(pixels)) for pixels in pictures)
            self._turn = 0
            self._clock.start(min(max(PLAYING_MS // len(pictures), 30), SLOWEST_MS))
            self.frame_shown.emit()

    def _refuse(self, _message: Message) -> None:
        """A damaged film is said where it is opened; resting on it is no reason for a message."""

    @Slot()
    def _show_next(self) -> None:
        self._turn = (self._turn + 1) % (len(self._frames) + STAY_TURNS)
        self.frame_shown.emit()
