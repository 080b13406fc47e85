"""The gallery is built before it is opened, while nothing is made."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.gallery.grid import CELLS_PX
from app.gallery.page_layout import PageLayout
from app.session.device import ChosenDevice
from app.session.run import RunState
from app.window import early_page
from core.gallery.query import Sort
from tests.app.windows import Opened, Opener, open_window, opened, wait_until_idle

__all__ = ["open_window", "opened"]

CHOSEN = ChosenDevice("cpu", "", "float32", "")


@pytest.fixture
def imported_in(monkeypatch: pytest.MonkeyPatch) -> set[threading.Thread]:
    """Returns the threads in which modules were imported."""
    threads, import_module = set[threading.Thread](), early_page.import_module

    def recorded(name: str) -> Any:
        threads.add(threading.current_thread())
        return import_module(name)

    monkeypatch.setattr(early_page, "import_module", recorded)
    return threads


def test_the_gallery_is_built_once_the_engine_is_made(
    opened: Opened, qtbot: QtBot, imported_in: set[threading.Thread]
) -> None:
    contents = opened.window.contents
    opened.window.begin()
    with qtbot.waitSignal(contents.places.page_built) as built:
        opened.window.session.device.choose(CHOSEN)
    assert contents.create.is_shown
    assert imported_in
    assert threading.main_thread() not in imported_in
    contents.places.show_page(contents.gallery)
    assert built.args == [contents.places.currentWidget()]


def test_it_is_not_built_while_a_picture_is_made(
    opened: Opened, qtbot: QtBot, imported_in: set[threading.Thread]
) -> None:
    session, places = opened.window.session, opened.window.contents.places
    states = list[RunState]()
    places.page_built.connect(lambda: states.append(session.state))
    hold = opened.engine.holds[2] = threading.Event()
    with qtbot.waitSignal(session.stepped):
        session.generate()
    session.device.choose(CHOSEN)
    opened.window.begin()
    answered = list[object]()  # after the answer to the page's own imports
    session.background.queue(QObject(opened.window), "early pages").submit(lambda: None, answered.append)
    qtbot.waitUntil(lambda: bool(answered))
    assert imported_in
    assert not states
    hold.set()
    wait_until_idle(opened, qtbot)
    qtbot.waitUntil(lambda: bool(states))
    assert states == [RunState.idle]
    session.generate()
    wait_until_idle(opened, qtbot)
    assert len(states) == 1


def test_one_that_was_opened_meanwhile_is_built_once(opened: Opened, qtbot: QtBot) -> None:
    contents, built = opened.window.contents, list[object]()
    contents.places.page_built.connect(built.append)
    opened.window.begin()
    opened.window.session.device.choose(CHOSEN)
    contents.places.show_page(contents.gallery)
    answered = list[object]()
    opened.window.session.background.queue(QObject(opened.window), "early pages").submit(
        lambda: None, answered.append
    )
    qtbot.waitUntil(lambda: bool(answered))
    assert len(built) == 1


def test_one_that_was_never_opened_keeps_its_layout(open_window: Opener, qtbot: QtBot) -> None:
    layout = PageLayout(cell_px=CELLS_PX[1], inspector_px=417, sort=Sort.rating).to_text()
    opened = open_window()
    opened.settings_store.change(gallery_layout=layout)
    opened.window.begin()
    with qtbot.waitSignal(opened.window.contents.places.page_built):
        opened.window.session.device.choose(CHOSEN)
    opened.window.close()
    assert opened.settings_store.settings.gallery_layout == layout


def test_the_folder_and_the_layout_are_those_of_the_time_when_it_is_used(opened: Opened, qtbot: QtBot) -> None:
    store, page = opened.settings_store, opened.window.contents.gallery
    opened.window.begin()
    with qtbot.waitSignal(opened.window.contents.places.page_built):
        opened.window.session.device.choose(CHOSEN)
    elsewhere = store.folders.pictures / "elsewhere"
    layout = PageLayout(cell_px=CELLS_PX[1], sort=Sort.rating).to_text()
    store.change(pictures=elsewhere, gallery_layout=layout)
    with qtbot.waitSignal(page.widget.service.opened) as told:
        opened.window.contents.places.show_page(page)
    assert told.args is not None
    assert [folder.path for folder in told.args[0]] == [elsewhere]
    assert page.widget.filters.query.sort is Sort.rating


def test_a_window_that_closes_builds_nothing_more(opened: Opened, qtbot: QtBot) -> None:
    session, built = opened.window.session, list[object]()
    opened.window.contents.places.page_built.connect(built.append)
    hold = opened.engine.holds[2] = threading.Event()
    session.background.closing_begun.connect(hold.set)
    with qtbot.waitSignal(session.stepped):
        session.generate()
    session.device.choose(CHOSEN)
    opened.window.begin()
    answered = list[object]()
    session.background.queue(QObject(opened.window), "early pages").submit(lambda: None, answered.append)
    qtbot.waitUntil(lambda: bool(answered))
    opened.window.close()
    QApplication.sendPostedEvents()
    assert session.state is RunState.idle
    assert not built
