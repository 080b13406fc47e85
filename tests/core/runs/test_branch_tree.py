"""The tree of branches from recipes, honest and hostile ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.recipes.recipe import Parent, Recipe, Stage
from core.runs.branch_tree import BranchTree, branch_tree, family
from tests.pictures import generated_image, with_run

CREATED = datetime(2026, 11, 21, 14, 25, 30, tzinfo=UTC)


def picture(
    run: str, parent: Parent | None = None, *, stage: Stage = "final", step: int = 20, age: int = 0, name: str = ""
) -> tuple[Path, Recipe]:
    image = with_run(generated_image(stage=stage, step=step), run, parent)
    return Path(f"{name or run}.png"), replace(image.recipe, created=CREATED - timedelta(seconds=age))


def built(run: str, *pictures: tuple[Path, Recipe]) -> BranchTree:
    tree = branch_tree(run, pictures)
    assert tree is not None
    return tree


def names(tree: BranchTree) -> list[str]:
    return [run.run for run in tree.runs]


def test_a_run_without_relatives_is_a_tree_of_one() -> None:
    tree = built("a", picture("a"), picture("b"))
    assert names(tree) == ["a"]
    assert tree.runs[0].parent is None
    assert (tree.runs[0].begin, tree.runs[0].end) == (0, 1)


@pytest.mark.parametrize("asked", ["root", "early", "late", "grandchild"])
def test_whoever_is_asked_the_tree_is_the_same_and_tells_who_asked(asked: str) -> None:
    tree = built(
        asked,
        picture("grandchild", Parent("early", 10, "sampler")),
        picture("early", Parent("root", 5, "prompt")),
        picture("late", Parent("root", 15, "guidance scale")),
        picture("root"),
        picture("stranger", Parent("another", 3, "prompt")),
    )
    assert names(tree) == ["root", "late", "early", "grandchild"]
    assert [run.parent for run in tree.runs] == [None, 0, 0, 2]
    assert [run.begin for run in tree.runs] == [0, 0.75, 0.25, 0.5]
    assert tree.runs[tree.current].run == asked


def test_an_edge_tells_step_and_changes() -> None:
    tree = built("b", picture("a"), picture("b", Parent("a", 8, "prompt")))
    assert tree.runs[1].origin == Parent("a", 8, "prompt")


def test_a_deleted_ancestor_stays_as_a_gap_with_all_its_children() -> None:
    tree = built("b", picture("b", Parent("gone", 8, "prompt")), picture("c", Parent("gone", 4, "prompt")))
    assert names(tree) == ["gone", "b", "c"]
    gap = tree.runs[0]
    assert (gap.pictures, gap.recipe, gap.parent) == ((), None, None)


def test_a_deleted_run_still_has_its_children() -> None:
    tree = built("gone", picture("b", Parent("gone", 8, "prompt")))
    assert (names(tree), tree.current) == (["gone", "b"], 0)


def test_nothing_is_known_of_a_strange_run_or_of_none() -> None:
    assert branch_tree("a", [picture("b")]) is None
    assert branch_tree("", [picture("", Parent("", 1, ""))]) is None


def test_the_finished_picture_stands_for_a_run_and_kept_steps_follow() -> None:
    tree = built(
        "a",
        picture("a", stage="denoised", step=4, name="kept-4"),
        picture("a", stage="noisy", step=9, name="kept-9"),
        picture("a", name="finished"),
    )
    (run,) = tree.runs
    assert [path.stem for path in run.pictures] == ["finished", "kept-9", "kept-4"]
    assert run.recipe is not None
    assert run.recipe.stage == "final"


def test_a_run_of_which_only_a_step_was_kept_ends_there() -> None:
    tree = built("a", picture("a", stage="denoised", step=5))
    assert tree.runs[0].end == 0.25


def test_children_that_left_at_the_same_step_stand_in_the_order_of_their_making() -> None:
    tree = built(
        "a",
        picture("a"),
        picture("new", Parent("a", 5, "prompt"), age=1),
        picture("old", Parent("a", 5, "prompt"), age=2),
    )
    assert names(tree) == ["a", "old", "new"]


@pytest.mark.parametrize("asked", ["a", "b", "c"])
def test_parents_in_a_circle_do_no_harm(asked: str) -> None:
    tree = built(
        asked,
        picture("a", Parent("b", 1, "")),
        picture("b", Parent("c", 2, "")),
        picture("c", Parent("a", 3, "")),
    )
    assert sorted(names(tree)) == ["a", "b", "c"]
    assert [run.parent for run in tree.runs] == [None, 0, 1]


def test_a_run_that_is_its_own_parent_has_none() -> None:
    tree = built("a", picture("a", Parent("a", 5, "prompt")))
    assert (names(tree), tree.runs[0].origin, tree.runs[0].begin) == (["a"], None, 0)


def test_a_step_behind_the_end_of_the_parent_counts_as_its_end() -> None:
    tree = built("b", picture("a"), picture("b", Parent("a", 400, "prompt")))
    assert tree.runs[1].begin == 1


def test_a_very_long_line_of_ancestors_is_followed() -> None:
    line = [picture("0")] + [picture(str(n), Parent(str(n - 1), 1, "")) for n in range(1, 5000)]
    assert names(built("4999", *line)) == [str(n) for n in range(5000)]


def test_a_family_is_found_without_recipes() -> None:
    parents = {"b": "a", "c": "a", "d": "b", "x": "y"}
    assert family("d", parents, lambda name: name) == ["a", "b", "d", "c"]
    assert family("lonely", parents) == ["lonely"]
