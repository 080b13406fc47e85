"""The grids of the window: planned, begun, opened again, and their sheets kept up to date."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from app.messages.errors import message
from app.session.run import RunState, SavedPicture
from app.session.session import Session
from app.session.settings_store import SettingsStore
from core.errors import EmulsionError, UnreadablePicture
from core.grid.estimate import Estimate, estimate
from core.grid.folder import SHEET, made, new_folder, number_of, read_grid, settle_films
from core.grid.grid import Grid
from core.grid.operation import MakeGrid
from core.grid.planning import check, plan
from core.models.catalogue import Catalogue
from core.recipes.recipe import Recipe
from core.request.request import GenerationRequest
from core.runs.queued import QueuedRun
from core.runs.speed import newest_recipes

if TYPE_CHECKING:
    from core.grid.sheet import Sheet

log = logging.getLogger(__name__)

Typed = Sequence[tuple[str, str]]
"""The name of a kind of axis, "" for none, and its values, for X, Y and Z."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A grid that can be begun, and the work that it is."""

    grid: Grid
    work: Estimate


@dataclass(slots=True, eq=False)
class OpenGrid:
    """A grid with its folder.

    Attributes:
        pictures: those that are finished, by their numbers.
    """

    grid: Grid
    folder: Path
    pictures: dict[int, Path]

    @property
    def left(self) -> tuple[int, ...]:
        """Returns the numbers of the missing pictures, in the order in which they are to be made."""
        return tuple(number for number in self.grid.order if number not in self.pictures)

    @property
    def is_complete(self) -> bool:
        return len(self.pictures) >= self.grid.count

    @property
    def sheet(self) -> Path:
        return self.folder / SHEET


class Grids(QObject):
    """Knows the grids of the queue and those that were opened; asks the session to make their pictures.

    Signals:
        opened: an `OpenGrid`, new or from the disk.
        picture_made: an `OpenGrid` and the number of a picture that has been saved.
        looked: the pictures of a grid may be others, or fewer.
        failed: the `Message` of what could not be begun, opened or written.
    """

    opened = Signal(object)
    picture_made = Signal(object, int)
    looked = Signal()
    failed = Signal(object)

    def __init__(self, session: Session, store: SettingsStore, catalogue: Catalogue) -> None:
        super().__init__(session)
        self._session = session
        self._store = store
        self._catalogue = catalogue
        self._known: dict[str, OpenGrid] = {}
        self._sheets: dict[str, Sheet] = {}
        self._recipes: tuple[Recipe, ...] | None = None
        self._planning = session.background.queue(self, "grid plans")
        self._files = session.background.queue(self, "grid files")
        self._files.end_with(self._write_all)
        session.picture_saved.connect(self._on_picture_saved)
        session.state_changed.connect(self._on_state_changed)
        session.queue.changed.connect(self._on_queue_changed)

    @property
    def known(self) -> tuple[OpenGrid, ...]:
        """Returns the grids of the queue, and those that were begun or opened, the latest one last."""
        return tuple(self._known.values())

    def plan(
        self,
        request: GenerationRequest,
        typed: Typed,
        answer: Callable[[Planned], object],
        refuse: Callable[[EmulsionError], object],
    ) -> None:
        """Finds out what a grid would be, in the place of an earlier question."""
        speed, recipes, pictures = self._session.times.speed.copy(), self._recipes, self._store.settings.pictures

        def find_out() -> tuple[Planned, tuple[Recipe, ...]]:
            known = tuple(newest_recipes(pictures)) if recipes is None else recipes
            grid = plan(request, typed)
            check(grid, self._catalogue)
            speed.learn_from(known)
            return Planned(grid, estimate(grid, range(grid.count), speed)), known

        self._planning.cancel()
        self._planning.submit(find_out, partial(self._on_planned, answer), refuse)

    def begin(self, grid: Grid) -> None:
        """Makes the grid's folder with an empty sheet, and queues all its pictures."""
        pictures = self._store.settings.pictures

        def make_folder() -> OpenGrid:
            from core.grid.sheet import Sheet  # fonts and drawing, which the window's start does without

            folder = new_folder(grid, pictures)
            Sheet(grid, folder).write()
            return OpenGrid(grid, folder, {})

        self._files.submit(make_folder, self._on_begun, self._on_failed)

    def open(self, place: Path) -> None:
        """Shows the grid of a sheet, or of a folder, as it is on the disk now."""

        films = self._store.films_folder()

        def read() -> OpenGrid:
            grid, folder = read_grid(place)
            return OpenGrid(grid, folder, _made(grid, folder, films))

        self._files.submit(read, self._on_opened, self._on_failed)

    def make_rest(self, opened: OpenGrid) -> None:
        """Lets the missing pictures of a grid be made: those in the queue go on or are tried again, the others are
        added.
        """
        self.look_again(opened, partial(self._queue_rest, opened))

    def look_again(self, opened: OpenGrid, then: Callable[[], object] = lambda: None) -> None:
        """Looks into the folder: pictures may have been removed, to be made again."""
        before = dict(opened.pictures)

        def take(pictures: dict[int, Path]) -> None:
            saved = {number: path for number, path in opened.pictures.items() if number not in before}
            opened.pictures = {**pictures, **saved}
            self.looked.emit()
            then()

        look = partial(_made, opened.grid, opened.folder, self._store.films_folder())
        self._files.submit(look, take, self._on_failed)

    def _queue_rest(self, opened: OpenGrid) -> None:
        for failed in [run for run, _ in self._runs_of(opened.grid) if run.problem]:
            self._session.queue.try_again(failed.id)
        queued = self._queued(opened.grid)
        left = tuple(number for number in opened.left if number not in queued)
        if left:
            self._session.queue.add(MakeGrid(opened.grid, opened.folder, left))
        self._session.queue.go_on()

    def find(self, run: str) -> tuple[OpenGrid, int] | None:
        """Returns the grid that a run belongs to, and the number of its picture."""
        for opened in self._known.values():
            if (number := opened.grid.number_of(run)) is not None:
                return opened, number
        return None

    def waits(self, opened: OpenGrid) -> bool:
        """Returns whether pictures of a grid will be made without another word."""
        queue = self._session.queue
        runs = (run for run in queue.entries if queue.in_progress(run.id) or (run.left and not run.is_on_hold))
        grids = (run.operation for run in runs if isinstance(run.operation, MakeGrid))
        return any(operation.grid.id == opened.grid.id for operation in grids)

    def _runs_of(self, grid: Grid) -> Iterator[tuple[QueuedRun, MakeGrid]]:
        for run in self._session.queue.entries:
            if isinstance(run.operation, MakeGrid) and run.operation.grid.id == grid.id:
                yield run, run.operation

    def _queued(self, grid: Grid) -> set[int]:
        """Returns the numbers of the grid's pictures that are in the queue, the one in progress too."""
        numbers: set[int] = set()
        for run, operation in self._runs_of(grid):
            made = [other.number for other in self._session.queue.running if other.id == run.id]
            numbers |= {operation.numbers[number] for number in (*made, *run.numbers)}
        return numbers

    def _on_planned(self, answer: Callable[[Planned], object], found: tuple[Planned, tuple[Recipe, ...]]) -> None:
        planned, self._recipes = found
        answer(planned)

    def _on_begun(self, opened: OpenGrid) -> None:
        self._known[opened.grid.id] = opened
        self.opened.emit(opened)
        self._session.queue.add(MakeGrid(opened.grid, opened.folder, opened.grid.order))

    def _on_opened(self, opened: OpenGrid) -> None:
        self._known[opened.grid.id] = opened
        self.opened.emit(opened)

    def _on_failed(self, error: EmulsionError) -> None:
        self.failed.emit(message(error))

    @Slot()
    def _on_queue_changed(self) -> None:
        """Learns of grids that come from an earlier start."""
        for run in self._session.queue.entries:
            if isinstance(run.operation, MakeGrid) and run.operation.grid.id not in self._known:
                grid, folder = run.operation.grid, run.operation.place
                opened = self._known[grid.id] = OpenGrid(grid, folder, {})
                look = partial(_made, grid, folder, self._store.films_folder())
                self._files.submit(look, partial(self._on_made, opened))

    def _on_made(self, opened: OpenGrid, pictures: dict[int, Path]) -> None:
        opened.pictures = {**pictures, **opened.pictures}
        self.opened.emit(opened)

    @Slot(object)
    def _on_picture_saved(self, saved: SavedPicture) -> None:
        found = self.find(saved.image.recipe.run)
        if found is None or number_of(found[0].grid, saved.image.recipe) is None:
            return
        opened, number = found
        opened.pictures[number] = saved.path
        self.picture_made.emit(opened, number)
        is_over = self._session.state is RunState.idle or opened.is_complete
        draw = partial(self._draw, opened, dict(opened.pictures), number, is_over=is_over)
        self._files.submit(draw, refuse=self._on_failed, is_kept=True)

    @Slot(object)
    def _on_state_changed(self, state: RunState) -> None:
        if state is RunState.idle:
            for opened in self.known:
                if not opened.is_complete:  # another process may have made some
                    self.look_again(opened)
            self._files.submit(self._write_all, refuse=self._on_failed, is_kept=True)

    def _draw(self, opened: OpenGrid, pictures: dict[int, Path], new: int, *, is_over: bool) -> None:
        """In the background: puts the new picture onto the sheet, or all, and writes it if that is due."""
        from core.grid.sheet import Sheet  # fonts and drawing, which the window's start does without

        sheet = self._sheets.get(opened.grid.id)
        if sheet is None:
            sheet = self._sheets[opened.grid.id] = Sheet(opened.grid, opened.folder)
        else:
            pictures = {new: pictures[new]}
        for number, path in pictures.items():
            try:
                sheet.add(number, path)
            except UnreadablePicture as error:  # it has been moved or removed since
                log.info("%s is not on the sheet: %s", path, error.reason)
        if is_over:
            self._write_all()
        else:
            sheet.write_if_due()

    def _write_all(self) -> None:
        """In the background: writes the sheets that lack a picture, and lets all go: they can be large."""
        while self._sheets:
            self._sheets.popitem()[1].write_if_behind()


def _made(grid: Grid, folder: Path, films: Path | None) -> dict[int, Path]:
    """Returns the finished pictures, with their films beside them."""
    pictures = dict(made(grid, folder))
    settle_films(grid, pictures, films)
    return pictures
