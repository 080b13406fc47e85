"""Pictures of one request stand by their numbers in time, in whatever order several engines finish them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from core.gallery.query import Query, Sort
from core.pictures.picture import GeneratedImage
from core.pictures.saving import save_as
from core.recipes.recipe import Parent, Recipe
from core.request.request import Variation
from tests.core.gallery.conftest import Library
from tests.pictures import generated_image

DAY_S = 24 * 3600


def add(
    library: Library, name: str, at_s: float, batch: str = "one", parent: str | None = None, **request: object
) -> None:
    image = generated_image(**request)  # pyright: ignore[reportArgumentType]
    changed = None if parent is None else Parent("r", 2, parent)
    recipe: Recipe = replace(image.recipe, run=name, batch=batch, parent=changed)
    moment = datetime.fromtimestamp(1_795_000_000 + at_s).astimezone()
    save_as(GeneratedImage(image.pixels, recipe), library.pictures / f"{name}.png", moment)


def order(library: Library, query: Query | None = None) -> str:
    return "".join(name[0] for name in library.names(query))


def test_pictures_of_one_request_stand_by_their_numbers_while_they_come(library: Library) -> None:
    for at_s, (name, seed) in enumerate([("a", 8), ("x", 1), ("b", 7), ("c", 2**64 - 1), ("d", 9)]):
        add(library, name, 10 * at_s, batch="" if name == "x" else "one", seed=seed)
        library.scan()
    assert order(library) == "cdaxb"
    assert order(library, Query(sort=Sort.oldest)) == "bxadc"
    created = {picture.path.stem: picture.created for picture in library.found()}
    assert created["a"] < created["b"] < created["c"] < created["d"]  # told as they are


def test_pictures_of_one_second_stand_by_their_numbers_however_they_are_found(library: Library) -> None:
    for name, seed in zip("cbad", (7, 8, 9, 10), strict=True):
        add(library, name, 0, seed=seed)
    library.scan()
    assert order(library, Query(sort=Sort.oldest)) == "cbad"


def test_seeds_of_variations_count_where_the_seed_stays(library: Library) -> None:
    for at_s, (name, seed) in enumerate([("a", 5), ("b", 4)]):
        add(library, name, at_s * 10, seed=1, variation=Variation(0.2, seed))
    library.scan()
    assert order(library) == "ab"


def test_what_was_made_later_of_one_of_them_stands_where_it_was_made(library: Library) -> None:
    made = [("a", 7, None), ("b", 8, ""), ("c", 7, "prompt")]
    for at_s, (name, seed, parent) in enumerate(made):
        add(library, name, 10 * at_s, seed=seed, parent=parent)
    add(library, "d", DAY_S, seed=6)
    library.scan()
    assert order(library) == "dcba"


def test_pictures_of_a_grid_stand_by_their_places_in_it(library: Library) -> None:
    for at_s, (name, number) in enumerate([("a", 2), ("b", 0), ("c", 1)]):
        image = generated_image(seed=3)
        recipe = replace(image.recipe, run=f"{'ab' * 12}{number:08x}", batch="")
        moment = datetime.fromtimestamp(1_795_000_000 + 10 * at_s).astimezone()
        save_as(GeneratedImage(image.pixels, recipe), library.pictures / f"{name}.png", moment)
    library.scan()
    assert order(library) == "acb"
