from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from app.serve import jobs as queue
from app.serve.door import Door
from app.serve.jobs import Jobs, Made, Noted, Told
from app.serve.refusal import Refusal
from core.errors import OutOfMemory, SaveFailed
from core.pictures.picture import GeneratedImage
from core.request.request import GenerationRequest
from tests.app.serve.conftest import Caller, door_at
from tests.fakes import FakeEngine
from tests.patience import LONGEST_S


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def jobs(engine: FakeEngine) -> Iterator[Jobs]:
    made = Jobs(lambda: engine)
    yield made
    for hold in engine.holds.values():
        hold.set()
    made.close()
    assert engine.is_closed or not engine.requests


def some(*prompts: str) -> tuple[GenerationRequest, ...]:
    return tuple(GenerationRequest(prompt, steps=3, seed=1) for prompt in prompts)


async def told_of(jobs: Jobs, *prompts: str, partials: int = 0) -> list[Told]:
    async with aclosing(jobs.follow(some(*prompts), partials)) as told:
        return [one async for one in told]


async def until(condition: threading.Event) -> None:
    assert await asyncio.to_thread(condition.wait, LONGEST_S)


def test_requests_are_carried_out_in_their_order_in_one_thread(jobs: Jobs, engine: FakeEngine) -> None:
    async def all_of() -> None:
        await asyncio.gather(*(told_of(jobs, name) for name in "abc"))

    asyncio.run(all_of())
    assert [request.prompt for request in engine.requests] == ["a", "b", "c"]
    assert len(engine.thread_ids) == 1


def test_who_leaves_while_waiting_is_forgotten_and_who_leaves_in_a_run_ends_it(
    jobs: Jobs, engine: FakeEngine
) -> None:
    engine.holds[1] = threading.Event()

    async def leave() -> None:
        first, second, third = (asyncio.ensure_future(told_of(jobs, name)) for name in "abc")
        await until(engine.arrived)
        assert jobs.waiting == 2
        for task in (second, first):
            task.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
        assert jobs.waiting == 1
        engine.holds[1].set()
        assert [type(one) for one in await third] == [Made]

    asyncio.run(leave())
    assert [request.prompt for request in engine.requests] == ["a", "c"]
    assert engine.closed_runs == 1


def test_a_run_that_is_interrupted_gives_what_it_has(jobs: Jobs, engine: FakeEngine) -> None:
    engine.holds[1] = threading.Event()

    async def interrupt() -> list[Told]:
        task = asyncio.ensure_future(told_of(jobs, "a", "b"))
        await until(engine.arrived)
        jobs.interrupt()
        engine.holds[1].set()
        return await task

    (made,) = asyncio.run(interrupt())
    assert isinstance(made, Made)
    assert not made.is_whole
    assert [request.prompt for request in engine.requests] == ["a"]


def test_a_picture_that_is_skipped_is_followed_by_the_next(jobs: Jobs, engine: FakeEngine) -> None:
    engine.holds[1] = threading.Event()

    async def skip() -> list[Told]:
        task = asyncio.ensure_future(told_of(jobs, "a", "b"))
        await until(engine.arrived)
        jobs.skip()
        engine.holds.pop(1).set()
        return await task

    told = asyncio.run(skip())
    assert [one.is_whole for one in told if isinstance(one, Made)] == [False, True]


def test_a_failure_is_told_and_the_next_request_goes_on(jobs: Jobs, engine: FakeEngine) -> None:
    engine.errors[1] = OutOfMemory("cpu", 2, 1)
    with pytest.raises(OutOfMemory):
        asyncio.run(told_of(jobs, "a"))
    engine.errors.clear()
    assert [type(one) for one in asyncio.run(told_of(jobs, "b"))] == [Made]


def test_too_many_that_wait_are_refused(jobs: Jobs, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "MOST_WAITING", 2)
    engine.holds[1] = threading.Event()

    async def crowd() -> None:
        tasks = [asyncio.ensure_future(told_of(jobs, "a"))]
        await until(engine.arrived)
        tasks += [asyncio.ensure_future(told_of(jobs, name)) for name in "bc"]
        await asyncio.sleep(0)
        with pytest.raises(Refusal, match="waiting") as refused:
            await told_of(jobs, "d")
        assert refused.value.status == 429
        engine.holds[1].set()
        await asyncio.gather(*tasks)

    asyncio.run(crowd())


def test_the_end_of_the_program_is_told_to_all(jobs: Jobs, engine: FakeEngine) -> None:
    engine.holds[1] = threading.Event()

    async def close() -> list[list[Told] | BaseException]:
        tasks = [asyncio.ensure_future(told_of(jobs, name)) for name in "ab"]
        await until(engine.arrived)
        closing = asyncio.ensure_future(asyncio.to_thread(jobs.close))
        answers = [*await asyncio.gather(*tasks, return_exceptions=True)]
        engine.holds[1].set()
        await closing
        return answers

    assert [type(one) for one in asyncio.run(close())] == [Refusal, Refusal]
    with pytest.raises(Refusal):
        asyncio.run(told_of(jobs, "c"))


def test_a_picture_that_cannot_be_saved_is_given_all_the_same(
    engine: FakeEngine, tmp_path: Path, expected_warnings: list[str]
) -> None:
    def save(_image: GeneratedImage) -> Path:
        raise SaveFailed(tmp_path, "No space left on device")

    expected_warnings.append("is not kept")
    full = Jobs(lambda: engine, save)
    try:
        assert [type(one) for one in asyncio.run(told_of(full, "a"))] == [Noted, Made]
    finally:
        full.close()


@pytest.fixture
def door(tmp_path: Path, models: Path, engine: FakeEngine) -> Iterator[Door]:
    made = door_at(tmp_path, models, lambda _catalogue: engine)
    yield made
    made.jobs.close()


def test_progress_and_interruption_by_their_addresses(door: Door, engine: FakeEngine) -> None:
    engine.holds[2] = threading.Event()

    async def watch() -> None:
        async with Caller(door).client() as client:
            idle = (await client.get("/sdapi/v1/progress")).json()
            assert (idle["progress"], idle["state"]["job_count"], idle["current_image"]) == (0.0, 0, None)
            asked = {"prompt": "a", "steps": 4, "n_iter": 2}
            running = asyncio.ensure_future(client.post("/sdapi/v1/txt2img", json=asked))
            await until(engine.arrived)
            while not (told := (await client.get("/sdapi/v1/progress")).json())["current_image"]:
                await asyncio.sleep(0.01)
            assert 0 < told["progress"] < 0.5
            assert (told["state"]["sampling_steps"], told["state"]["job_count"]) == (4, 2)
            hidden = await client.get("/sdapi/v1/progress", params={"skip_current_image": "true"})
            assert hidden.json()["current_image"] is None
            assert (await client.post("/sdapi/v1/interrupt")).json() == {}
            engine.holds[2].set()
            assert len((await running).json()["images"]) == 1

    asyncio.run(watch())


def test_a_client_that_leaves_ends_its_run(door: Door, engine: FakeEngine) -> None:
    engine.holds[1] = threading.Event()

    async def leave() -> None:
        async with Caller(door).client() as client:
            running = asyncio.ensure_future(client.post("/v1/images/generations", json={"prompt": "a"}))
            await until(engine.arrived)
            job = door.jobs.current
            assert job is not None
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            assert job.has_left
            engine.holds[1].set()

    asyncio.run(leave())
    assert [*door.folder.iterdir()] == []
