"""Several places make the pictures of one queue: who makes which, which one the window shows, and lost engines."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.messages.errors import Message
from app.session.run import Ending, RunState
from app.session.session import Session
from core.errors import EngineEnded
from core.runs.events import Event, ImageReady
from core.runs.operations import Generate, GenerateBranch, Operation
from core.settings.engine_place import EnginePlace, PlaceKind
from tests.app.conftest import FakeSaves, Heard, MakeSession
from tests.fakes import FakeEngine

Listen = Callable[[Session], Heard]
PLACES = (EnginePlace(), EnginePlace(PlaceKind.process, "cpu", label="Example 7"))


@dataclass
class Two:
    """A session over two places, whose engines wait at their third call until they may go on."""

    session: Session
    engines: dict[EnginePlace, FakeEngine]
    may_go_on: dict[EnginePlace, threading.Event]
    places: list[EnginePlace]

    def add(self, prompt: str, count: int = 1, seed: int | None = 7) -> None:
        self.session.edit(prompt=prompt, count=count, seed=seed, steps=5)
        self.session.generate()

    def let_go_on(self, *places: EnginePlace) -> None:
        for place in places or PLACES:
            self.may_go_on[place].set()

    def seeds(self, place: EnginePlace) -> list[int | None]:
        return [request.seed for request in self.engines[place].requests]


@pytest.fixture
def two(make_session: MakeSession) -> Iterator[Two]:
    may_go_on = {place: threading.Event() for place in PLACES}
    engines = {place: FakeEngine(holds={2: may_go_on[place]}) for place in PLACES}
    places = list(PLACES)
    session = make_session(make_engine_at=engines.__getitem__, places=lambda: places)
    yield Two(session, engines, may_go_on, places)
    for event in may_go_on.values():
        event.set()


def both_wait(two: Two, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: all(engine.arrived.is_set() for engine in two.engines.values()))
    qtbot.waitUntil(lambda: all(runner.stepped for runner in two.session.pool.runners))


def test_one_picture_is_made_in_the_first_place(two: Two, qtbot: QtBot, settle: Callable[[Session], None]) -> None:
    two.let_go_on()
    two.add("a house")
    settle(two.session)
    assert two.seeds(PLACES[0]) == [7]
    assert two.seeds(PLACES[1]) == []


def test_the_pictures_of_a_request_are_spread_and_have_the_seeds_that_one_engine_gives(
    two: Two, qtbot: QtBot, settle: Callable[[Session], None], saves: FakeSaves
) -> None:
    two.add("a house", count=5)
    both_wait(two, qtbot)
    assert len(two.session.queue.running) == 2
    two.let_go_on()
    settle(two.session)
    made = [two.seeds(place) for place in PLACES]
    assert all(made)
    assert sorted(seed or 0 for seeds in made for seed in seeds) == [7, 8, 9, 10, 11]
    assert sorted(image.request.seed or 0 for image, _ in saves.saved) == [7, 8, 9, 10, 11]
    assert two.session.queue.entries == ()


def test_another_run_is_shown_as_if_it_had_come_as_far_as_it_is(two: Two, qtbot: QtBot, listen: Listen) -> None:
    two.add("a house")
    two.add("a boat")
    both_wait(two, qtbot)
    session, heard = two.session, listen(two.session)
    assert session.progress.film is not None
    assert session.progress.film.request.prompt == "a house"
    session.pool.follow(session.pool.runners[1])
    assert heard.names() == ["run_started"]
    assert session.progress.film.request.prompt == "a boat"
    two.let_go_on(PLACES[1])
    qtbot.waitUntil(lambda: "run_ended" in heard.names())
    assert session.pool.followed is session.pool.runners[0]  # the other one is free, this one still works
    assert session.state is RunState.running
    assert "state_changed" not in heard.names()


def test_stop_ends_all_and_holds_the_queue(two: Two, qtbot: QtBot) -> None:
    for prompt in ("a house", "a boat", "a tree"):
        two.add(prompt)
    both_wait(two, qtbot)
    two.session.stop()
    two.let_go_on()
    qtbot.waitUntil(lambda: two.session.state is RunState.idle)
    assert [run.operation.title for run in two.session.queue.held] == ["a tree"]
    two.session.continue_last()
    qtbot.waitUntil(lambda: two.session.state is RunState.idle and not two.session.queue.runs)
    assert sum(len(engine.branches) for engine in two.engines.values()) == 2


def test_one_of_several_runs_is_stopped_and_the_queue_goes_on(two: Two, qtbot: QtBot) -> None:
    for prompt in ("a house", "a boat", "a tree"):
        two.add(prompt)
    both_wait(two, qtbot)
    two.session.pool.stop_run(two.session.pool.runners[1])
    two.let_go_on()
    qtbot.waitUntil(lambda: two.session.state is RunState.idle)
    assert two.session.queue.entries == ()
    made = [request.prompt for engine in two.engines.values() for request in engine.requests]
    assert sorted(made) == ["a boat", "a house", "a tree"]


def test_pause_holds_all_and_begins_nothing(two: Two, qtbot: QtBot) -> None:
    two.add("a house")
    two.session.pause()
    two.add("a boat")
    assert len(two.session.queue.running) == 1
    two.session.resume()
    two.let_go_on()
    qtbot.waitUntil(lambda: two.session.state is RunState.idle and not two.session.queue.runs)


def test_a_lost_run_goes_on_in_another_place_where_it_was(two: Two, qtbot: QtBot, listen: Listen) -> None:
    two.engines[PLACES[1]].errors[4] = EngineEnded("signal 9")
    noticed: list[Message] = []
    two.session.noticed.connect(noticed.append)
    heard = listen(two.session)
    two.add("a house")
    two.add("a boat")
    both_wait(two, qtbot)
    two.let_go_on(PLACES[1])
    qtbot.waitUntil(lambda: noticed != [])
    assert "Engine 2 (Example 7)" in noticed[0].title
    assert "“a boat” goes on elsewhere, from the last step" in noticed[0].sentence
    (waiting,) = two.session.queue.runs  # the place that lost it does not get it again
    assert isinstance(waiting.operation, GenerateBranch)
    assert len(waiting.operation.branch.film.frames) == 4
    two.let_go_on()
    qtbot.waitUntil(lambda: two.session.state is RunState.idle)
    assert two.session.queue.entries == ()
    assert [len(branch.film.frames) for branch in two.engines[PLACES[0]].branches] == [4]
    assert "run_failed" not in heard.names()


def test_a_paused_run_that_is_lost_stays_paused_in_another_place(two: Two, qtbot: QtBot) -> None:
    first, second = two.session.pool.runners
    two.engines[PLACES[0]].errors[2] = EngineEnded("signal 9")
    two.add("a house")
    qtbot.waitUntil(two.engines[PLACES[0]].arrived.is_set)
    two.session.pause()
    two.let_go_on()
    qtbot.waitUntil(lambda: second.run is not None)
    assert first.run is None
    assert two.session.state is RunState.paused
    two.session.resume()
    qtbot.waitUntil(lambda: two.session.state is RunState.idle)
    assert two.session.queue.entries == ()


class LeavingEngine(FakeEngine):
    """Goes away when it has told a picture, before it says that the run is over."""

    def run(self, operation: Operation[Any]) -> Generator[Event, None, None]:
        for event in super().run(operation):
            yield event
            if isinstance(event, ImageReady):
                raise EngineEnded("signal 9")


def test_a_picture_whose_engine_goes_away_after_it_is_not_made_again(
    make_session: MakeSession, qtbot: QtBot, saves: FakeSaves, listen: Listen
) -> None:
    session = make_session(LeavingEngine(), places=lambda: PLACES)
    heard = listen(session)
    session.edit(count=3, seed=7)
    session.generate()
    qtbot.waitUntil(lambda: session.state is RunState.idle and len(saves.saved) >= 3)
    assert sorted(image.request.seed or 0 for image, _ in saves.saved) == [7, 8, 9]
    assert session.queue.entries == ()
    assert set(heard.all("run_ended")) == {Ending.finished}


def test_what_is_lost_twice_is_offered_again(two: Two, qtbot: QtBot, listen: Listen) -> None:
    for engine in two.engines.values():
        engine.errors[3] = EngineEnded("signal 9")
    heard = listen(two.session)
    two.let_go_on()
    two.add("a house")
    qtbot.waitUntil(lambda: "run_failed" in heard.names())
    qtbot.waitUntil(lambda: two.session.state is RunState.idle)
    (failed,) = two.session.queue.entries
    assert failed.problem == "The engine has stopped"
    assert heard.all("run_ended")[-1] is Ending.failed


def test_a_place_that_loses_all_gets_nothing_while_another_works(two: Two, qtbot: QtBot) -> None:
    two.engines[PLACES[1]].errors[0] = EngineEnded()
    noticed: list[Message] = []
    two.session.noticed.connect(noticed.append)
    two.let_go_on(PLACES[1])
    two.add("a house", count=8)
    qtbot.waitUntil(lambda: len(two.engines[PLACES[1]].requests) == 2)
    two.let_go_on()
    qtbot.waitUntil(lambda: two.session.state is RunState.idle)
    assert len(two.engines[PLACES[1]].requests) == 2
    assert two.session.queue.entries == ()
    assert all("“a house” is made elsewhere" in message.sentence for message in noticed) and noticed
    again = {request.seed for request in two.engines[PLACES[0]].requests}
    assert again == set(range(7, 15))


def test_first_passes_are_spread_and_the_chosen_goes_on_anywhere(two: Two, qtbot: QtBot) -> None:
    two.let_go_on()
    choice = two.session.early_choice
    choice.choose_early(1)
    two.add("a house", count=4)
    qtbot.waitUntil(lambda: len(choice.films) == 4 and two.session.state is RunState.idle)
    assert [film.request.seed for film in choice.films] == [7, 8, 9, 10]
    choice.finish([choice.films[0].run, choice.films[1].run])
    qtbot.waitUntil(lambda: two.session.state is RunState.idle and not two.session.queue.runs)
    assert sum(len(engine.branches) for engine in two.engines.values()) == 2


def test_a_place_that_is_not_wanted_any_more_ends_after_its_run(two: Two, qtbot: QtBot) -> None:
    two.add("a house")
    two.add("a boat")
    both_wait(two, qtbot)
    thread = two.session.pool.runners[1].worker_thread
    del two.places[1]
    two.session.pool.restart()
    assert len(two.session.pool.runners) == 1
    assert thread.isRunning()
    two.let_go_on()
    qtbot.waitUntil(thread.isFinished)
    qtbot.waitUntil(lambda: two.session.state is RunState.idle)
    assert two.engines[PLACES[1]].is_closed
    assert two.session.queue.entries == ()
    two.places.append(PLACES[1])
    two.session.pool.restart()
    two.add("a house", count=2)
    qtbot.waitUntil(lambda: two.session.state is RunState.idle and not two.session.queue.runs)
    assert len(two.seeds(PLACES[1])) == 2


def test_only_the_engine_of_a_place_that_comes_or_goes_begins_or_ends(two: Two, qtbot: QtBot) -> None:
    pool, third = two.session.pool, EnginePlace(PlaceKind.process, "cuda:1")
    two.engines[third] = FakeEngine()
    two.let_go_on()
    two.add("a house", count=4)
    qtbot.waitUntil(lambda: two.session.state is RunState.idle and not two.session.queue.runs)
    first, second = pool.runners
    for places in ([*PLACES, third], [PLACES[0], third]):
        two.places[:] = places
        pool.update_places()
        assert [runner.place for runner in pool.runners] == places
    assert (pool.runners[0], pool.runners[1].number) == (first, 3)
    qtbot.waitUntil(second.worker_thread.isFinished)
    two.add("a boat", count=4)
    qtbot.waitUntil(lambda: two.session.state is RunState.idle and not two.session.queue.runs)
    assert [two.engines[place].is_closed for place in (*PLACES, third)] == [False, True, False]


def test_a_place_that_is_wanted_again_before_its_run_has_ended_stays(two: Two, qtbot: QtBot) -> None:
    two.add("a house", count=2)
    both_wait(two, qtbot)
    runners = two.session.pool.runners
    for places in (PLACES[:1], PLACES):
        two.places[:] = places
        two.session.pool.update_places()
    assert two.session.pool.runners == runners


def test_what_can_be_read_ahead_is_not_what_another_place_makes(two: Two, qtbot: QtBot) -> None:
    two.add("a house")
    two.add("a boat")
    both_wait(two, qtbot)
    runs = two.session.queue.running
    assert [run.operation.title for run in runs] == ["a house", "a boat"]
    assert all(isinstance(run.operation, Generate) and not run.operation.following for run in runs)
