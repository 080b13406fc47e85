"""The pictures of a request that have not begun, also where they are made out of turn."""

from __future__ import annotations

from core.request.request import GenerationRequest
from core.runs.operations import Generate
from core.runs.queued import QueuedRun

RUN = QueuedRun(1, Generate(GenerationRequest("a house", seed=7, count=5)), 5, first_seed=7)


def test_pictures_begin_in_any_order_and_none_twice() -> None:
    run = RUN.with_begun(2)
    assert (run.numbers, run.left) == ((0, 1, 3, 4), 4)
    run = run.with_begun(0).with_begun(3)
    assert run.numbers == (1, 4)
    assert [request.seed for request in run.requests] == [8, 11]
    assert run.with_begun(1).with_begun(4).left == 0


def test_what_is_to_be_made_again_comes_first() -> None:
    run = RUN.with_begun(0).with_begun(1).with_begun(2)
    assert run.with_back(2) == RUN.with_begun(0).with_begun(1)
    again = run.with_back(0, 2)
    assert (again.begun, again.passed, again.numbers) == (2, (0,), (0, 2, 3, 4))
    assert run.with_back(0, 1, 2) == RUN
