"""More like this: relatives of the shown picture, side by side; each can be the start of the next ones."""

import secrets
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage

from app.canvas.current import CurrentView
from app.create.relatives_sheet import RelativesSheet
from app.film.film_panel import FilmPanel
from app.messages.errors import Message
from app.session.picture_loader import OpenedPicture, PictureLoader
from app.session.run import SavedPicture
from app.session.runner import Runner
from app.session.session import Session
from app.widgets.icon_button import IconButton
from app.widgets.pixels import to_image
from core.film.film import Film
from core.film.reader import film_path
from core.language.words import tr
from core.pictures.pixels import Pixels
from core.request.settings.seed import RANDOM_SEEDS
from core.runs.branch import Branch
from core.runs.events import Event, ImageReady, Started, Stepped
from core.runs.operations import GenerateBranch, OpenedFilm, OpenFilm
from core.runs.relatives import relatives

NO_FILM = Message(
    tr("This picture has no film"),
    tr("More like this starts from a step of the film, and none was kept."),
    tr("Choose a picture with a film, or keep films in Preferences."),
)


FILM = "film with relatives"
"""The kind of task that reads the film of a picture that is not shown."""


@dataclass(frozen=True, slots=True)
class Relative:
    """A place of the sheet. ``film`` and ``path`` are there as soon as the picture is finished, and saved."""

    branch: Branch
    run: str = ""
    pixels: Pixels | None = None
    film: Film | None = None
    path: Path | None = None


@dataclass(slots=True)
class Turn:
    """A picture and its relatives."""

    film: Film
    image: QImage
    members: list[Relative] = field(default_factory=list[Relative])


class MoreLikeThis(QObject):
    """Makes relatives of the picture on the canvas, and of each that the user clicks then.

    Attributes:
        button: begins with the picture on the canvas.

    Signals:
        beginning: the canvas, which the sheet covers, is to be seen.
        changed: the sheet was shown or hidden, see ``is_active``.
    """

    beginning = Signal()
    changed = Signal()

    def __init__(
        self,
        sheet: RelativesSheet,
        panel: FilmPanel,
        current: CurrentView,
        session: Session,
        loader: PictureLoader,
    ) -> None:
        super().__init__(sheet)
        self._sheet = sheet
        self._panel = panel
        self._current = current
        self._session = session
        self._loader = loader
        self._turns: list[Turn] = []
        self._awaited = ""  # run of the picture that is to be shown as soon as it is saved
        tip = tr("More like this: close relatives of this picture")
        self.button = IconButton("pictures", tip, "moreLikeThisButton")
        self.button.setText(tr("More like this"))
        self.button.clicked.connect(self.begin)
        sheet.chosen.connect(self._go_on)
        sheet.opened.connect(self._open)
        sheet.back_asked.connect(self._go_back)
        sheet.again_asked.connect(self._again)
        sheet.closed.connect(self._close)
        session.pool.happened.connect(self._on_happened)
        session.pool.step_shown.connect(self._on_step_shown)
        session.picture_saved.connect(self._on_saved)

    @property
    def is_active(self) -> bool:
        return bool(self._turns)

    @Slot()
    def begin(self) -> None:
        """Begins with the picture on the canvas."""
        film, current = self._panel.film, self._current.current
        if film is None or not film.is_complete or current is None:
            self._session.failed.emit(NO_FILM)
        else:
            self._begin(film, current.image)

    @Slot(object)
    def begin_with(self, path: Path) -> None:
        """Begins with a picture that has a film beside it, shown or not."""
        self._loader.read(path, self._read_film)

    def _read_film(self, opened: OpenedPicture) -> None:
        begin = partial(self._on_film_read, opened.image)
        self._session.engine_tasks.submit(FILM, OpenFilm(film_path(opened.path)), begin)

    def _on_film_read(self, image: QImage, opened: OpenedFilm) -> None:
        if opened.film.is_complete:
            self._begin(opened.film, image)
        else:
            self._session.failed.emit(NO_FILM)

    def _begin(self, film: Film, image: QImage) -> None:
        self.beginning.emit()
        self._turns = []
        self._make(film, image)
        self.changed.emit()

    def _make(self, film: Film, image: QImage) -> None:
        count, first = self._sheet.count.value(), secrets.randbelow(RANDOM_SEEDS)
        branches = relatives(film, self._sheet.strength.value() / 100, range(first, first + count))
        turn = Turn(film, image, [Relative(branch) for branch in branches])
        self._withdraw()
        self._turns.append(turn)
        self._show(turn)
        for branch in branches:
            self._session.branch(branch)

    def _withdraw(self) -> None:
        """Takes back what still waits for the pictures before: the user has gone on."""
        branches = [member.branch for turn in self._turns for member in turn.members]
        for waiting in self._session.queue.runs:
            if isinstance(waiting.operation, GenerateBranch) and waiting.operation.branch in branches:
                self._session.queue.remove(waiting.id)

    def _show(self, turn: Turn) -> None:
        can_go_back = len(self._turns) > 1
        prompt = turn.film.request.prompt
        self._sheet.begin(turn.image, prompt, len(turn.members), can_go_back=can_go_back)
        for place in range(len(turn.members)):
            self._paint(place)

    def _paint(self, place: int) -> None:
        member = self._turns[-1].members[place]
        if member.pixels is not None:
            is_finished = member.film is not None
            words = tr("Click for more like this one") if is_finished else tr("On its way")
            self._sheet.show_picture(place, member.pixels, words, is_finished=is_finished)

    def _change(self, run: str, **changes: object) -> None:
        """Notes something about the relative of this run, if it is one."""
        for turn in self._turns:
            for place, member in enumerate(turn.members):
                if member.run == run:
                    turn.members[place] = replace(member, **changes)  # pyright: ignore[reportArgumentType]
                    if turn is self._turns[-1]:
                        self._paint(place)

    @Slot(object, object)
    def _on_happened(self, _runner: Runner, event: Event) -> None:
        if isinstance(event, Started):
            self._on_started(event)
        elif isinstance(event, ImageReady):
            self._change(event.film.run, pixels=event.image.pixels, film=event.film)

    def _on_started(self, started: Started) -> None:
        for turn in self._turns:
            for place, member in enumerate(turn.members):
                if not member.run and started.film.parent == member.branch.parent:
                    turn.members[place] = replace(member, run=started.film.run)

    @Slot(object, object)
    def _on_step_shown(self, _runner: Runner, stepped: Stepped) -> None:
        if any(member.run == stepped.film.run for turn in self._turns for member in turn.members):
            self._change(stepped.film.run, pixels=stepped.preview.pixels)

    @Slot(object)
    def _on_saved(self, saved: SavedPicture) -> None:
        self._change(saved.image.recipe.run, path=saved.path)
        if saved.image.recipe.run == self._awaited:
            self._awaited = ""
            self._loader.open(saved.path)

    @Slot(int)
    def _go_on(self, place: int) -> None:
        member = self._turns[-1].members[place]
        if member.film is not None and member.pixels is not None:
            self._make(member.film, to_image(member.pixels))

    @Slot()
    def _again(self) -> None:
        turn = self._turns[-1]
        self._make(turn.film, turn.image)

    @Slot()
    def _go_back(self) -> None:
        if len(self._turns) > 1:
            self._withdraw()
            self._turns.pop()
            self._show(self._turns[-1])

    @Slot(int)
    def _open(self, place: int) -> None:
        member = self._turns[-1].members[place]
        self._close()
        if member.path is not None:
            self._loader.open(member.path)
        else:
            self._awaited = member.run

    @Slot()
    def _close(self) -> None:
        """Leaves the sheet; the queue still makes those that wait, unless they are removed there."""
        self._turns = []
        self._sheet.leave()
        self.changed.emit()
