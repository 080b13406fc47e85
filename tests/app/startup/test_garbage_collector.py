"""Garbage is freed in the thread of the window, whoever asks for it."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.startup import garbage_collector
from app.startup.garbage_collector import GarbageCollector, collect_due


class Cycle:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def collector(qtbot: QtBot) -> Iterator[GarbageCollector]:
    gc.enable()
    collector = GarbageCollector()
    assert not gc.isenabled()
    yield collector
    collector.deleteLater()


@pytest.fixture
def freed_in() -> list[int]:
    """The threads in which garbage was freed, by their number; some garbage lies there."""
    threads: list[int] = []
    cycle = Cycle()
    weakref.finalize(cycle, lambda: threads.append(threading.get_ident()))
    return threads


def test_another_thread_waits_until_the_windows_thread_has_freed_it(
    collector: GarbageCollector, freed_in: list[int], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(garbage_collector, "WAIT_S", 60)  # a busy machine needs more than the second
    seen: list[list[int]] = []

    def ask() -> None:
        collector.collect()
        seen.append(list(freed_in))

    asking = threading.Thread(target=ask)
    asking.start()
    qtbot.waitUntil(lambda: bool(seen))
    asking.join()
    assert seen == [[threading.get_ident()]]


def test_the_windows_own_thread_frees_at_once(collector: GarbageCollector, freed_in: list[int]) -> None:
    collector.collect()
    assert freed_in == [threading.get_ident()]


def test_nobody_waits_when_the_program_ends(collector: GarbageCollector, freed_in: list[int]) -> None:
    collector.close()
    asking = threading.Thread(target=collector.collect)
    asking.start()
    asking.join()  # this thread, which would free it, is busy with waiting
    assert not freed_in


def test_it_looks_from_time_to_time(collector: GarbageCollector, freed_in: list[int], qtbot: QtBot) -> None:
    many = [Cycle() for _ in range(gc.get_threshold()[0] + 1)]
    many.clear()
    qtbot.waitUntil(lambda: bool(freed_in))


def test_little_garbage_is_left_for_later() -> None:
    gc.disable()
    gc.collect()
    cycle = weakref.ref(Cycle())
    collect_due()
    assert cycle() is not None
