"""The text beside runs."""

from __future__ import annotations

from dataclasses import replace

from app.branches.model import description, detail, heading
from core.recipes.recipe import Parent
from tests.app.branches.conftest import recipe, tree_of


def test_the_first_run_is_told_by_its_prompt_and_settings() -> None:
    tree = tree_of("a", recipe("a", prompt="a red\nhouse"))
    assert heading(tree.runs[0]) == "a red house"
    assert detail(tree, tree.runs[0]) == "20 steps · DDIM · seed 7"


def test_a_branch_is_told_by_its_step_counted_from_one_and_what_was_changed() -> None:
    changed = recipe("b", Parent("a", 8, "prompt, guidance scale"), "a blue house", guidance_scale=7.0)
    tree = tree_of("a", recipe("a"), changed)
    assert heading(tree.runs[1]) == "from step 9 · prompt, guidance scale"
    assert detail(tree, tree.runs[1]) == "“red” → “blue” · guidance scale 4 → 7"


def test_where_no_setting_differs_the_prompt_is_told() -> None:
    tree = tree_of("a", recipe("a"), recipe("b", Parent("a", 8, "fresh noise")))
    assert heading(tree.runs[1]) == "from step 9 · fresh noise"
    assert detail(tree, tree.runs[1]) == "a red house"


def test_a_gap_says_so_and_its_branches_tell_their_prompts() -> None:
    tree = tree_of("b", recipe("b", Parent("a", 8, "prompt"), "a blue house"))
    assert heading(tree.runs[0]) == "No longer here"
    assert detail(tree, tree.runs[1]) == "a blue house"


def test_a_kept_step_is_told() -> None:
    kept = replace(recipe("a"), stage="denoised", step=5)
    tree = tree_of("a", kept)
    assert detail(tree, tree.runs[0]).endswith("kept at step 5 of 20")


def test_the_description_counts_the_branches_and_says_what_is_shown() -> None:
    tree = tree_of("a", recipe("a"), recipe("b", Parent("a", 8, "")), recipe("c", Parent("a", 8, "")))
    assert "2 branches leave it" in description(tree, 0)
    assert "This is the run that is shown" in description(tree, 0)
    assert "This is the run that is shown" not in description(tree, 1)
