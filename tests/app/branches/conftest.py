"""Saved runs, and trees of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.pictures.saving import save
from core.recipes.recipe import Parent, Recipe, signed
from core.runs.branch_tree import BranchTree, branch_tree
from tests.pictures import generated_image, with_run

CREATED = datetime(2026, 11, 21, 14, 25, 30, tzinfo=UTC)


def recipe(run: str, parent: Parent | None = None, prompt: str = "a red house", **request: object) -> Recipe:
    return signed(replace(generated_image(prompt, **request).recipe, run=run, parent=parent), CREATED)  # pyright: ignore[reportArgumentType]


def tree_of(current: str, *recipes: Recipe) -> BranchTree:
    tree = branch_tree(current, [(Path(f"{made.run}.png"), made) for made in recipes])
    assert tree is not None
    return tree


SaveRun = Callable[..., Path]


@pytest.fixture
def save_run(tmp_path: Path) -> SaveRun:
    def save_one(run: str, parent: Parent | None = None, prompt: str = "a red house") -> Path:
        return save(with_run(generated_image(prompt), run, parent), tmp_path)

    return save_one
