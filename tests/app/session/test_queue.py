"""The waiting requests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.session.queue import RunQueue
from app.session.run import Ending
from core.request.request import LARGEST_SEED, GenerationRequest
from core.runs.operations import Generate, Operation


@pytest.fixture
def queue() -> RunQueue:
    """Three requests: *one*, *two* for three pictures, and *three*."""
    queue = RunQueue()
    for prompt, count in (("one", 1), ("two", 3), ("three", 1)):
        queue.add(Generate(GenerationRequest(prompt, count=count)))
    return queue


def titles(queue: RunQueue) -> list[str]:
    return [run.operation.title for run in queue.entries]


def begin(queue: RunQueue) -> GenerationRequest | None:
    run = queue.take(is_paused=False)
    return run.operation.made if run is not None else None


def all_that_begin(queue: RunQueue) -> list[GenerationRequest]:
    begun: list[GenerationRequest] = []
    while (request := begin(queue)) is not None:
        begun.append(request)
        queue.end(queue.running[0], Ending.finished)
    return begun


def test_pictures_begin_in_the_order_they_came_one_at_a_time(queue: RunQueue) -> None:
    begun = all_that_begin(queue)
    assert [request.prompt for request in begun] == ["one", "two", "two", "two", "three"]
    assert {request.count for request in begun} == {1}
    assert begun[0].seed is None  # the engine chooses it
    seeds = [request.seed or 0 for request in begun[1:4]]
    assert seeds == [seeds[0], seeds[0] + 1, seeds[0] + 2]
    assert queue.entries == ()


def test_each_picture_knows_the_requests_that_come_after_it(queue: RunQueue) -> None:
    known: list[list[str]] = []
    while (run := queue.take(is_paused=False)) is not None:
        assert isinstance(run.operation, Generate)
        known.append([request.prompt for request in run.operation.following])
        queue.end(queue.running[0], Ending.finished)
    assert known == [["two"] * 3 + ["three"], ["two"] * 2 + ["three"], ["two", "three"], ["three"], []]


def test_a_picture_that_ends_is_told_where_the_requests_stay_as_they_are(queue: RunQueue) -> None:
    begin(queue)
    begin(queue)
    queue.hold()
    told: list[int] = []
    queue.changed.connect(lambda: told.append(len(queue.running)))
    queue.end(queue.running[1], Ending.cancelled)  # the first of three
    assert told == [1]


def test_seeds_go_round_at_the_largest() -> None:
    queue = RunQueue()
    queue.add(Generate(GenerationRequest("one", seed=LARGEST_SEED, count=2)))
    assert [request.seed for request in all_that_begin(queue)] == [LARGEST_SEED, 0]


def test_an_id_is_not_used_twice(queue: RunQueue) -> None:
    ids = [run.id for run in queue.entries]
    queue.clear()
    assert queue.add(Generate(GenerationRequest("four"))).id not in ids


def test_removing_leaves_the_others(queue: RunQueue) -> None:
    run = queue.entries[1]
    queue.remove(run.id)
    queue.remove(run.id)
    assert titles(queue) == ["one", "three"]


def test_a_picture_in_progress_is_not_removed_but_those_after_it_are(queue: RunQueue) -> None:
    queue.remove(queue.entries[0].id)
    begin(queue)
    queue.clear()
    assert [(run.operation.title, run.left) for run in queue.entries] == [("two", 0)]
    queue.end(queue.running[0], Ending.finished)
    assert queue.entries == ()


def test_a_request_is_moved_before_another_or_to_the_end(queue: RunQueue) -> None:
    one, two, three = queue.entries
    queue.move(three.id, one.id)
    assert titles(queue) == ["three", "one", "two"]
    queue.move(three.id, None)
    queue.move(one.id, one.id)
    assert titles(queue) == ["one", "two", "three"]
    queue.move(two.id, three.id)
    assert titles(queue) == ["one", "two", "three"]


def test_a_duplicate_stands_behind_it_and_draws_other_seeds(queue: RunQueue) -> None:
    two = queue.entries[1]
    queue.duplicate(two.id)
    assert titles(queue) == ["one", "two", "two", "three"]
    assert queue.entries[2].first_seed != two.first_seed
    fixed = queue.add(Generate(GenerationRequest("four", seed=9, count=2)))
    queue.duplicate(fixed.id)
    assert queue.entries[-1].first_seed == 9


def test_what_is_duplicated_on_hold_stays_on_hold(queue: RunQueue) -> None:
    begin(queue)
    queue.hold()
    queue.end(queue.running[0], Ending.cancelled)
    queue.duplicate(queue.entries[0].id)
    assert begin(queue) is None


def test_the_rest_of_a_request_can_be_edited(queue: RunQueue) -> None:
    queue.move(queue.entries[1].id, queue.entries[0].id)
    begin(queue)
    rest = queue.entries[0].unbegun
    assert isinstance(rest, Generate)
    assert (rest.request.count, rest.request.seed) == (2, None)
    fixed = queue.add(Generate(GenerationRequest("four", seed=9, count=5)))
    rest = replace(fixed, begun=2).unbegun
    assert isinstance(rest, Generate)
    assert (rest.request.count, rest.request.seed) == (3, 11)


def test_an_edited_rest_with_gaps_makes_the_missing_pictures_until_other_ones_are_asked_for() -> None:
    queue, edited = RunQueue(), list[GenerationRequest]()
    run = queue.add(Generate(GenerationRequest("four", seed=9, count=4)))
    queue.take_back((replace(run, begun=4, passed=(1, 3)),))
    queue.remove(run.id)
    queue.edit(queue.entries[0].id, edited.append)
    assert queue.entries == ()
    assert (edited[0].seed, edited[0].count) == (10, 2)
    other = replace(edited[0], prompt="another")
    queue.follow_draft(other)
    rest = queue.add(Generate(other))
    made = [(work.made.prompt, work.made.seed) for work in map(rest.work, rest.numbers) if work.made is not None]
    assert made == [("another", 10), ("another", 12)]
    assert (rest.left, rest.count) == (2, 4)
    queue.follow_draft(replace(other, seed=3))
    assert queue.add(Generate(other)).numbers == (0, 1)


def test_a_failed_picture_leaves_its_request_and_has_the_same_seed_at_the_next_try(queue: RunQueue) -> None:
    queue.remove(queue.entries[0].id)
    begun = begin(queue)
    queue.end(queue.running[0], Ending.failed, "Not enough memory")
    assert [(run.problem, run.left) for run in queue.entries] == [("Not enough memory", 1), ("", 2), ("", 1)]
    queue.try_again(queue.entries[0].id)
    assert begin(queue) == begun


def test_only_pictures_that_come_by_themselves_are_on_the_way() -> None:
    queue = RunQueue()
    queue.add(Generate(GenerationRequest("one", count=4)), hold_after=3)
    assert queue.coming == 4
    begin(queue)
    assert queue.coming == 4
    queue.end(queue.running[0], Ending.held)
    assert queue.coming == 3
    begin(queue)
    queue.hold()
    queue.end(queue.running[0], Ending.cancelled)
    assert queue.coming == 0


def test_all_pictures_of_a_request_are_of_one_batch_and_those_of_its_duplicate_of_another() -> None:
    queue = RunQueue()
    several = queue.add(Generate(GenerationRequest("two", count=3)))
    queue.duplicate(several.id)
    queue.add(Generate(GenerationRequest("one")))
    first, again, alone = (batch_of(entry.work(0)) for entry in queue.entries)
    assert first
    assert again not in ("", first)
    assert alone == ""
    assert batch_of(several.work(2)) == batch_of(several.unbegun) == first


def batch_of(operation: Operation[Any]) -> str:
    assert isinstance(operation, Generate)
    return operation.batch
