"""Work for the disk is done in order and completely, beside the engine; a slow disk is waited for in the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from functools import partial

import pytest

from app.session.write_thread import MOST_WAITING, WriteThread
from core.errors import EmulsionError
from tests.patience import LONGEST_S


@pytest.fixture
def thread() -> Iterator[WriteThread]:
    one = WriteThread("tests")
    yield one
    one.close()


def fail() -> None:
    raise EmulsionError("the disk is full")


def test_work_is_done_in_order_and_all_of_it_before_the_end(thread: WriteThread) -> None:
    done: list[int] = []
    for number in range(50):
        thread.put(partial(done.append, number))
    thread.close()
    assert done == list(range(50))
    assert not thread.is_busy


def test_who_brings_more_than_may_wait_waits_for_the_disk(thread: WriteThread) -> None:
    hold, brought = threading.Event(), list[int]()

    def bring() -> None:
        for number in range(MOST_WAITING + 2):
            thread.put(partial(hold.wait, LONGEST_S))
            brought.append(number)

    bringing = threading.Thread(target=bring)
    bringing.start()
    deadline = time.monotonic() + LONGEST_S
    while len(brought) < MOST_WAITING and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(0.05)
    assert len(brought) == MOST_WAITING
    assert thread.is_busy
    hold.set()
    bringing.join()
    thread.wait()
    assert not thread.is_busy


def test_an_error_reaches_who_brings_the_next_work_or_waits(thread: WriteThread) -> None:
    thread.put(fail)
    with pytest.raises(EmulsionError):
        thread.wait()
    thread.wait()
    thread.put(fail)
    with pytest.raises(EmulsionError):
        for _ in range(MOST_WAITING + 1):
            thread.put(int)


def test_a_call_gives_its_result_after_what_was_put_before(thread: WriteThread) -> None:
    done: list[int] = []
    thread.put(partial(time.sleep, 0.02))
    thread.put(partial(done.append, 1))
    assert thread.call(lambda: tuple(done)) == (1,)
    with pytest.raises(EmulsionError):
        thread.call(fail)
