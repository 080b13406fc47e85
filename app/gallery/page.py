"""The gallery page: filters above, pictures in the middle, the chosen one's recipe at the right."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QWidget

from app.compare.compare_view import CompareView
from app.gallery.empty_state import (
    NO_PICTURES,
    NOTHING_FOUND,
    OPENING,
    EmptyReason,
    EmptyState,
    folders_away,
    reading,
)
from app.gallery.filter_bar import FIRST_QUERY, FilterBar
from app.gallery.filters import cleared, is_filtered
from app.gallery.grid import PictureGrid
from app.gallery.hover_film import HoverFilm
from app.gallery.inspector import Inspector
from app.gallery.library_reader import LibraryReader
from app.gallery.library_service import LibraryService
from app.gallery.library_view import LibraryView
from app.gallery.likeness import Likeness
from app.gallery.page_layout import PageLayout
from app.gallery.picture_list import PictureList
from app.gallery.status_line import StatusLine
from app.gallery.thumbnail_service import ThumbnailService
from app.session.session import Session
from app.session.settings_store import SettingsStore
from app.widgets.building import stretched, vbox
from app.widgets.colours import Colours
from app.widgets.drop_router import DropRouter, DropRule
from app.widgets.message_bar import MessageArea
from core.gallery.gallery import gallery_folder
from core.gallery.query import Query
from core.gallery.scan import Indexing, Listing
from core.gallery.system_trash import Trash
from core.gallery.thumbnails import FOLDER_NAME, Thumbnails

_NONE = np.empty(0, np.int64)


class GalleryPage(QWidget):
    """A page of the window: lays out the parts.

    Attributes:
        index: the folder of the library's index.
        service: changes the library.
        view: what is shown of it.
        grid, filters, inspector, comparison, messages: the parts. panes: those that F6 leads to.

    Signals:
        selection_changed: other pictures are chosen, or none.
        folders_dropped: a tuple of `Path`, folders that are not in the library perhaps.
        seen: the place is shown.
    """

    selection_changed = Signal()
    folders_dropped = Signal(object)
    seen = Signal()

    def __init__(
        self, session: Session, settings_store: SettingsStore, colours: Colours, trash: Trash | None = None
    ) -> None:
        super().__init__()
        self.setObjectName("galleryPage")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._settings_store = settings_store
        self.index = gallery_folder(settings_store.folders)
        self.service = LibraryService(settings_store, session.background, trash, self)
        self.reader = LibraryReader(session.background, self)
        self._thumbnails = ThumbnailService(
            Thumbnails(settings_store.folders.cache / FOLDER_NAME), session.background, self
        )
        self.pictures = PictureList(self.reader, self._thumbnails, self)
        self.view = LibraryView(self.service, self.reader, self.pictures, FIRST_QUERY, self.index, self)
        self.likeness = Likeness(self.service, session.background, self)
        self.likeness.found.connect(self._show_alike)
        self.likeness.completed.connect(self._ask_for_alike)
        self.films = HoverFilm(session.engine_tasks, self)
        self.filters = FilterBar()
        self.grid = PictureGrid(self.pictures, self.films)
        DropRouter(self, [DropRule(Path.exists, self._on_dropped)], own_drags=self.grid)
        self.empty = EmptyState()
        self.inspector = Inspector()
        self.comparison = CompareView(colours, session.background)
        self.comparison.closed.connect(self._end_comparison)
        self.status = StatusLine()
        self.messages = MessageArea()
        self._chosen: NDArray[np.int64] = _NONE
        self._alone: NDArray[np.int64] = _NONE
        self._current = -1
        self._following = -1
        self._asked = FIRST_QUERY
        self._is_comparing = False
        self._lay_out()
        self.filters.query_changed.connect(self.view.ask)
        self.filters.cell_px_chosen.connect(self.grid.set_cell_px)
        self.filters.left.connect(self._focus_grid)
        self.reader.facets_found.connect(self.filters.set_facets)
        self.view.answered.connect(self._keep_choice)
        self.view.shown.connect(self._restore_choice)
        self.view.state_changed.connect(self._show_state)
        self.grid.stack_clicked.connect(self.toggle_stack)
        self.grid.selectionModel().selectionChanged.connect(self._on_selection_changed)
        for keys in ("Ctrl+F", "/"):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(self.filters.focus_search)
        self._closing_begun = session.background.closing_begun
        self._closing_begun.connect(self.films.leave)
        self._show_state()

    @property
    def selected_ids(self) -> tuple[int, ...]:
        """Of the chosen pictures, in the order of the grid, none twice; of a closed stack all."""
        return self.pictures.pictures_of(self.grid.selected_rows())

    def set_colours(self, colours: Colours) -> None:
        self.comparison.set_colours(colours)

    def choose(self, picture: int) -> None:
        """Makes a picture the chosen one, if it is among those that are shown; else shows all."""
        row = self.pictures.row_of(picture)
        if row is not None and self.pictures.ids[row] != picture:
            self.pictures.toggle_stack(row)
            row = self.pictures.row_of(picture)
        if row is not None:
            self.grid.setCurrentIndex(self.pictures.index(row))
        else:
            self._chosen = self._alone = np.array([picture])
            self._current = picture
            self.grid.clearSelection()
            self.filters.set_query(cleared(self.filters.query))

    @Slot(int)
    def toggle_stack(self, row: int) -> None:
        """Opens the stack of a row in its place, or closes it; what is chosen stays so."""
        if 0 <= row < self.pictures.rowCount() and self.pictures.stack(row).count > 1:
            cover = int(self.pictures.ids[row])
            self._keep_choice(self.view.query)
            self._alone = _NONE
            self.pictures.toggle_stack(row)
            self._restore_choice()
            if not self.grid.selected_count() and (now := self.pictures.row_of(cover)) is not None:
                self.grid.setCurrentIndex(self.pictures.index(now))

    def show_name(self, kind: str, name: str) -> None:
        """Only the pictures with this tag, or of this collection."""
        query = cleared(self.filters.query)
        changes = {"tags": (name,)} if kind == "tag" else {"collection": name}
        self.filters.set_query(replace(query, **changes))

    @Slot()
    def show_comparison(self) -> None:
        """In the place of the grid, until it is closed."""
        self._is_comparing = True
        self._stack.setCurrentWidget(self.comparison)
        self.comparison.take_focus()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self.view.has_begun:  # it may have been built long ago, and had no width before
            self._restore_layout()
            self._closing_begun.connect(self._keep_layout)
        self.view.open()
        (self.grid if self.grid.isVisible() else self).setFocus()
        self.seen.emit()

    @Slot(object)
    def _show_alike(self, like: bytes | None) -> None:
        if like is not None:
            self.filters.set_query(replace(cleared(self.filters.query), like=like))

    @Slot()
    def _ask_for_alike(self) -> None:
        """There may be more of them, now that all pictures have been looked at."""
        if self.filters.query.like is not None:
            self.view.ask(self.filters.query)

    def _lay_out(self) -> None:
        self._stack = QStackedWidget()
        for page in (self.empty, self.grid, self.comparison):
            self._stack.addWidget(page)
        centre = QWidget()
        vbox(self.messages, stretched(self._stack), self.status, on=centre, spacing=0)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(1)
        self._splitter.addWidget(centre)
        self._splitter.addWidget(self.inspector)
        self._splitter.setStretchFactor(0, 1)
        vbox(self.filters, stretched(self._splitter), on=self, spacing=0)
        self.panes = (self.filters, self._stack, self.inspector)

    def _restore_layout(self) -> None:
        layout = PageLayout.from_text(self._settings_store.settings.gallery_layout)
        self._splitter.setSizes([1000, layout.inspector_px])
        self.filters.slider.setValue(layout.cell_px)
        self.filters.set_query(
            replace(FIRST_QUERY, sort=layout.sort, group=layout.group, stacks=layout.has_stacks)
        )

    @Slot()
    def _keep_layout(self) -> None:
        query, sizes = self.filters.query, self._splitter.sizes()
        layout = PageLayout(self.filters.slider.value(), sizes[1], query.sort, query.group, query.stacks)
        self._settings_store.change(gallery_layout=layout.to_text())

    def _reason(self) -> EmptyReason | None:
        """Why there is nothing to be seen, None when there is."""
        view = self.view
        if self.pictures.rowCount():
            return None
        if not view.is_open:
            return OPENING
        match view.scan_event:
            case Indexing() as event if not view.total:
                return reading(event.done, event.total, view.fault)
            case Listing() as event if not view.total:
                return reading(event.found, 0, view.fault)
            case _:
                pass
        if view.total:
            return NOTHING_FOUND if is_filtered(view.query) else OPENING
        return folders_away(view.away) if view.away else NO_PICTURES

    @Slot()
    def _show_state(self) -> None:
        reason = self._reason()
        if reason is not None:
            self.empty.show_reason(reason)
        shown = self.grid if reason is None else self.empty
        if not self._is_comparing and self._stack.currentWidget() is not shown:
            self._stack.setCurrentWidget(shown)
            if shown is self.grid and not self.filters.search.hasFocus():
                self.grid.setFocus()
        if self.view.scan_event is not None:
            self.status.show_scan(self.view.scan_event)
        else:
            self.status.end_scan(self.view.away)
        self.filters.menus.library = self.view.library
        self._show_counts()

    def _show_counts(self) -> None:
        self.status.show_counts(self.pictures.count, self.view.total, len(self.selected_ids))

    @Slot(object)
    def _keep_choice(self, query: Query) -> None:
        ids, rows = self.pictures.ids, self.grid.selected_rows()
        if rows:
            self._chosen, self._alone = ids[rows], self.pictures.alone(rows)
            self._current = int(ids[max(self.grid.currentIndex().row(), 0)])
        is_same_query, self._asked = query == self._asked, query
        after = rows[-1] + 1 if rows and rows[-1] + 1 < len(ids) else rows[0] - 1 if rows else -1
        self._following = int(ids[after]) if is_same_query and after >= 0 else -1

    @Slot()
    def _restore_choice(self) -> None:
        """Restores the selection as far as its pictures are still there; otherwise selects the next one.

        A picture that was chosen by itself stays so: a stack that it has come into is opened.
        """
        if self._chosen.size and not self.grid.selected_count():
            self.pictures.open_around(self._alone)
            rows = self.pictures.rows_of(self._chosen).tolist()
            current = self.pictures.row_of(self._current)
            if not rows and (following := self.pictures.row_of(self._following)) is not None:
                rows, current = [following], following
            self.grid.select_rows(rows, current if current is not None else next(iter(rows), None))
        self._chosen = self._alone = _NONE
        self._on_selection_changed()

    @Slot()
    def _end_comparison(self) -> None:
        self._is_comparing = False
        self._show_state()
        self.grid.setFocus()

    @Slot()
    def _on_selection_changed(self) -> None:
        self._show_counts()
        self.selection_changed.emit()

    def _on_dropped(self, paths: list[Path]) -> None:
        """Takes the folders, and those of the pictures."""
        self.folders_dropped.emit(tuple(dict.fromkeys(path if path.is_dir() else path.parent for path in paths)))

    @Slot()
    def _focus_grid(self) -> None:
        self.grid.setFocus()
        if not self.grid.currentIndex().isValid() and self.pictures.rowCount():
            self.grid.setCurrentIndex(self.pictures.index(0))
