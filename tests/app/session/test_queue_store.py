"""The queue survives a restart, and the end of the process at any moment."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.messages.errors import Message
from app.session.queue_store import QueueStore
from app.session.queued_films import FOLDER_NAME
from app.session.run import RunState
from core.errors import OutOfMemory
from core.film.reader import PART_SUFFIX
from core.paths import Folders
from core.runs.branch import Branch
from core.settings.queue_file import FILE_NAME, load_queue
from tests.app.windows import Opened, Opener, open_window, opened, wait_until_idle

__all__ = ["open_window", "opened"]


@pytest.fixture
def saving(open_window: Opener) -> Opened:
    return open_window(saves=True)


def left_on_disk(opened: Opened) -> list[int]:
    return [run.left for run in load_queue(opened.settings_store.folders).runs]


def titles(opened: Opened) -> list[str]:
    return [run.operation.title for run in opened.window.session.queue.entries]


def hold_at(opened: Opened, call: int) -> threading.Event:
    hold = opened.engine.holds[call] = threading.Event()
    return hold


def hold_with_film(opened: Opened, qtbot: QtBot) -> threading.Event:
    """Waits until a run is held at call 4, after steps that are shown while its film is on the disk."""
    before, hold = opened.engine.holds[2], hold_at(opened, 4)
    qtbot.waitUntil(opened.engine.arrived.is_set)
    qtbot.waitUntil(lambda: bool(list(opened.settings_store.settings.pictures.rglob(f"*{PART_SUFFIX}"))))
    opened.engine.arrived.clear()
    before.set()
    qtbot.waitUntil(opened.engine.arrived.is_set)
    return hold


def test_what_waited_waits_at_the_next_start_until_it_may_go_on(
    saving: Opened, open_window: Opener, qtbot: QtBot
) -> None:
    hold_at(saving, 2)
    session = saving.window.session
    session.edit(prompt="first", seed=1, count=3)
    session.generate()
    session.edit(prompt="second", seed=50, count=1)
    session.generate()
    hold = hold_with_film(saving, qtbot)
    qtbot.waitUntil(lambda: left_on_disk(saving) == [2, 1])  # the first one is an unfinished film
    session.background.closing_begun.connect(hold.set)
    saving.window.close()
    again = open_window(saves=True)
    assert titles(again) == ["first", "second"]
    assert again.subjects == ("held", "unfinished")
    assert again.window.session.state is RunState.idle
    again.window.session.queue.go_on()
    wait_until_idle(again, qtbot)
    assert [request.seed for request in again.engine.requests] == [2, 3, 50]
    qtbot.waitUntil(lambda: left_on_disk(again) == [])


def test_a_picture_that_is_not_on_the_disk_yet_is_made_again_after_a_kill(saving: Opened, qtbot: QtBot) -> None:
    hold = hold_at(saving, 0)
    saving.window.session.edit(count=3, seed=1)
    saving.window.session.generate()
    qtbot.waitUntil(saving.engine.arrived.is_set)
    qtbot.waitUntil(lambda: left_on_disk(saving) == [3])
    hold.set()
    wait_until_idle(saving, qtbot)
    qtbot.waitUntil(lambda: left_on_disk(saving) == [])


def test_the_last_picture_of_a_request_is_not_made_twice_after_a_kill(saving: Opened, qtbot: QtBot) -> None:
    hold_at(saving, 2)
    saving.window.session.edit(count=1, seed=1)
    saving.window.session.generate()
    hold = hold_with_film(saving, qtbot)
    qtbot.waitUntil(lambda: left_on_disk(saving) == [])  # it is an unfinished film
    hold.set()
    wait_until_idle(saving, qtbot)


def test_a_run_that_failed_is_not_offered_as_unfinished_but_waits_with_its_reason(
    saving: Opened, open_window: Opener, qtbot: QtBot
) -> None:
    saving.engine.errors[4] = OutOfMemory("cpu", None, None)
    saving.window.session.generate()
    wait_until_idle(saving, qtbot)
    saving.window.close()
    again = open_window(saves=True)
    assert again.subjects == ()
    (failed,) = again.window.session.queue.entries
    assert failed.problem == "Not enough memory"
    again.window.session.queue.try_again(failed.id)
    wait_until_idle(again, qtbot)
    assert [branch.call for branch in again.engine.branches] == [4]
    pictures = again.settings_store.settings.pictures
    qtbot.waitUntil(lambda: len(list(pictures.rglob("*.png"))) == 1)


def test_a_broken_file_is_told_and_kept(open_window: Opener, tmp_path: Path) -> None:
    folders: Folders = open_window.folders
    folders.data.mkdir(parents=True, exist_ok=True)
    (folders.data / FILE_NAME).write_text("{")
    again = open_window()
    assert again.subjects == ("failed",)
    assert (folders.data / "queue.damaged.json").read_text() == "{"


def test_a_disk_that_takes_nothing_is_told_once(opened: Opened, qtbot: QtBot) -> None:
    folder = opened.settings_store.folders.data
    if folder.exists():
        folder.rename(folder.with_name("away"))
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file in the way")
    (store,) = opened.window.session.findChildren(QueueStore)
    told: list[Message] = []
    store.failed.connect(told.append)
    hold = hold_at(opened, 0)
    for _ in range(3):
        opened.window.session.generate()
        qtbot.wait(20)
    qtbot.waitUntil(lambda: len(told) == 1)
    assert told[0].title == "The queue could not be kept"
    folder.unlink()
    hold.set()
    wait_until_idle(opened, qtbot)
    qtbot.waitUntil(lambda: (folder / FILE_NAME).is_file() and left_on_disk(opened) == [])


def test_a_branch_that_waits_survives_a_restart_also_without_the_film_that_it_left(
    saving: Opened, open_window: Opener, qtbot: QtBot
) -> None:
    session = saving.window.session
    session.edit(prompt="first", seed=1, steps=6)
    session.generate()
    wait_until_idle(saving, qtbot)
    film = session.progress.film
    assert film is not None
    hold = hold_at(saving, 2)
    session.edit(prompt="other", seed=2)
    session.generate()
    qtbot.waitUntil(saving.engine.arrived.is_set)
    changed = replace(film.request, prompt="a branch")
    for noise in (0.25, 0.5):
        session.branch(Branch(film, 3, changed, fresh_noise=noise, noise_seed=9))
    session.stop()
    hold.set()
    wait_until_idle(saving, qtbot)
    saving.window.close()
    folder = saving.settings_store.folders.data / FOLDER_NAME
    assert len(list(folder.iterdir())) == 1  # of two branches of one film
    for path in saving.settings_store.settings.pictures.rglob("*first*"):
        path.unlink()
    again = open_window(saves=True)
    assert titles(again) == ["a branch", "a branch"]
    again.window.session.queue.go_on()
    wait_until_idle(again, qtbot)
    made = [(one.call, one.request.prompt, one.fresh_noise, one.noise_seed) for one in again.engine.branches]
    assert made == [(3, "a branch", 0.25, 9), (3, "a branch", 0.5, 9)]
    qtbot.waitUntil(lambda: not list(folder.iterdir()))
