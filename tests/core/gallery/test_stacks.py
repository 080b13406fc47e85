from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from core.gallery.finder import Finder
from core.gallery.marks import MarkChange
from core.gallery.query import Group, Query, Sort
from core.grid.folder import SHEET
from core.grid.planning import plan
from core.grid.sheet import Sheet
from core.pictures.picture import GeneratedImage
from core.pictures.saving import save_as
from core.recipes.recipe import Parent, Recipe
from core.request.request import GenerationRequest, Size
from tests.core.gallery.conftest import Library
from tests.pictures import generated_image

MINUTE = 60
DAY = 24 * 60
STACKS = Query(stacks=True)


def stacks(library: Library, query: Query = STACKS) -> list[str]:
    """Returns the stacks in order, each as the stems of its pictures from the cover on."""
    answer = library.finder.find(query)
    names = [picture.path.stem for picture in library.finder.pictures(answer.ids)]
    assert answer.heads is not None
    assert (answer.heads[1:] >= answer.heads[:-1]).all()
    joined: dict[int, str] = {}
    for head, name in zip(answer.heads.tolist(), names, strict=True):
        joined[head] = joined.get(head, "") + name
    return list(joined.values())


def add(library: Library, name: str, minute: float, change: Callable[[Recipe], Recipe], **request: object) -> None:
    image = generated_image(**request)  # pyright: ignore[reportArgumentType]
    path = library.pictures / f"{name}.png"
    recipe = change(replace(image.recipe, run="", parent=None))
    moment = datetime.fromtimestamp(1_795_000_000 + MINUTE * minute).astimezone()
    save_as(GeneratedImage(image.pixels, recipe), path, moment)


@pytest.fixture
def mixed(library: Library) -> Library:
    """Two of a batch (a, b); b with a branch (c) and a kept step (d); e of an unknown parent, with f; g alone."""
    branch = Parent("b", 3, "prompt")
    add(library, "a", 0, lambda recipe: replace(recipe, run="a", batch="one"), seed=9)
    add(library, "b", 1, lambda recipe: replace(recipe, run="b", batch="one"), seed=77, prompt="a boat")
    add(library, "c", DAY, lambda recipe: replace(recipe, run="c", parent=branch), seed=5, prompt="a sea")
    add(library, "d", 2, lambda recipe: replace(recipe, run="b", stage="denoised", step=2), seed=77)
    for minute, name in enumerate("ef", start=4):
        lost = Parent("gone", 3, "prompt")
        add(library, name, minute, lambda recipe, name=name, lost=lost: replace(recipe, run=name, parent=lost))
    add(library, "g", 6, lambda recipe: replace(recipe, run="g"), seed=1)
    library.scan()
    return library


def test_pictures_of_a_request_and_of_a_tree_of_branches_are_one_stack(mixed: Library) -> None:
    assert stacks(mixed) == ["cdba", "g", "fe"]
    assert stacks(mixed, replace(STACKS, sort=Sort.oldest)) == ["abdc", "ef", "g"]
    assert mixed.finder.find(Query()).heads is None


def test_a_filter_leaves_the_part_of_a_stack_that_passes(mixed: Library) -> None:
    assert stacks(mixed, replace(STACKS, text="boat")) == ["b"]
    assert stacks(mixed, replace(STACKS, until=datetime.fromtimestamp(1_795_000_000).date())) == ["g", "fe", "bda"]


def test_the_cover_is_the_favourite_or_the_best_rated(mixed: Library) -> None:
    paths = {picture.path.stem: picture.id for picture in mixed.finder.pictures(mixed.finder.find(Query()).ids)}
    mixed.gallery.mark([paths["b"]], MarkChange(rating=3))
    assert stacks(mixed) == ["bcda", "g", "fe"]
    mixed.gallery.mark([paths["a"]], MarkChange(is_favourite=True))
    assert stacks(mixed) == ["acdb", "g", "fe"]


def test_a_stack_lies_in_the_day_of_its_first_picture_and_in_each_of_its_collections(mixed: Library) -> None:
    days = mixed.finder.find(replace(STACKS, group=Group.day)).sections
    assert [(section.start, section.count) for section in days] == [(0, 4), (4, 3)]
    paths = {picture.path.stem: picture.id for picture in mixed.finder.pictures(mixed.finder.find(Query()).ids)}
    mixed.gallery.mark([paths["a"], paths["b"]], MarkChange(add_collections=("sea",)))
    mixed.gallery.mark([paths["b"]], MarkChange(add_collections=("boats",)))
    answer = mixed.finder.find(replace(STACKS, group=Group.collection))
    assert [(section.title, section.count) for section in answer.sections] == [("boats", 1), ("sea", 2), ("", 5)]
    assert stacks(mixed, replace(STACKS, group=Group.collection)) == ["b", "ba", "cd", "g", "fe"]


def test_deleting_the_picture_that_links_others_leaves_what_a_new_index_would_find(mixed: Library) -> None:
    (mixed.pictures / "b.png").unlink()
    (mixed.pictures / "d.png").unlink()
    mixed.scan()
    before = stacks(mixed)
    list(mixed.gallery.rebuild())
    assert before == stacks(mixed) == ["c", "g", "fe", "a"]


@pytest.mark.parametrize(
    ("seeds", "minutes", "expected"),
    [
        ((7, 8, 9), (0, 1, 2), ["cba"]),
        ((7, 9, 9), (0, 1, 2), ["cba"]),  # one was deleted, one made again
        ((2**64 - 2, 2**64 - 1, 0), (0, 1, 2), ["cba"]),
        ((7, 8, 9), (0, 1, 200), ["c", "ba"]),
        ((9, 8, 7), (0, 1, 2), ["c", "b", "a"]),
        ((7, 500, 9), (0, 1, 2), ["c", "b", "a"]),
    ],
)
def test_recipes_without_a_batch_are_of_one_request_by_seeds_and_times(
    library: Library, seeds: tuple[int, ...], minutes: tuple[int, ...], expected: list[str]
) -> None:
    for name, seed, minute in zip("abc", seeds, minutes, strict=True):
        add(library, name, minute, lambda recipe: recipe, seed=seed)
    library.scan()
    assert stacks(library) == expected


def test_other_settings_are_another_request_and_drawn_prompts_are_not(library: Library) -> None:
    add(library, "a", 0, lambda recipe: recipe, seed=1)
    add(library, "b", 1, lambda recipe: recipe, seed=2, steps=9)
    add(library, "c", 2, lambda recipe: recipe, seed=3, prompt="a red house", template="a {red|blue} house")
    add(library, "d", 3, lambda recipe: recipe, seed=4, prompt="a blue house", template="a {red|blue} house")
    library.scan()
    assert stacks(library) == ["dc", "b", "a"]


def test_pictures_of_a_grid_are_known_by_the_names_of_their_runs(library: Library) -> None:
    for number, name in enumerate("ab"):
        run = "0123456789abcdef01234567" + f"{number:08x}"
        add(library, name, number, lambda recipe, run=run: replace(recipe, run=run), steps=5 + number)
    library.scan()
    assert stacks(library) == ["ba"]


def test_an_empty_library_has_no_stacks(library: Library) -> None:
    with_none = Finder(library.gallery.folder)
    assert with_none.find(replace(STACKS, group=Group.day)).count == 0
    with_none.close()


def test_the_sheet_of_a_grid_is_the_cover_of_its_pictures_and_none_of_their_size(library: Library) -> None:
    grid = plan(GenerationRequest("a house", size=Size(64, 64), seed=1), [("steps", "5, 6")])
    for number in range(2):
        run = replace(generated_image(seed=1).recipe, run=grid.run_of(number))
        add(library, "ab"[number], number, lambda _, run=run: run, steps=5 + number)
    Sheet(grid, library.pictures).write()
    library.scan()
    answer = library.finder.find(STACKS)
    cover, *others = library.finder.pictures(answer.ids)
    assert answer.heads is not None
    assert len(set(answer.heads.tolist())) == 1
    assert (cover.path.name, cover.is_sheet) == (SHEET, True)
    assert not any(picture.is_sheet for picture in others)
    (*_, facets) = library.finder.facets()
    assert facets is not None
    assert sum(facet.count for facet in facets.settings["size"]) == 2


@pytest.mark.parametrize("query", [STACKS, replace(STACKS, group=Group.model), Query(text="house")])
@pytest.mark.parametrize("place", range(1, 6))
def test_a_picture_that_comes_in_between_two_questions_waits_for_the_next_answer(
    library: Library, query: Query, place: int
) -> None:
    """Another connection, or another process, writes while an answer is put together."""
    add(library, "a", 0, lambda recipe: recipe)
    library.scan()
    asked: list[str] = []

    def write(statement: str) -> None:
        asked.append(statement)
        if len(asked) == place:
            add(library, "b", 1, lambda recipe: recipe)
            library.scan()

    library.finder._connection.set_trace_callback(write)  # pyright: ignore[reportPrivateUsage]
    assert library.finder.find(query).count in (1, 2)
    library.finder._connection.set_trace_callback(None)  # pyright: ignore[reportPrivateUsage]
    assert library.finder.find(query).count == (2 if len(asked) >= place else 1)
