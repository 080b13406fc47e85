"""Small dialogs for filters that cannot be chosen from a list: a seed, and a period of days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from PySide6.QtCore import QDate, QRegularExpression, Qt, Signal, Slot
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QDateEdit, QDialog, QLineEdit, QWidget

from app.widgets.building import dialog_buttons, form, text_label, vbox
from app.widgets.field import describe
from core.gallery.query import Query
from core.language.words import tr
from core.request.request import LARGEST_SEED

NO_SEED = tr("A whole number from 0 to {largest_seed}.", largest_seed=LARGEST_SEED)


class FilterDialog(QDialog):
    """Open it with `open`: it does not block.

    Signals:
        chosen: the new `Query`.
    """

    chosen = Signal(object)

    def __init__(self, title: str, query: Query, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.query = query
        self.setWindowTitle(title)
        self.form = form()
        self.words = text_label(role="hint")
        self.words.setMinimumWidth(320)
        buttons, self.button = dialog_buttons(self, tr("Show pictures"), "filterAcceptButton", self.accept)
        vbox(self.form, self.words, buttons, on=self, margins=(24, 24, 24, 16), spacing=12)
        self.finished.connect(self.deleteLater)

    def accept(self) -> None:
        super().accept()
        self.chosen.emit(self.query)


class SeedDialog(FilterDialog):
    """Asks for a seed."""

    def __init__(self, query: Query, parent: QWidget | None = None) -> None:
        super().__init__(tr("Pictures with a seed"), query, parent)
        self.setObjectName("seedDialog")
        self._seed = QLineEdit("" if query.seed is None else str(query.seed))
        self._seed.setValidator(QRegularExpressionValidator(QRegularExpression(r"\d{1,20}"), self._seed))
        describe(self._seed, "filterSeedEdit", tr("Seed"), tr("The number that the noise was drawn from"))
        self._seed.textChanged.connect(self._read)
        self.form.addRow(tr("&Seed"), self._seed)
        self._read()

    @Slot()
    def _read(self) -> None:
        text = self._seed.text()
        is_seed = text.isdecimal() and int(text) <= LARGEST_SEED
        self.words.setText("" if is_seed else NO_SEED)
        self.button.setEnabled(is_seed)
        if is_seed:
            self.query = replace(self.query, seed=int(text))


class PeriodDialog(FilterDialog):
    """Asks for the first and the last day."""

    def __init__(self, query: Query, first: date | None, last: date | None, parent: QWidget | None = None) -> None:
        """``first`` and ``last`` are the days of the oldest and the newest picture."""
        super().__init__(tr("Date range"), query, parent)
        self.setObjectName("periodDialog")
        today = date.today()
        self._since = _day_edit(query.since or first or today, "sinceEdit", tr("From"), tr("The first day"))
        self._until = _day_edit(query.until or last or today, "untilEdit", tr("To"), tr("The last day"))
        for edit, words in ((self._since, tr("&From")), (self._until, tr("&To"))):
            edit.dateChanged.connect(self._read)
            self.form.addRow(words, edit)
        self._read()

    @Slot()
    def _read(self) -> None:
        since, until = _day_of(self._since), _day_of(self._until)
        self.words.setText("" if since <= until else tr("The first day is later than the last one."))
        self.button.setEnabled(since <= until)
        self.query = replace(self.query, since=since, until=until)


def _day_edit(day: date, name: str, words: str, tip: str) -> QDateEdit:
    edit = QDateEdit(QDate(day.year, day.month, day.day))
    edit.setCalendarPopup(True)
    edit.setDisplayFormat("yyyy-MM-dd")
    edit.setAlignment(Qt.AlignmentFlag.AlignLeft)
    describe(edit, name, words, tip)
    return edit


def _day_of(edit: QDateEdit) -> date:
    chosen = edit.date()
    return date(chosen.year(), chosen.month(), chosen.day())
