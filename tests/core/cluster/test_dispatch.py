from __future__ import annotations

import random
from collections import Counter

import pytest

from core.cluster.dispatch import MOST_LOSSES, Dispatch, Job
from core.errors import EngineEnded, ModelMissing
from core.request.request import GenerationRequest
from core.runs.operations import Generate

OPERATION = Generate(GenerationRequest("a house"))
PLACES = ("one", "two", "three")


def jobs(models: str) -> list[Job]:
    """Returns a job for each letter, which is its model."""
    return [Job(number, model, OPERATION) for number, model in enumerate(models)]


def dispatch_of(models: str, places: tuple[str, ...] = PLACES) -> Dispatch:
    dispatch = Dispatch(jobs(models), places)
    for place in places:
        dispatch.join(place)
    return dispatch


def taken(dispatch: Dispatch) -> dict[str, Job]:
    return dict(iter(dispatch.take, None))


def make(dispatch: Dispatch, place: str) -> None:
    assert dispatch.made(place)
    dispatch.finish(place)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("models", ["a" * 30, "a" * 20 + "b" * 20, "ab" * 20, "a" * 25 + "bc" + "d" * 9])
def test_each_picture_is_made_once_and_each_place_loads_each_model_once(models: str, seed: int) -> None:
    dice, dispatch = random.Random(seed), dispatch_of(models)
    made, loaded, busy = list[int](), list[tuple[str, str]](), dict[str, Job]()
    held: dict[str, str] = dict.fromkeys(PLACES, "")
    while dispatch.unmade:
        for place, job in taken(dispatch).items():
            busy[place] = job
            if held[place] != job.model:
                loaded.append((place, job.model))
                held[place] = job.model
        place = dice.choice(sorted(busy))
        made.append(busy.pop(place).number)
        make(dispatch, place)
    assert sorted(made) == [*range(len(models))]
    assert max(Counter(loaded).values()) == 1


@pytest.mark.parametrize("seed", range(20))
def test_lost_places_give_no_double_and_no_hole(seed: int) -> None:
    dice, dispatch = random.Random(seed), dispatch_of("ab" * 20)
    made, busy, losses = list[int](), dict[str, Job](), Counter[int]()
    while dispatch.unmade:
        busy.update(taken(dispatch))
        place = dice.choice(sorted(busy))
        job = busy.pop(place)
        if dice.random() < 0.3 and losses[job.number] < MOST_LOSSES - 1:
            if is_there := dice.random() < 0.5:  # it is lost between its picture and its end
                made.append(job.number)
                assert dispatch.made(place)
            losses[job.number] += not is_there
            dispatch.lose(place, EngineEnded())
            dispatch.join(place)
        else:
            made.append(job.number)
            make(dispatch, place)
    assert sorted(made) == [*range(40)]


def test_a_free_place_goes_on_with_its_model_and_others_share_the_models() -> None:
    dispatch = dispatch_of("aaabbb", ("one", "two"))
    assert {place: job.model for place, job in taken(dispatch).items()} == {"one": "a", "two": "b"}
    make(dispatch, "two")
    assert taken(dispatch)["two"].number == 4


def test_the_least_recently_used_place_gets_a_model_that_none_has() -> None:
    dispatch = dispatch_of("abcd")
    taken(dispatch)
    for place in ("two", "one"):
        make(dispatch, place)
    assert {place: job.model for place, job in taken(dispatch).items()} == {"two": "d"}


def test_two_pictures_of_a_model_that_none_has_are_made_at_once() -> None:
    assert [*taken(dispatch_of("aa", ("one", "two")))] == ["one", "two"]


def test_a_model_whose_only_place_is_lost_goes_to_another_one() -> None:
    dispatch = dispatch_of("ab", ("one", "two"))
    taken(dispatch)
    make(dispatch, "two")
    dispatch.lose("one", EngineEnded())
    assert taken(dispatch)["two"].number == 0


def test_a_job_that_fails_goes_to_other_places_and_its_model_with_it() -> None:
    dispatch = dispatch_of("aa", ("one", "two"))
    taken(dispatch)
    dispatch.refuse("one", ModelMissing("a"))
    assert not taken(dispatch)
    make(dispatch, "two")
    assert [*taken(dispatch)] == ["two"]
    make(dispatch, "two")
    assert not dispatch.unmade


def test_a_job_that_fails_everywhere_raises_its_error() -> None:
    dispatch = dispatch_of("a", ("one", "two"))
    for place in ("one", "two"):
        assert place in taken(dispatch)
        if place == "one":
            dispatch.refuse(place, ModelMissing("a"))
    with pytest.raises(ModelMissing):
        dispatch.refuse("two", ModelMissing("a"))


def test_a_picture_that_costs_every_engine_is_given_up() -> None:
    dispatch = dispatch_of("a", ("one",))
    for _ in range(MOST_LOSSES - 1):
        taken(dispatch)
        dispatch.lose("one", EngineEnded("signal 9"))
        dispatch.join("one")
    taken(dispatch)
    with pytest.raises(EngineEnded):
        dispatch.lose("one", EngineEnded("signal 9"))


def test_the_last_place_that_leaves_tells_why() -> None:
    dispatch = Dispatch(jobs("aa"), ("one", "two"))
    dispatch.leave("one", EngineEnded("it did not answer"))
    with pytest.raises(EngineEnded):
        dispatch.leave("two", EngineEnded("it did not answer"))
