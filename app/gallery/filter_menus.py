"""The menus of the filter bar: values that the library's pictures have, to choose from, and orders."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from app.gallery.filter_dialogs import FilterDialog, PeriodDialog, SeedDialog
from app.gallery.filters import days_back, toggled, with_facet
from core.gallery.library import LibraryFolder
from core.gallery.query import Facet, Facets, Group, Query, Sort
from core.language.words import tr
from core.request.settings import SETTINGS

MOST_ENTRIES = 40
LONGEST_NAME = 48
SORTS = {
    Sort.newest: tr("Newest first"),
    Sort.oldest: tr("Oldest first"),
    Sort.rating: tr("Best rated first"),
    Sort.largest: tr("Largest first"),
    Sort.file_name: tr("By file name"),
}
GROUPS = {
    Group.day: tr("Group by day"),
    Group.model: tr("Group by model"),
    Group.collection: tr("Group by collection"),
    Group.nothing: tr("No groups"),
}
WITH_BUTTON = {
    "model": (tr("Model"), tr("Only pictures of these models")),
    "sampler": (tr("Sampler"), tr("Only pictures made with these samplers")),
}
"""Settings with a button of their own, and its tooltip; the menu *More* has the others."""

NO_FACETS = Facets({}, (), (), None, None)


class FilterMenus(QObject):
    """Fills a menu each time it opens, with what is chosen ticked.

    Signals:
        chosen: the new `Query`.
        add_folder_asked: a folder is to be added.
        remove_folder_asked: the path of a folder that is to be taken out of the library.
        rebuild_asked: every picture is to be read again.
    """

    chosen = Signal(object)
    add_folder_asked = Signal()
    remove_folder_asked = Signal(object)
    rebuild_asked = Signal()

    def __init__(self, bar: QWidget) -> None:
        super().__init__(bar)
        self._bar = bar
        self.query = Query()
        self.facets = NO_FACETS
        self.library: tuple[LibraryFolder, ...] = ()

    def attach(self, button: QToolButton, fill: Callable[[QMenu], None]) -> None:
        """Gives a button a menu; ``fill`` is one of the methods below."""
        menu = QMenu(button)
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(menu.clear)
        menu.aboutToShow.connect(partial(fill, menu))
        menu.triggered.connect(self._choose)
        button.setMenu(menu)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)

    def fill_setting(self, name: str, menu: QMenu) -> None:
        """The values that pictures have for a setting."""
        query = self.query
        chosen = [value for other, value in query.facets if other == name]
        found = self.facets.settings.get(name, ())
        self._fill_names(menu, found, chosen, lambda value: with_facet(query, name, value))

    def fill_ratings(self, menu: QMenu) -> None:
        for rating in range(5, 0, -1):
            words = "★" * rating + ("" if rating == 5 else tr(" or more"))
            _add(menu, words, replace(self.query, smallest_rating=rating), self.query.smallest_rating == rating)
        menu.addSeparator()
        _add(menu, tr("Any rating"), replace(self.query, smallest_rating=0), self.query.smallest_rating == 0)

    def fill_days(self, menu: QMenu) -> None:
        query, today = self.query, date.today()
        for words, since in (
            (tr("Today"), today),
            (tr("Last 7 days"), days_back(7)),
            (tr("Last 30 days"), days_back(30)),
            (tr("This year"), date(today.year, 1, 1)),
        ):
            _add(menu, words, replace(query, since=since, until=None), query.since == since and not query.until)
        first, last = self.facets.first_day, self.facets.last_day
        if first and last and first.year < today.year:
            menu.addSeparator()
            for year in range(min(last.year, today.year - 1), max(first.year, last.year - 12) - 1, -1):
                since, until = date(year, 1, 1), date(year, 12, 31)
                _add(menu, str(year), replace(query, since=since, until=until), query.since == since)
        menu.addSeparator()
        menu.addAction(tr("From … to …")).triggered.connect(
            lambda: self._open(PeriodDialog(query, first, last, self._bar))
        )
        _add(menu, tr("Any day"), replace(query, since=None, until=None), not (query.since or query.until))

    def fill_more(self, menu: QMenu) -> None:
        query = self.query
        for setting in SETTINGS:
            if setting.facet is not None and setting.name not in WITH_BUTTON:
                self.fill_setting(setting.name, menu.addMenu(setting.title))
        tags = menu.addMenu(tr("Tag"))
        self._fill_names(
            tags, self.facets.tags, query.tags, lambda name: replace(query, tags=toggled(query.tags, name))
        )
        collections = menu.addMenu(tr("Collection"))
        self._fill_names(
            collections,
            self.facets.collections,
            (query.collection,) if query.collection else (),
            lambda name: replace(query, collection=None if name == query.collection else name),
        )
        menu.addAction(tr("Seed…")).triggered.connect(lambda: self._open(SeedDialog(query, self._bar)))
        menu.addSeparator()
        is_broken = query.is_unreadable is True
        _add(menu, tr("Cannot be read"), replace(query, is_unreadable=None if is_broken else True), is_broken)

    def fill_order(self, menu: QMenu) -> None:
        for sort, words in SORTS.items():
            _add(menu, words, replace(self.query, sort=sort), self.query.sort is sort)
        menu.addSeparator()
        for group, words in GROUPS.items():
            _add(menu, words, replace(self.query, group=group), self.query.group is group)

    def fill_library(self, menu: QMenu) -> None:
        for folder in self.library:
            is_chosen = self.query.folder == folder.path
            query = replace(self.query, folder=None if is_chosen else folder.path)
            _add(menu, str(folder.path), query, is_chosen)
        menu.addSeparator()
        menu.addAction(tr("Add a folder…")).triggered.connect(self.add_folder_asked)
        if added := self.library[1:]:
            out = menu.addMenu(tr("Remove a folder"))
            for folder in added:
                action = out.addAction(str(folder.path).replace("&", "&&"))
                action.setData(folder.path)
                action.setToolTip(tr("Its pictures stay where they are"))
        menu.addAction(tr("Rebuild the index")).triggered.connect(self.rebuild_asked)

    def _fill_names(
        self, menu: QMenu, facets: Sequence[Facet], chosen: Sequence[str], query_with: Callable[[str], Query]
    ) -> None:
        for facet in facets[:MOST_ENTRIES]:
            name = facet.name if len(facet.name) <= LONGEST_NAME else facet.name[: LONGEST_NAME - 1] + "…"
            action = _add(menu, f"{name}\t{facet.count:,}", query_with(facet.name), facet.name in chosen)
            action.setToolTip(facet.name)
        if not facets:
            menu.addAction(tr("No information in any picture")).setEnabled(False)

    def _open(self, dialog: FilterDialog) -> None:
        dialog.chosen.connect(self.chosen)
        dialog.open()

    @Slot(QAction)
    def _choose(self, action: QAction) -> None:
        if isinstance(action.data(), Query):
            self.chosen.emit(action.data())
        elif isinstance(action.data(), Path):
            self.remove_folder_asked.emit(action.data())


def _add(menu: QMenu, words: str, query: Query, is_chosen: bool) -> QAction:
    action = menu.addAction(words.replace("&", "&&"))
    action.setCheckable(True)
    action.setChecked(is_chosen)
    action.setData(query)
    return action
