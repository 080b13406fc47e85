"""The lines in the tree of branches."""

from __future__ import annotations

from app.branches.model import Lanes
from core.recipes.recipe import Parent
from tests.app.branches.conftest import recipe, tree_of


def test_a_run_alone_goes_from_noise_to_picture() -> None:
    lane = Lanes(tree_of("a", recipe("a"))).lane(0)
    assert (lane.begin, lane.end, lane.above, lane.below, lane.through) == (0, 1, None, (), ())


def test_a_branch_comes_down_where_it_left() -> None:
    lanes = Lanes(tree_of("a", recipe("a"), recipe("b", Parent("a", 5, "prompt"))))
    assert lanes.lane(0).below == (0.25,)
    assert (lanes.lane(1).above, lanes.lane(1).begin, lanes.lane(1).end) == (0.25, 0.25, 1)


def test_lines_of_branches_that_left_earlier_pass_through_the_rows_above_them() -> None:
    lanes = Lanes(
        tree_of(
            "a",
            recipe("a"),
            recipe("late", Parent("a", 15, "prompt")),
            recipe("of late", Parent("late", 18, "prompt")),
            recipe("early", Parent("a", 5, "prompt")),
        )
    )
    assert lanes.lane(0).below == (0.25, 0.75)
    assert [lanes.lane(row).through for row in range(4)] == [(), (0.25,), (0.25,), ()]


def test_a_branch_before_the_parents_own_steps_shows_the_steps_that_were_taken_over() -> None:
    lanes = Lanes(tree_of("a", recipe("a"), recipe("b", Parent("a", 10, "")), recipe("c", Parent("b", 4, ""))))
    assert (lanes.lane(1).taken_from, lanes.lane(1).begin) == (0.2, 0.5)
    assert lanes.lane(2).taken_from == lanes.lane(2).begin == 0.2


def test_the_way_of_the_shown_run_goes_through_its_ancestors() -> None:
    made = (
        recipe("a"),
        recipe("late", Parent("a", 15, "")),
        recipe("early", Parent("a", 5, "")),
        recipe("of early", Parent("early", 10, "")),
    )
    lanes = [Lanes(tree_of("of early", *made)).lane(row) for row in range(4)]
    assert [lane.way for lane in lanes] == [0.25, None, 0.5, 1]
    assert [lane.way_through for lane in lanes] == [None, 0.25, None, None]
    assert [Lanes(tree_of("a", *made)).lane(row).way for row in range(4)] == [1, None, None, None]
