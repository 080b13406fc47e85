"""Models that only other computers have: where their pictures are made, and what is said where they cannot be."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pytest
from pytestqt.qtbot import QtBot

from app.messages.errors import Message
from app.session.session import Session
from core.models.catalogue import FoundModels
from core.remote.away import ComputerAway, Trouble
from core.request.request import GenerationRequest
from core.runs.events import Advanced, Event, Finished
from core.runs.operations import EncodePicture, Generate
from core.settings.engine_place import EnginePlace, PlaceKind
from tests.app.conftest import MakeSession
from tests.fakes import FakeEngine, FakeModels, model
from tests.patience import LONGEST_S

THERE = replace(model(), key="far", name="Far", computers=("studio-pc",))
HERE, STUDIO, OTHER = EnginePlace(), *(EnginePlace(PlaceKind.ssh, "0", name) for name in ("studio-pc", "other"))


class Models(FakeModels):
    def find_all(self) -> FoundModels:
        return FoundModels((model(),), elsewhere=(THERE,), lacking={"other": frozenset((model().key,))})


Sessions = Callable[..., tuple[Session, dict[EnginePlace, FakeEngine]]]


@pytest.fixture
def begun(make_session: MakeSession) -> Sessions:
    def begin(*places: EnginePlace) -> tuple[Session, dict[EnginePlace, FakeEngine]]:
        engines = {place: FakeEngine() for place in places}
        return make_session(models=Models(), make_engine_at=engines.__getitem__, places=lambda: places), engines

    return begin


def test_a_model_of_another_computer_is_chosen_and_its_pictures_are_made_there(
    begun: Sessions, settle: Callable[[Session], None]
) -> None:
    session, engines = begun(HERE, OTHER, STUDIO)
    session.edit(model="far", prompt="a house", count=4, seed=7)
    assert session.draft.steps == THERE.defaults.steps
    session.generate()
    session.edit(model=model().key)
    session.generate()
    settle(session)
    assert {request.model for request in engines[STUDIO].requests} >= {"far"}
    assert not [one for place in (HERE, OTHER) for one in engines[place].requests if one.model == "far"]
    assert sum(one.model == "far" for one in engines[STUDIO].requests) == 4


def test_a_computer_is_not_asked_for_a_model_that_it_has_told_not_to_have(
    begun: Sessions, settle: Callable[[Session], None]
) -> None:
    session, engines = begun(HERE, OTHER)
    session.edit(model=model().key, prompt="a house", count=4, seed=7)
    session.generate()
    settle(session)
    assert len(engines[HERE].requests) == 4
    assert not engines[OTHER].requests


def test_without_a_place_on_its_computer_the_user_is_told_at_once(begun: Sessions) -> None:
    session, engines = begun(HERE)
    told = list[Message]()
    session.failed.connect(told.append)
    session.edit(model="far")
    session.generate()
    assert "only on studio-pc" in told[0].sentence
    assert not session.queue.entries
    assert not engines[HERE].requests


@pytest.mark.parametrize("times", [1, 4])
def test_a_computer_that_is_away_is_told_and_its_run_waits_for_it_alone(
    begun: Sessions, qtbot: QtBot, times: int
) -> None:
    session, engines = begun(HERE, STUDIO)
    away = ComputerAway("studio-pc", Trouble.no_answer)
    engines[STUDIO].errors[0] = away
    told = list[Message]()
    session.run_failed.connect(told.append)
    for attempt in range(times):
        session.queue.add(Generate(GenerationRequest("a", model="far", steps=3)))
        session.queue.go_on()
        qtbot.waitUntil(lambda count=attempt + 1: len(told) == count and not session.pool.busy)
    assert "does not answer" in told[-1].sentence
    assert "only on studio-pc" in told[-1].sentence
    assert not engines[HERE].requests
    engines[STUDIO].errors.clear()
    session.queue.try_again(session.queue.entries[0].id)
    qtbot.waitUntil(lambda: len(session.queue.entries) == times - 1)


def test_the_model_is_named_with_its_computer_in_the_list(begun: Sessions) -> None:
    from app.controls.table import _models  # pyright: ignore[reportPrivateUsage]

    session, _ = begun(HERE)
    assert [choice.name for choice in _models(session)] == [model().name, "Far (on studio-pc)"]


def test_a_task_goes_to_the_computer_of_its_model_and_begins_anew_where_that_leaves(
    make_session: MakeSession, qtbot: QtBot
) -> None:
    places, may_end = [HERE, STUDIO], threading.Event()
    engines, asked = {place: FakeEngine() for place in places}, list[EnginePlace]()

    def encode(place: EnginePlace, _operation: EncodePicture) -> Iterator[Event]:
        asked.append(place)
        assert place is HERE or may_end.wait(LONGEST_S)
        yield Advanced(1, 2)
        yield Finished(place)

    for place, engine in engines.items():
        engine.answers[EncodePicture] = partial(encode, place)
    session = make_session(models=Models(), make_engine_at=engines.__getitem__, places=lambda: places)
    qtbot.waitUntil(lambda: bool(session.draft_editor.elsewhere))
    answers, operation = list[object](), EncodePicture(GenerationRequest("a", model="far"))
    session.engine_tasks.submit("picture", operation, answers.append)
    qtbot.waitUntil(lambda: asked == [STUDIO])
    places.remove(STUDIO)
    session.pool.update_places()
    may_end.set()
    qtbot.waitUntil(lambda: bool(answers))
    assert answers == [HERE]
    assert asked == [STUDIO, HERE]
