from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from app.messages.errors import Message
from app.widgets.message_bar import Choice, MessageArea, MessageBar

BROKEN = Message("The model cannot be used", "It is <b>truncated</b>.", "Install it again.")


@pytest.fixture
def area(qtbot: QtBot) -> MessageArea:
    area = MessageArea()
    qtbot.addWidget(area)
    assert area.isHidden()
    return area


def bars(area: MessageArea) -> list[MessageBar]:
    return [bar for bar in area.findChildren(MessageBar) if not bar.isHidden()]


def test_a_message_is_shown_as_plain_text_with_its_remedy(area: MessageArea) -> None:
    area.show_message("failed", BROKEN, "error")
    assert not area.isHidden()
    (bar,) = bars(area)
    labels = bar.findChildren(QLabel)
    assert [label.text() for label in labels] == [BROKEN.title, "It is <b>truncated</b>. Install it again."]
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in labels)
    assert bar.property("tone") == "error"
    assert BROKEN.title in bar.accessibleName()


def test_a_new_message_takes_the_place_of_the_old_one_of_its_subject_only(area: MessageArea) -> None:
    area.show_message("failed", BROKEN, "error")
    area.show_message("saving", Message("Not saved", "Disk full."), "error")
    area.show_message("failed", Message("Again", "Still broken."), "error")
    assert area.subjects() == ("saving", "failed")
    assert len(bars(area)) == 2


def test_dismissing_the_last_bar_takes_its_room_away(area: MessageArea) -> None:
    area.show_message("failed", BROKEN, "error")
    button = area.findChild(QToolButton, "dismissButton")
    assert isinstance(button, QToolButton)
    button.click()
    assert area.subjects() == ()
    assert area.isHidden()


def test_a_choice_acts_and_dismisses(area: MessageArea) -> None:
    acted: list[str] = []
    area.show_message("stopped", BROKEN, "info", (Choice("Keep", lambda: acted.append("keep"), "keepButton"),))
    button = area.findChild(QPushButton, "keepButton")
    assert isinstance(button, QPushButton)
    button.click()
    assert acted == ["keep"]
    assert area.subjects() == ()


def test_a_choice_that_opens_a_dialog_leaves_the_bar_until_that_is_done(area: MessageArea) -> None:
    choice = Choice("Save elsewhere…", lambda: None, "saveButton", keeps_bar=True)
    area.show_message("saving", BROKEN, "error", (choice,))
    button = area.findChild(QPushButton, "saveButton")
    assert isinstance(button, QPushButton)
    button.click()
    assert area.subjects() == ("saving",)


def test_good_news_go_away_by_themselves(area: MessageArea, qtbot: QtBot) -> None:
    area.show_message("settings", Message("In place", "Undo brings it back."), "info", lasting_ms=10)
    assert area.subjects() == ("settings",)
    qtbot.waitUntil(lambda: area.subjects() == ())


def test_dismissing_what_is_not_there_does_nothing(area: MessageArea) -> None:
    area.dismiss("failed")
    assert area.isHidden()
