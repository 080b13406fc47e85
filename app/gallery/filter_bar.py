"""The bar above the grid: search, filters, order, size of the cells; below it, what filters are active."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QMenu,
    QSizePolicy,
    QSlider,
    QToolButton,
    QWidget,
)

from app.gallery.filter_menus import WITH_BUTTON, FilterMenus
from app.gallery.filters import active_filters, cleared
from app.gallery.grid import CELLS_PX, FIRST_CELL_PX
from app.widgets.building import clear, hbox, push_button, stretched, vbox
from app.widgets.field import describe, search_edit
from app.widgets.icons import set_icon
from core.gallery.query import Facets, Group, Query
from core.language.words import tr

TYPED_MS = 120
"""A search begins when no key was pressed for so long."""

FIRST_QUERY = Query(group=Group.day, stacks=True)
STACKS_TIP = tr(
    "Show the pictures of one request, and of one tree of branches, as one stack; a click on its number, or S, "
    "opens and closes it"
)
LONGEST_WORDS = 32
MOST_CHIPS = 8
MARGIN_PX = 16
SLIDER_PX = 88
SMALLEST_PX, USUAL_PX = 48, 150
"""Widths of the field for the search: before the buttons are cut, and before the slider makes room for it."""


class FilterBar(QFrame):
    """Holds the query.

    Attributes:
        query: as it is now.
        menus: the menus of its buttons, with signals of their own about the library.

    Signals:
        query_changed: the new `Query`.
        cell_px_chosen: the size of cells.
        left: Return or Down in the search field: the keyboard is for the pictures now.
    """

    query_changed = Signal(object)
    cell_px_chosen = Signal(int)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("filterBar")
        self.setProperty("role", "panel")
        self.query = FIRST_QUERY
        self.menus = FilterMenus(self)
        self.menus.chosen.connect(self.set_query)
        self._typed = QTimer(self, singleShot=True, interval=TYPED_MS)
        self._typed.timeout.connect(self._take_text)
        self.search = search_edit(
            "gallerySearchEdit",
            tr("Search"),
            tr("Search prompts, notes, tags and names"),
            tr('Words as they begin: hou finds house. "red house" finds the phrase, -snow leaves out. (Ctrl+F)'),
        )
        self.search.setMinimumWidth(SMALLEST_PX)
        self.search.installEventFilter(self)
        self.search.textEdited.connect(self._typed.start)
        self.favourite = self._toggle("♥", "favouriteFilterButton", tr("Only favourites"))
        self.film = self._toggle("", "filmFilterButton", tr("Only pictures that have a film"))
        set_icon(self.film, "film")
        self.stacks = self._toggle("", "stacksButton", STACKS_TIP)
        set_icon(self.stacks, "pictures")
        self.stacks.clicked.connect(self._take_toggles)
        self.favourite.clicked.connect(self._take_toggles)
        self.film.clicked.connect(self._take_toggles)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(CELLS_PX[0], CELLS_PX[-1])
        self.slider.setSingleStep(CELLS_PX.step)
        self.slider.setPageStep(CELLS_PX.step * 2)
        self.slider.setValue(FIRST_CELL_PX)
        self.slider.setFixedWidth(SLIDER_PX)
        describe(
            self.slider, "cellSizeSlider", tr("Size of the pictures"), tr("Size of the pictures (Ctrl + wheel)")
        )
        self.slider.valueChanged.connect(self.cell_px_chosen)
        self._chips = FilterChips()
        self._chips.chosen.connect(self.set_query)
        self._lay_out()
        self._show()

    def set_query(self, query: Query) -> None:
        """Another query; the bar shows it."""
        self._typed.stop()
        if query != self.query:
            self.query = query
            self._show()
            self.query_changed.emit(query)

    def set_facets(self, facets: Facets) -> None:
        self.menus.facets = facets

    def focus_search(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and watched is self.search:
            is_escape = event.key() == Qt.Key.Key_Escape and bool(self.search.text())
            if is_escape and event.type() is QEvent.Type.ShortcutOverride:
                event.accept()  # else it would stop the run
                return True
            if event.type() is QEvent.Type.KeyPress:
                if is_escape:
                    self.set_query(replace(self.query, text=""))
                    return True
                if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down):
                    self._take_text()
                    self.left.emit()
                    return True
        return super().eventFilter(watched, event)

    def _lay_out(self) -> None:
        row = self._row = hbox(stretched(self.search), spacing=2)
        menus = self.menus
        for words, name, tip, fill in (
            *(
                (title, f"{name}FilterButton", tip, partial(menus.fill_setting, name))
                for name, (title, tip) in WITH_BUTTON.items()
            ),
            (tr("Date"), "dateFilterButton", tr("Only pictures of some days"), menus.fill_days),
            (tr("Rating"), "ratingFilterButton", tr("Minimum rating"), menus.fill_ratings),
        ):
            row.addWidget(self._menu_button(words, name, tip, fill))
        row.addWidget(self.favourite)
        row.addWidget(self.film)
        row.addWidget(
            self._menu_button(tr("More"), "moreFilterButton", tr("Size, tag, seed and others"), menus.fill_more)
        )
        row.addSpacing(8)
        row.addWidget(self.stacks)
        row.addWidget(self._menu_button(tr("Order"), "orderButton", tr("Order and groups"), menus.fill_order))
        row.addWidget(
            self._menu_button(tr("Library"), "libraryButton", tr("Folders of the library"), menus.fill_library)
        )
        row.addWidget(self.slider)
        vbox(row, self._chips, on=self, margins=(MARGIN_PX, 8, MARGIN_PX, 8), spacing=8)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leaves the slider out where the words of the buttons need its place."""
        super().resizeEvent(event)
        wanted = self._row.minimumSize().width() + 2 * MARGIN_PX + USUAL_PX - SMALLEST_PX
        wanted += 0 if self.slider.isVisibleTo(self) else SLIDER_PX + 8
        self.slider.setVisible(wanted <= event.size().width())

    def _menu_button(self, words: str, name: str, tip: str, fill: Callable[[QMenu], None]) -> QToolButton:
        button = QToolButton()
        button.setText(words)
        button.setProperty("kind", "menu")
        set_icon(button, "chevron-down")
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        is_mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        after = Qt.LayoutDirection.LeftToRight if is_mirrored else Qt.LayoutDirection.RightToLeft
        button.setLayoutDirection(after)  # the arrow after the word
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        describe(button, name, words, tip)
        self.menus.attach(button, fill)
        return button

    def _toggle(self, words: str, name: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setText(words)
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        describe(button, name, tip, tip)
        return button

    def _show(self) -> None:
        query = self.menus.query = self.query
        with QSignalBlocker(self.search):
            if self.search.text() != query.text:
                self.search.setText(query.text)
        self.favourite.setChecked(query.is_favourite is True)
        self.film.setChecked(query.has_film is True)
        self.stacks.setChecked(query.stacks)
        self._chips.show_filters(query)

    @Slot()
    def _take_text(self) -> None:
        self.set_query(replace(self.query, text=self.search.text()))

    @Slot()
    def _take_toggles(self) -> None:
        is_favourite, has_film = (button.isChecked() or None for button in (self.favourite, self.film))
        stacks = self.stacks.isChecked()
        self.set_query(replace(self.query, is_favourite=is_favourite, has_film=has_film, stacks=stacks))


class FilterChips(QWidget):
    """Hidden while nothing filters.

    Signals:
        chosen: the `Query` without what was taken away.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("filterChips")
        self._row = hbox(on=self, spacing=6)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.hide()

    def show_filters(self, query: Query) -> None:
        """Other chips."""
        clear(self._row)
        filters = active_filters(query)
        for active in filters[:MOST_CHIPS]:
            words = active.words
            short = words if len(words) <= LONGEST_WORDS else words[: LONGEST_WORDS - 1] + "…"
            self._add(f"{short}  ✕", tr("Remove filter: {words}", words=words), active.without)
        if len(filters) > 1:
            self._add(tr("Clear all"), tr("Clear filters"), cleared(query))
        self._row.addStretch(1)
        self.setVisible(bool(filters))

    def _add(self, words: str, tip: str, query: Query) -> None:
        chip = push_button(words.replace("&", "&&"), partial(self.chosen.emit, query), kind="chip", tip=tip)
        chip.setAccessibleName(tip)
        chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._row.addWidget(chip)
