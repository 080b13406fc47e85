from __future__ import annotations

import gc

import pytest

from app.startup.garbage_collection import kept_for_good
from app.startup.garbage_collector import collect_due


class Cycle:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _thaw() -> object:
    gc.enable()
    yield
    gc.disable()
    gc.unfreeze()
    gc.collect()


def test_what_is_made_inside_is_not_searched() -> None:
    with kept_for_good():
        kept = Cycle()
    assert not any(found is kept for found in gc.get_objects())
    assert gc.isenabled()


def test_what_is_made_afterwards_is() -> None:
    with kept_for_good():
        pass
    later = Cycle()
    assert any(found is later for found in gc.get_objects())


def test_an_error_leaves_the_search_on() -> None:
    with pytest.raises(ValueError, match="no"), kept_for_good():
        raise ValueError("no")
    assert gc.isenabled()


@pytest.mark.parametrize("when", ["before", "inside"])
def test_a_search_that_was_turned_off_stays_off(when: str) -> None:
    if when == "before":
        gc.disable()
    with kept_for_good():
        gc.disable()
    assert not gc.isenabled()


def test_nothing_is_searched_meanwhile() -> None:
    collected = gc.get_stats()[0]["collections"]
    with kept_for_good():
        made = [Cycle() for _ in range(10 * gc.get_threshold()[0] + 5000)]
        collect_due()
        assert gc.get_stats()[0]["collections"] == collected
    del made
    assert gc.get_threshold()[0] > 0
