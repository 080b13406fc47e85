"""The gallery is built before it is opened, while nothing is made."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.gallery.grid import CELLS_PX
from app.gallery.page_layout import PageLayout
from app.session.device import ChosenDevice
from app.session.run import RunState
from app.window import early_page
from core.gallery.query import Sort
from tests.app.windows import Opened, Opener, open_window, opened, wait_until_idle
from tests.patience import LONGEST_S

__all__ = ["open_window", "opened"]

CHOSEN = ChosenDevice("cpu", "", "float32", "")


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(early_page, "AFTER_MS", 20)


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


@pytest.mark.parametrize("begins", ["before", "while it is imported"])
def test_it_is_not_built_while_a_picture_is_made(
    begins: str, opened: Opened, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, places = opened.window.session, opened.window.contents.places
    states, hold, imported = list[RunState](), threading.Event(), threading.Event()
    places.page_built.connect(lambda: states.append(session.state))
    opened.engine.holds[2] = hold

    def run() -> None:
        with qtbot.waitSignal(session.stepped):
            session.generate()

    def wait(_name: str) -> None:
        imported.set()
        assert hold.wait(LONGEST_S)

    monkeypatch.setattr(early_page, "import_module", wait)
    if begins == "before":
        run()
    opened.window.begin()
    session.device.choose(CHOSEN)
    if begins == "before":
        qtbot.wait(5 * early_page.AFTER_MS)
        assert not imported.is_set()
    else:
        qtbot.waitUntil(imported.is_set)
        run()
    assert not states
    hold.set()
    wait_until_idle(opened, qtbot)
    qtbot.waitUntil(lambda: bool(states))
    assert states == [RunState.idle]
    session.generate()
    wait_until_idle(opened, qtbot)
    assert len(states) == 1


def test_one_that_was_opened_meanwhile_is_built_once(
    opened: Opened, qtbot: QtBot, imported_in: set[threading.Thread]
) -> None:
    contents, built = opened.window.contents, list[object]()
    contents.places.page_built.connect(built.append)
    opened.window.begin()
    opened.window.session.device.choose(CHOSEN)
    contents.places.show_page(contents.gallery)
    qtbot.waitUntil(lambda: bool(imported_in))
    qtbot.wait(5 * early_page.AFTER_MS)
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


def test_a_window_that_closes_builds_nothing_more(
    opened: Opened, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    built, imported, hold = list[object](), threading.Event(), threading.Event()
    opened.window.contents.places.page_built.connect(built.append)
    opened.window.session.background.closing_begun.connect(hold.set)

    def wait(_name: str) -> None:
        imported.set()
        assert hold.wait(LONGEST_S)

    monkeypatch.setattr(early_page, "import_module", wait)
    opened.window.begin()
    opened.window.session.device.choose(CHOSEN)
    qtbot.waitUntil(imported.is_set)
    opened.window.close()
    qtbot.wait(5 * early_page.AFTER_MS)
    assert not built
