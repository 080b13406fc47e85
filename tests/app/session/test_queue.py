"""The waiting requests."""

from __future__ import annotations

from app.session.queue import RunQueue
from core.request.request import GenerationRequest
from core.runs.operations import Generate


def test_runs_leave_in_the_order_they_came():
    queue = RunQueue()
    for prompt in ("one", "two"):
        queue.add(Generate(GenerationRequest(prompt)))
    taken = [queue.take(), queue.take()]
    assert [run.operation.title for run in taken if run] == ["one", "two"]
    assert queue.take() is None


def test_an_id_is_not_used_twice():
    queue = RunQueue()
    first = queue.add(Generate(GenerationRequest("one")))
    queue.clear()
    assert queue.add(Generate(GenerationRequest("two"))).id != first.id


def test_removing_leaves_the_others():
    queue = RunQueue()
    runs = [queue.add(Generate(GenerationRequest(prompt))) for prompt in ("one", "two", "three")]
    queue.remove(runs[1].id)
    queue.remove(runs[1].id)
    assert [run.operation.title for run in queue.runs] == ["one", "three"]
