from __future__ import annotations

from datetime import datetime

from core.pictures.saving import save_as
from core.recipes.recipe import Parent
from tests.core.gallery.conftest import Library
from tests.pictures import generated_image, with_run


def add(library: Library, name: str, run: str, parent: Parent | None = None) -> None:
    image = with_run(generated_image(), run, parent)
    save_as(image, library.pictures / f"{name}.png", datetime.fromtimestamp(1_795_000_000).astimezone())


def tree(library: Library, name: str) -> list[tuple[str, int, int]]:
    picture = library.finder.picture_at(library.pictures / f"{name}.png")
    assert picture is not None
    return [(run.run, run.depth, len(run.pictures)) for run in library.finder.tree_of(picture.id)]


def test_a_picture_knows_the_whole_tree_of_its_branches(library: Library) -> None:
    add(library, "trunk", "r0")
    add(library, "trunk-kept", "r0")
    add(library, "late", "r2", Parent("r0", 15, "prompt"))
    add(library, "early", "r1", Parent("r0", 5, "guidance scale"))
    add(library, "twig", "r3", Parent("r1", 8, ""))
    add(library, "alone", "r9")
    library.scan()
    whole = [("r0", 0, 2), ("r1", 1, 1), ("r3", 2, 1), ("r2", 1, 1)]
    assert [tree(library, name) for name in ("trunk", "early", "twig", "late")] == [whole] * 4
    assert tree(library, "alone") == [("r9", 0, 1)]
    picture = library.finder.picture_at(library.pictures / "early.png")
    assert picture is not None
    (early,) = [run for run in library.finder.tree_of(picture.id) if run.run == "r1"]
    assert (early.parent, early.step, early.changes, early.pictures) == ("r0", 5, "guidance scale", (picture.id,))


def test_a_run_whose_pictures_are_gone_still_holds_its_branches_together(library: Library) -> None:
    add(library, "a", "r1", Parent("gone", 5, ""))
    add(library, "b", "r2", Parent("gone", 6, ""))
    library.scan()
    assert tree(library, "a") == [("gone", 0, 0), ("r1", 1, 1), ("r2", 1, 1)]


def test_circles_of_hostile_recipes_are_cut(library: Library) -> None:
    add(library, "a", "r1", Parent("r2", 5, ""))
    add(library, "b", "r2", Parent("r1", 5, ""))
    add(library, "c", "r3", Parent("r3", 5, ""))
    library.scan()
    assert sorted(tree(library, "a")) == [("r1", 1, 1), ("r2", 0, 1)]
    assert tree(library, "c") == [("r3", 0, 1)]


def test_a_picture_without_a_run_has_no_tree(library: Library) -> None:
    add(library, "a", "")
    add(library, "b", "")
    library.scan()
    assert tree(library, "a") == []
