"""Two runs, or two steps of one run, laid against each other and locked: one scrubber moves both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.canvas.current import CurrentView
from app.compare.compared_picture import ComparedPicture
from app.create.compared_run import ComparedRun
from app.create.page import CreatePage
from app.film.film_panel import FilmPanel
from app.session.engine_tasks import EngineTasks
from app.session.picture_loader import OpenedPicture, PictureLoader
from core.film.alignment import AlignedBy, FilmAlignment
from core.film.film import Film
from core.film.reader import film_path
from core.language.words import tr
from core.pictures.pixels import Pixels
from core.recipes.differences import differences
from core.runs.operations import Decode, OpenedFilm, OpenFilm

COMPARED, COMPARED_FILM = "compared frame", "compared film"
"""Kinds of tasks: decoding the frame of the run that follows, and opening its film."""

REST_MS = 200
LOCKED: Mapping[AlignedBy, str] = MappingProxyType(
    {AlignedBy.step: tr("Synced by step"), AlignedBy.noise: tr("Synced by noise level σ")}
)
"""The scrubber's effect on both runs: by noise level if they have different numbers of steps."""


class FilmComparison(QObject):
    """Compares the run of the film panel, which *leads*, with another one that follows it or is pinned.

    Attributes:
        is_active: a comparison is shown in the place of the canvas.

    Signals:
        changed: ``is_active`` has changed.
    """

    changed = Signal()

    def __init__(
        self,
        create: CreatePage,
        panel: FilmPanel,
        current: CurrentView,
        loader: PictureLoader,
        engine_tasks: EngineTasks,
    ) -> None:
        super().__init__(panel)
        self._create = create
        self._view = create.compare
        self._panel = panel
        self._current = current
        self._loader = loader
        self._engine_tasks = engine_tasks
        self._leading: ComparedRun | None = None
        self._following: ComparedRun | None = None
        self._pinned: int | None = None
        self._is_leading_first = True
        self._wanted_picture: Path | None = None
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._decode)
        self._view.closed.connect(self.end)
        self._view.swap_asked.connect(self._swap)
        panel.frame_selected.connect(self._show)
        panel.film_changed.connect(self.end)
        current.following_changed.connect(self._end_when_following)
        loader.opened.connect(self.end)
        panel.decoded.connect(self._on_panel_decoded)

    @property
    def is_active(self) -> bool:
        return self._leading is not None

    @property
    def can_pin(self) -> bool:
        film = self._panel.film
        return film is not None and len(film.frames) > 1

    @property
    def can_compare(self) -> bool:
        """There is a picture, or a step of a film, to be laid against another one."""
        return self._current.current is not None

    def compare_with(self, picture: Path) -> None:
        """Lays a picture of the disk, and its film if it has one, against what is shown."""
        if self.can_compare:
            self._wanted_picture = picture
            self._loader.read(picture, self._begin_with)

    @Slot()
    def pin(self) -> None:
        """Holds the step that is shown, to lay other steps of the same run against it."""
        if self.can_pin:
            film = self._panel.film
            generated = self._current.current.generated if self._current.current else None
            self._pinned = self._panel.call
            self._begin(ComparedRun(film, generated=generated), is_leading_first=False)

    @Slot()
    def end(self) -> None:
        """Back to the canvas."""
        self._wanted_picture = None
        if self.is_active:
            self._rest.stop()
            for kind in (COMPARED_FILM, COMPARED):
                self._engine_tasks.withdraw(kind)
            self._leading = self._following = self._pinned = None
            self._create.show_comparison(is_shown=False)
            self.changed.emit()

    def _begin_with(self, opened: OpenedPicture) -> None:
        if opened.path != self._wanted_picture:
            return
        self._wanted_picture = None
        self._pinned = None
        following = ComparedRun(None, opened.image, opened.generated, opened.path.stem)
        film = self._panel.film
        is_parent = film is not None and film.parent is not None and film.parent.run == following.run
        self._begin(following, is_leading_first=not is_parent)
        path = film_path(opened.path)
        if film is not None and not self._is_same_run and path.is_file():
            self._engine_tasks.submit(COMPARED_FILM, OpenFilm(path), self._show_film)

    def _begin(self, following: ComparedRun, *, is_leading_first: bool) -> None:
        current = self._current.current
        self._leading = ComparedRun(
            self._panel.film, current.image if current else None, current.generated if current else None
        )
        self._following = following
        self._is_leading_first = is_leading_first
        film = self._panel.film
        if film is not None and not film.is_complete:
            self._panel.select(self._panel.call)  # a run that goes on would pull the comparison along
        self._describe()
        self._show()
        self._create.show_comparison(is_shown=True)
        self._view.take_focus()
        self.changed.emit()

    @Slot()
    def _swap(self) -> None:
        self._is_leading_first = not self._is_leading_first
        self._describe()
        self._show()

    @Slot()
    def _end_when_following(self) -> None:
        """The canvas went back to the picture in progress."""
        if self._current.is_following:
            self.end()

    def _calls(self) -> tuple[tuple[Film, int] | None, tuple[Film, int] | None]:
        """Film and call of what leads and of what follows; None for what has no film."""
        film, following = self._panel.film, self._following
        if film is None or following is None or not film.frames:
            return None, None
        call = self._panel.call
        if self._pinned is not None:
            return (film, call), (film, self._pinned)
        if following.film is None:
            return (film, call), None
        partner = FilmAlignment(film, following.film).partner(call)
        return (film, call), None if partner is None else (following.film, partner)

    @Slot()
    def _show(self) -> None:
        leading, following = self._leading, self._following
        if leading is None or following is None:
            return
        leading.film = self._panel.film
        places = self._calls()
        sides = ((leading, places[0]), (following, places[1]))
        # a true picture beside a rough one would show what differs between the decoders
        is_decoded = all(place is None or run.has_decoded(place[1]) for run, place in sides)
        tells_noise = self._lock is not None and self._lock.aligned_by is AlignedBy.noise
        pictures: list[ComparedPicture] = []
        for run, place in sides:
            if place is None:
                finished = run.finished_picture()
                pictures += [finished] if finished is not None else []
            else:
                pictures.append(run.picture_at(*place, is_decoded=is_decoded, tells_noise=tells_noise))
        if len(pictures) == 2:
            self._view.show_pictures(self._in_order(pictures))
        if is_decoded:
            self._rest.stop()
        else:
            self._rest.start()

    @property
    def _is_same_run(self) -> bool:
        """Returns whether the follower is a picture of the film itself, whose steps are compared with it."""
        film, following = self._panel.film, self._following
        return film is not None and following is not None and film.run == following.run

    @property
    def _lock(self) -> FilmAlignment | None:
        film, following = self._panel.film, self._following
        if self._pinned is not None or film is None or following is None or following.film is None:
            return None
        return FilmAlignment(film, following.film)

    def _in_order(self, sides: Iterable[ComparedPicture]) -> tuple[ComparedPicture, ...]:
        ordered = tuple(sides)
        return ordered if self._is_leading_first else ordered[::-1]

    @Slot()
    def _decode(self) -> None:
        """The steps have been looked at for a while: they are worth their true pictures."""
        leading, following = self._leading, self._following
        if leading is None or following is None:
            return
        lead, follow = self._calls()
        if lead is not None and not leading.has_decoded(lead[1]):
            self._panel.full_decode_wanted.emit(lead[1])
        if follow is not None and not following.has_decoded(follow[1]):
            film, call = follow
            decode = Decode(film, film.frames[call].denoised)
            self._engine_tasks.submit(COMPARED, decode, partial(self._show_decoded, following, film, call))

    def _show_decoded(self, run: ComparedRun, film: Film, call: int, pixels: Pixels) -> None:
        run.keep_decoded(call, film.shown(pixels))
        self._show()

    @Slot(int, object)
    def _on_panel_decoded(self, call: int, pixels: Pixels) -> None:
        """The film of the panel leads; with a pinned step, or a picture of the same run, it follows too."""
        if self._leading is not None and self._following is not None:
            self._leading.keep_decoded(call, pixels)
            if self._following.film is self._panel.film:
                self._following.keep_decoded(call, pixels)
            self._show()

    def _show_film(self, opened: OpenedFilm) -> None:
        if self._following is not None:
            self._following.film = opened.film
            self._describe()
            self._show()

    def _describe(self) -> None:
        leading, following = self._leading, self._following
        if leading is None or following is None:
            return
        first, second = (leading, following) if self._is_leading_first else (following, leading)
        if self._pinned is not None:
            letter = "B" if self._is_leading_first else "A"
            self._view.describe(
                tr("Two steps of one run"), tr("{letter} is pinned, the scrubber moves the other", letter=letter)
            )
            return
        parts = _differences_text(first, second)
        if self._lock is not None:
            note = LOCKED[self._lock.aligned_by]
        elif self._panel.film is None:
            note = tr("Finished pictures: there is no film to scrub")
        else:
            letter = "B" if self._is_leading_first else "A"
            note = (
                tr("{letter} is a picture of the same run", letter=letter)
                if self._is_same_run
                else tr("{letter} has no film", letter=letter)
            )
        self._view.describe(parts, note)


def _differences_text(first: ComparedRun, second: ComparedRun) -> str:
    """Returns the recipes' differences, and where one left the other."""
    if first.request is None or second.request is None:
        return tr("Not known what differs: a picture carries no recipe")
    found = differences(first.request, second.request, first.untold | second.untold)
    parts = [str(difference) for difference in found]
    for letter, run, other in (("B", second, first), ("A", first, second)):
        if run.parent is not None and run.parent.run == other.run != "":
            parts += [tr("fresh noise")] if "fresh noise" in run.parent.changes else []
            return tr(
                "{letter} branches off {part} at step {step}:  ",
                letter=letter,
                part="A" if letter == "B" else "B",
                step=run.parent.step + 1,
            ) + (" · ".join(parts) or tr("nothing changed"))
    return tr("Differ in:  ") + " · ".join(parts) if parts else tr("The same settings")
