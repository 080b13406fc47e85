"""The text of filters, and their removal."""

from __future__ import annotations

from datetime import date

from app.gallery.cell import group_title
from app.gallery.filters import active_filters, cleared, days_back, is_filtered, toggled
from core.gallery.query import Group, Query, Sort

FULL = Query(
    text="house",
    facets=frozenset({("model", "A"), ("model", "B"), ("sampler", "DDIM"), ("size", "8 × 9"), ("loras", "ink")}),
    since=date(2026, 11, 1),
    smallest_rating=3,
    is_favourite=True,
    has_film=False,
    seed=7,
    collection="Best",
    tags=("sea",),
    sort=Sort.rating,
    group=Group.model,
)


def test_each_filter_has_words_and_can_be_taken_away_alone() -> None:
    filters = active_filters(FULL)
    assert [active.words for active in filters] == [
        "A",
        "B",
        "8 × 9",
        "DDIM",
        "LoRA ink",
        "Since 2026-11-01",
        "★★★ or more",
        "Favourites",
        "Without a film",
        "Seed 7",
        "In Best",
        "#sea",
    ]
    assert all(len(active_filters(active.without)) == len(filters) - 1 for active in filters)


def test_clearing_keeps_order_and_groups() -> None:
    assert cleared(FULL) == Query(sort=Sort.rating, group=Group.model)
    assert is_filtered(FULL)
    assert not is_filtered(cleared(FULL))


def test_a_value_chosen_twice_is_taken_away() -> None:
    assert toggled(("A",), "B") == ("A", "B")
    assert toggled(("A", "B"), "A") == ("B",)


def test_seven_days_include_today() -> None:
    assert days_back(7, date(2026, 11, 21)) == date(2026, 11, 15)


def test_days_are_named_as_people_say_them() -> None:
    today = date(2026, 11, 21)
    assert group_title("2026-11-21", today).startswith("Today")
    assert group_title("2026-11-20", today).startswith("Yesterday")
    assert group_title("2026-11-01", today) == "Sunday, 1 November 2026"
    assert group_title("SDXL", today) == "SDXL"
    assert group_title("", today) == "Without a name"
