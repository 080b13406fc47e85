"""Reads the library for the window: one background thread for index and recipes."""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage

from app.gallery.masked_thumbnail import masked_thumbnail
from app.session.background import BackgroundTasks
from app.session.picture_loader import recipe_with_source
from core.errors import EmulsionError
from core.film.reader import film_path
from core.gallery.branches import Run
from core.gallery.finder import Finder
from core.gallery.query import Facets, LibraryPicture, Query
from core.language.words import tr
from core.recipes.recipe import Recipe

log = logging.getLogger(__name__)

_LATER, _SOON, _NOW = 0, 1, 2


@dataclass(frozen=True, slots=True, eq=False)
class PictureDetails:
    """All that the inspector shows of one picture.

    Attributes:
        recipe: None when the file carries none that can be read.
        tree: the branches it belongs to, () for none.
        film_bytes: size of the film beside it, 0 for none.
        masked: a small picture of the part that was changed, None for the whole.
    """

    picture: LibraryPicture
    recipe: Recipe | None
    tags: tuple[str, ...]
    collections: tuple[str, ...]
    tree: tuple[Run, ...]
    film_bytes: int
    masked: QImage | None


class LibraryReader(QObject):
    """All methods return at once.

    Signals:
        answered: a `Query`, its `Answer`, and the number of all pictures in the library; of queries asked quickly
            one after the other only the last is answered.
        rows_loaded: a tuple of `LibraryPicture`, after `load_rows` and `load_passing`.
        facets_found: `Facets`, after `count_facets`.
        details_loaded: `PictureDetails`, after `load_details`; only the last one asked for.
        released: nothing reads the index any more, after `release`.
        broken: the index cannot be read.
    """

    answered = Signal(object, object, int)
    rows_loaded = Signal(object)
    facets_found = Signal(object)
    details_loaded = Signal(object)
    released = Signal()
    broken = Signal()

    def __init__(self, background: BackgroundTasks, parent: QObject) -> None:
        super().__init__(parent)
        self._index: Path | None = None
        self._finder: Finder | None = None
        self._counting: Iterator[Facets | None] | None = None
        self._wanted: Query | None = None
        self._passing: tuple[int, ...] = ()
        self._wanted_details: int | None = None
        self._tasks = background.queue(self, "library reader")
        self._tasks.end_with(self._close_finder)

    def open(self, index: Path) -> None:
        """Reads the index in this folder from now on."""

        def open_index() -> None:
            self._close_finder()
            self._index = index

        self._do(open_index, _NOW)

    @Slot()
    def release(self) -> None:
        """Leaves the index until `open` is called again; questions meanwhile get no answer."""

        def release() -> None:
            self._close_finder()
            self._index = None
            self.released.emit()

        self._do(release, _NOW)

    def find(self, query: Query) -> None:
        self._wanted = query
        self._do(self._find, _NOW)

    def load_passing(self, ids: tuple[int, ...]) -> None:
        """Rows for the moment: when others are asked for before their turn comes, these are not loaded."""
        self._passing = ids
        self._do(self._load_passing, _SOON)

    def load_rows(self, ids: tuple[int, ...]) -> None:
        self._do(lambda: self.rows_loaded.emit(tuple(self._now().pictures(ids))), _SOON)

    def count_facets(self) -> None:
        """Part by part: a key that is typed meanwhile waits for one of them at most."""
        self._do(self._begin_counting, _LATER)

    def load_details(self, picture: int) -> None:
        self._wanted_details = picture
        self._do(lambda: self._load_details(picture), _SOON)

    def _do(self, work: Callable[[], None], priority: int) -> None:
        def attempt() -> None:
            try:
                work()
            except sqlite3.Error as error:
                log.info("the library cannot be asked: %s", error)
                self._close_finder()  # another one may take its place
                if self._index is not None:
                    self.broken.emit()

        self._tasks.submit(attempt, priority=priority)

    def _now(self) -> Finder:
        if self._finder is None:
            if self._index is None:
                raise sqlite3.OperationalError(tr("no index is open"))
            self._finder = Finder(self._index)
        return self._finder

    def _close_finder(self) -> None:
        finder, self._finder, self._counting = self._finder, None, None
        if finder is not None:
            finder.close()

    def _find(self) -> None:
        query, self._wanted = self._wanted, None
        if query is not None:
            finder = self._now()
            self.answered.emit(query, finder.find(query), finder.count())

    def _begin_counting(self) -> None:
        self._counting = self._now().facets()
        self._count_on(self._counting)

    def _count_on(self, counting: Iterator[Facets | None]) -> None:
        if counting is not self._counting:
            return  # they were asked for again meanwhile, or the index was left
        facets = next(counting)
        if facets is None:
            self._do(lambda: self._count_on(counting), _LATER)
        else:
            self.facets_found.emit(facets)

    def _load_passing(self) -> None:
        ids, self._passing = self._passing, ()
        if ids:
            self.rows_loaded.emit(tuple(self._now().pictures(ids)))

    def _load_details(self, number: int) -> None:
        if number != self._wanted_details:
            return
        finder = self._now()
        pictures = finder.pictures([number])
        if pictures:
            tags, collections = finder.marks_of(number)
            film_bytes = _size_of(film_path(pictures[0].path)) if pictures[0].has_film else 0
            recipe = _recipe(pictures[0].path)
            tree = finder.tree_of(number)
            masked = masked_thumbnail(pictures[0].path, recipe)
            facts = (pictures[0], recipe, tags, collections, tree, film_bytes, masked)
            self.details_loaded.emit(PictureDetails(*facts))


def _recipe(path: Path) -> Recipe | None:
    try:
        return recipe_with_source(path)
    except EmulsionError as error:
        log.info("%s", error)
        return None


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
