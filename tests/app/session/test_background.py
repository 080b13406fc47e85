"""Work in the background is done in order, answered in the window's thread, and can be dropped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from PySide6.QtCore import QDeadlineTimer, QObject
from pytestqt.qtbot import QtBot
from shiboken6 import Shiboken

from app.messages.errors import Message
from app.session.background import BackgroundTasks, TaskQueue
from core.errors import EmulsionError, ModelMissing, SaveFailed, UnforeseenFailure
from tests.patience import LONGEST_S


class Owner(QObject):
    """Hears answers, and holds its queue's thread until `gate` is set."""

    def __init__(self, background: BackgroundTasks, name: str = "tests") -> None:
        super().__init__()
        self.heard: list[object] = []
        self.threads: set[int] = set()
        self.done: list[str] = []
        self.begun, self.gate = threading.Event(), threading.Event()
        self.tasks: TaskQueue = background.queue(self, name)

    def hear(self, answer: object) -> None:
        self.heard.append(answer)
        self.threads.add(threading.get_ident())

    def waits(self, name: str) -> Callable[[], str]:
        def work() -> str:
            self.begun.set()
            assert self.gate.wait(LONGEST_S)
            self.done.append(name)
            return name

        return work


@pytest.fixture
def owner(background: BackgroundTasks) -> Owner:
    return Owner(background)


def fails() -> None:
    raise ModelMissing("lost", ())


def test_the_answer_comes_in_the_windows_thread(owner: Owner, qtbot: QtBot) -> None:
    owner.tasks.submit(threading.get_ident, owner.hear)
    qtbot.waitUntil(lambda: bool(owner.heard))
    assert owner.heard != [threading.get_ident()]
    assert owner.threads == {threading.get_ident()}


def test_one_queue_works_in_order_and_urgent_work_goes_first(owner: Owner, qtbot: QtBot) -> None:
    owner.tasks.submit(owner.waits("first"), owner.hear)
    for name, priority in (("second", 0), ("third", 0), ("urgent", 1)):
        owner.tasks.submit(owner.waits(name), owner.hear, priority=priority)
    owner.gate.set()
    qtbot.waitUntil(lambda: len(owner.heard) == 4)
    assert owner.heard[0] == "first" or owner.heard[0] == "urgent"
    assert owner.heard.index("second") < owner.heard.index("third")
    assert owner.heard.index("urgent") <= 1


def test_queues_of_other_names_do_not_wait(owner: Owner, background: BackgroundTasks, qtbot: QtBot) -> None:
    owner.tasks.submit(owner.waits("slow"))
    other = Owner(background, "others")
    other.tasks.submit(lambda: "quick", other.hear)
    qtbot.waitUntil(lambda: other.heard == ["quick"])
    owner.gate.set()


def test_an_error_is_refused(owner: Owner, qtbot: QtBot) -> None:
    owner.tasks.submit(fails, None, owner.hear)
    qtbot.waitUntil(lambda: bool(owner.heard))
    assert isinstance(owner.heard[0], EmulsionError)


def breaks() -> Generator[int, None, None]:
    yield 1
    raise ZeroDivisionError("inside")


def test_an_unforeseen_error_is_logged_and_told_and_the_thread_goes_on(
    background: BackgroundTasks, owner: Owner, qtbot: QtBot, expected_warnings: list[str]
) -> None:
    expected_warnings.append("a background task failed")
    told: list[Message] = []
    background.failed.connect(told.append)
    owner.tasks.submit(lambda: 1 // 0, owner.hear)
    owner.tasks.submit(lambda: "next", owner.hear)
    qtbot.waitUntil(lambda: owner.heard == ["next"])
    (message,) = told
    assert message.title == "This did not work"
    assert "ZeroDivision" not in str(message)


def test_who_waits_for_an_answer_gets_an_unforeseen_error_as_a_failure(
    background: BackgroundTasks, owner: Owner, qtbot: QtBot, expected_warnings: list[str]
) -> None:
    expected_warnings.append("a background task failed")
    told: list[Message] = []
    background.failed.connect(told.append)
    owner.tasks.submit(lambda: 1 // 0, None, owner.hear)
    owner.tasks.follow(breaks, None, None, owner.hear)
    qtbot.waitUntil(lambda: len(owner.heard) == 2)
    assert all(isinstance(error, UnforeseenFailure) for error in owner.heard)
    assert owner.threads == {threading.get_ident()}
    assert not told


class Watched:
    """Tells the thread in which it was freed."""

    def __init__(self, freed: list[int]) -> None:
        self.freed = freed

    def work(self) -> None:
        """Does nothing."""

    def fail(self) -> None:
        raise ModelMissing("lost", ())

    def breaks(self) -> Generator[int, None, None]:
        yield 1
        raise ModelMissing("lost", ())

    def hear(self, _value: object) -> None:
        """Hears nothing."""

    def __del__(self) -> None:
        self.freed.append(threading.get_ident())


def test_what_belongs_to_a_widget_is_freed_in_the_windows_thread(owner: Owner, qtbot: QtBot) -> None:
    freed: list[int] = []
    for _ in range(30):
        for name in ("work", "fail", "breaks"):
            watched = Watched(freed)
            start = owner.tasks.follow if name == "breaks" else owner.tasks.submit
            start(getattr(watched, name), watched.hear, watched.hear)
            del watched
    qtbot.waitUntil(lambda: len(freed) == 90)
    assert set(freed) == {threading.get_ident()}


def test_what_is_cancelled_is_not_begun_and_not_answered(owner: Owner, qtbot: QtBot) -> None:
    owner.tasks.submit(owner.waits("in progress"), owner.hear)
    owner.tasks.submit(owner.waits("waiting"), owner.hear)
    qtbot.waitUntil(owner.begun.is_set)
    owner.tasks.cancel()
    owner.tasks.submit(owner.waits("wanted"), owner.hear)
    owner.gate.set()
    qtbot.waitUntil(lambda: bool(owner.heard))
    assert owner.heard == ["wanted"]
    assert owner.done == ["in progress", "wanted"]


def test_a_generator_tells_its_items_and_is_closed_when_it_is_cancelled(owner: Owner, qtbot: QtBot) -> None:
    is_closed = threading.Event()

    def counts() -> Generator[int, None, str]:
        try:
            yield 1
            yield 2
            assert owner.gate.wait(LONGEST_S)
            yield 3
        finally:
            is_closed.set()
        return "end"

    owner.tasks.follow(counts, owner.hear, owner.hear)
    qtbot.waitUntil(lambda: owner.heard == [1, 2])
    owner.gate.set()
    qtbot.waitUntil(lambda: owner.heard == [1, 2, 3, "end"])
    is_closed.clear()
    owner.gate.clear()
    owner.tasks.follow(counts, owner.hear, owner.hear)
    qtbot.waitUntil(lambda: len(owner.heard) == 6)
    owner.tasks.cancel()
    owner.gate.set()
    qtbot.waitUntil(is_closed.is_set)
    assert owner.heard[4:] == [1, 2]


def test_nobody_is_called_who_is_gone(background: BackgroundTasks, qtbot: QtBot) -> None:
    gone, other = Owner(background), Owner(background)
    gone.tasks.submit(gone.waits("late"), gone.hear)
    other.tasks.submit(lambda: "after", other.hear)
    Shiboken.delete(gone)
    gone.gate.set()
    qtbot.waitUntil(lambda: other.heard == ["after"])
    assert gone.heard == []


def test_closing_keeps_what_must_be_kept_and_drops_the_rest(tmp_path: Path, qtbot: QtBot) -> None:
    background = BackgroundTasks()
    owner = Owner(background)
    background.closing_begun.connect(owner.gate.set)
    owner.tasks.submit(owner.waits("in progress"), owner.hear)
    owner.tasks.submit(owner.waits("look"), owner.hear)
    owner.tasks.submit((tmp_path / "kept").touch, owner.hear, is_kept=True)
    qtbot.waitUntil(owner.begun.is_set)
    assert background.close()
    assert owner.done == ["in progress"]
    assert (tmp_path / "kept").exists()
    owner.tasks.submit(owner.waits("too late"), owner.hear, is_kept=True)
    qtbot.wait(20)
    assert owner.done == ["in progress"]
    assert owner.heard == []


def test_what_could_not_be_kept_at_the_end_is_logged(qtbot: QtBot, expected_warnings: list[str]) -> None:
    expected_warnings.append("the disk is full")
    background = BackgroundTasks()
    owner = Owner(background)
    background.closing_begun.connect(owner.gate.set)

    def save() -> None:
        owner.gate.wait()
        raise SaveFailed(Path("a.png"), "the disk is full")

    owner.tasks.submit(save, owner.hear, is_kept=True)
    assert background.close()
    assert owner.heard == []


def test_closing_does_not_wait_for_ever(qtbot: QtBot, expected_warnings: list[str]) -> None:
    expected_warnings.append("background tasks are still busy at the end")
    background = BackgroundTasks()
    owner = Owner(background)
    owner.tasks.submit(owner.waits("hangs"))
    qtbot.waitUntil(owner.begun.is_set)
    assert not background.close(QDeadlineTimer(0))
    owner.gate.set()
    assert background.close()


def test_closing_waits_longer_for_what_must_be_kept(qtbot: QtBot) -> None:
    background = BackgroundTasks()
    owner = Owner(background)
    owner.tasks.submit(owner.waits("a picture"), is_kept=True)
    threading.Timer(0.2, owner.gate.set).start()
    assert background.close(QDeadlineTimer(0))
    assert owner.done == ["a picture"]


def test_what_comes_while_a_thread_is_idle_is_not_overtaken(owner: Owner, qtbot: QtBot) -> None:
    """The pool's own order of tasks broke here: it forgot the priority of the first."""
    owner.gate.set()
    for turn in range(20):
        owner.done.clear()
        for name in "abcd":
            owner.tasks.submit(owner.waits(name), owner.hear, priority=1)
        qtbot.waitUntil(lambda: len(owner.done) == 4)
        assert owner.done == ["a", "b", "c", "d"], turn
        qtbot.wait(5)
