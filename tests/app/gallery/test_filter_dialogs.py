from __future__ import annotations

from datetime import date
from typing import TypeVar

from PySide6.QtCore import QDate
from PySide6.QtWidgets import QDateEdit, QDialog, QLineEdit
from pytestqt.qtbot import QtBot

from app.gallery.filter_dialogs import PeriodDialog, SeedDialog
from core.gallery.query import Query, Sort

Child = TypeVar("Child", QLineEdit, QDateEdit)


def child(dialog: QDialog, kind: type[Child], name: str) -> Child:
    found = dialog.findChild(kind, name)
    assert found is not None
    return found


def test_a_seed_is_asked_for_and_the_rest_of_the_query_stays(qtbot: QtBot) -> None:
    dialog = SeedDialog(Query(sort=Sort.oldest))
    qtbot.addWidget(dialog)
    assert not dialog.button.isEnabled()
    child(dialog, QLineEdit, "filterSeedEdit").setText("42")
    with qtbot.waitSignal(dialog.chosen) as chosen:
        dialog.accept()
    assert chosen.args == [Query(seed=42, sort=Sort.oldest)]


def test_a_seed_that_is_too_large_cannot_be_asked_for(qtbot: QtBot) -> None:
    dialog = SeedDialog(Query())
    qtbot.addWidget(dialog)
    child(dialog, QLineEdit, "filterSeedEdit").setText(str(2**64))
    assert not dialog.button.isEnabled()
    assert "whole number" in dialog.words.text()


def test_a_period_begins_with_the_days_of_the_library(qtbot: QtBot) -> None:
    dialog = PeriodDialog(Query(), date(2026, 1, 2), date(2026, 3, 4))
    qtbot.addWidget(dialog)
    assert (dialog.query.since, dialog.query.until) == (date(2026, 1, 2), date(2026, 3, 4))
    child(dialog, QDateEdit, "sinceEdit").setDate(QDate(2026, 5, 1))
    assert not dialog.button.isEnabled()
    child(dialog, QDateEdit, "untilEdit").setDate(QDate(2026, 5, 1))
    assert dialog.query == Query(since=date(2026, 5, 1), until=date(2026, 5, 1))
    assert dialog.button.isEnabled()
