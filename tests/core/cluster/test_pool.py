"""A pool of engines that are lost, refuse, and never come; the engines are fakes in threads."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import Any

import pytest

from core.cluster import pool
from core.cluster.dispatch import Job
from core.errors import EngineEnded, ModelMissing
from core.request.request import GenerationRequest
from core.runs.events import Event, ImageReady
from core.runs.operations import Generate, Operation
from tests.fakes import FakeEngine
from tests.patience import LONGEST_S

Trouble = Callable[[Event, int], None]


class CountingEngine(FakeEngine):
    """Counts the events of all its runs, and has its trouble at some."""

    def __init__(self, place: FakePlace) -> None:
        super().__init__()
        self._place = place

    def run(self, operation: Operation[Any]) -> Generator[Event, None, None]:
        for event in super().run(operation):
            self._place.count += 1
            if self._place.is_abandoned.is_set():
                raise EngineEnded
            self._place.trouble(event, self._place.count)
            yield event


class FakePlace:
    """A place whose engine fails as it is told.

    Attributes:
        count: of the events of all its engines. engines: all so far.
    """

    def __init__(self, name: str, trouble: Trouble = lambda _event, _count: None) -> None:
        self.name, self.trouble = name, trouble
        self.count = 0
        self.engines: list[FakeEngine] = []
        self.is_abandoned = threading.Event()

    def connect(self) -> FakeEngine:
        if self.is_abandoned.is_set():
            raise EngineEnded
        self.engines.append(CountingEngine(self))
        return self.engines[-1]

    def abandon(self) -> None:
        self.is_abandoned.set()


class AwayPlace(FakePlace):
    """A place whose node never comes."""

    def connect(self) -> FakeEngine:
        self.is_abandoned.wait()
        raise EngineEnded


class BrokenPlace(FakePlace):
    """A place in which no engine can be made."""

    def connect(self) -> FakeEngine:
        raise ModelMissing("the right program")


def jobs(count: int) -> list[Job]:
    requests = [GenerationRequest(f"house {seed}", seed=seed, steps=3) for seed in range(count)]
    return [Job(one.seed or 0, one.model, Generate(one)) for one in requests]


def made(places: Sequence[pool.Place], count: int) -> list[int]:
    """Returns the seeds of the pictures in the order in which they come."""
    with closing(pool.pictures(places, jobs(count))) as news:
        return [
            one.event.image.recipe.request.seed or 0
            for one in news
            if isinstance(one, pool.Happened) and isinstance(one.event, ImageReady)
        ]


def waited(flag: threading.Event) -> None:
    assert flag.wait(LONGEST_S)


def lost_at(*counts: int) -> Trouble:
    """Returns the trouble that ends an engine before these events of its place."""

    def trouble(_event: Event, count: int) -> None:
        if count in counts:
            raise EngineEnded("signal 9")

    return trouble


def test_all_pictures_are_made_once_by_all_places() -> None:
    places = [FakePlace(name) for name in ("one", "two", "three")]
    assert sorted(made(places, 30)) == [*range(30)]
    assert all(engine.is_closed for place in places for engine in place.engines)


@pytest.mark.parametrize("at", range(1, 9))
def test_an_engine_that_is_lost_at_any_event_costs_no_picture_and_doubles_none(at: int) -> None:
    places = [FakePlace("one", lost_at(at, at + 7, at + 20)), FakePlace("two", lost_at(at + 3))]
    assert sorted(made(places, 12)) == [*range(12)]
    assert len(places[0].engines) + len(places[1].engines) > 2


def test_an_engine_that_is_lost_after_its_picture_is_not_asked_for_it_again() -> None:
    pictures: Counter[int] = Counter()

    class LostAtTheEnd(CountingEngine):
        def run(self, operation: Operation[Any]) -> Generator[Event, None, None]:
            yield from super().run(operation)
            raise EngineEnded("signal 9")

    class Place(FakePlace):
        def connect(self) -> FakeEngine:
            self.engines.append(LostAtTheEnd(self))
            return self.engines[-1]

    place = Place("one")
    pictures.update(made([place], 4))
    assert pictures == dict.fromkeys(range(4), 1)
    assert sum(len(engine.requests) for engine in place.engines) == 4


def test_engines_wait_for_whoever_takes_their_events() -> None:
    places, taken = [FakePlace("one"), FakePlace("two")], 0
    with closing(pool.pictures(places, jobs(10))) as news:
        for one in news:
            taken += isinstance(one, pool.Happened)
            ahead = 2 * len(places)  # one in each engine's hand, and as many in the queue
            assert sum(place.count for place in places) <= taken + ahead


def test_closing_it_in_the_middle_ends_all_engines() -> None:
    places = [FakePlace("one"), FakePlace("two"), AwayPlace("three")]
    news = pool.pictures(places, jobs(1000))
    while not isinstance(one := next(news), pool.Happened) or not isinstance(one.event, ImageReady):
        pass
    news.close()
    assert all(engine.is_closed for place in places for engine in place.engines)
    assert len(made([FakePlace("one")], 3)) == 3


def test_a_place_that_never_comes_and_one_that_cannot_hold_up_nothing() -> None:
    has_left = threading.Event()
    places = [FakePlace("one", lambda _event, _count: waited(has_left)), AwayPlace("two"), BrokenPlace("three")]
    left: list[str] = []
    with closing(pool.pictures(places, jobs(8))) as news:
        for one in news:
            if isinstance(one, pool.Left):
                left.append(one.place)
                has_left.set()
    assert left == ["three"]


def test_where_no_engine_can_be_made_the_reason_is_raised() -> None:
    with pytest.raises(ModelMissing):
        made([BrokenPlace("one"), BrokenPlace("two")], 2)


def test_a_place_without_the_model_is_told_and_the_others_make_its_pictures() -> None:
    def missing(_event: Event, _count: int) -> None:
        raise ModelMissing("dreams")

    places = [FakePlace("one", missing), FakePlace("two")]
    with closing(pool.pictures(places, jobs(9))) as news:
        told = [*news]
    pictures = [one for one in told if isinstance(one, pool.Happened) and isinstance(one.event, ImageReady)]
    assert {one.place for one in pictures} == {"two"}
    assert len(pictures) == 9
    assert len(places[0].engines[0].requests if places[0].engines else ()) <= 1
