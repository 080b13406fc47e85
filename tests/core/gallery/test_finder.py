from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from core.gallery.marks import MarkChange
from core.gallery.query import Group, Query, Sort
from core.gallery.schema import FACETS
from core.request.request import Lora
from tests.core.gallery.conftest import Library

NEXT_DAY = 60 * 24


def by(*facets: tuple[str, str]) -> Query:
    return Query(facets=frozenset(facets))


@pytest.fixture
def filled(library: Library) -> Library:
    library.add("a.png", "a red house by the sea", minute=0, seed=1)
    library.add("b.png", "a blue house, crème brûlée", minute=1, seed=2**64 - 1, sampler="euler")
    ink, both = (Lora("ink"),), (Lora("snow"), Lora("ink"), Lora("off", is_on=False))
    library.add("c.webp", "ein Haus 家の猫 🦊", minute=NEXT_DAY, seed=3, negative_prompt="ugly fox", loras=ink)
    library.add("trip/d.jpg", "???", minute=2 * NEXT_DAY, seed=4, loras=both)
    library.pictures.joinpath("a.film.safetensors").write_bytes(b"")
    library.scan()
    return library


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("house", ["b.png", "a.png"]),
        ("hou se", ["a.png"]),
        ("RED House", ["a.png"]),
        ("house -red", ["b.png"]),
        ("-house", ["d.jpg", "c.webp"]),
        ('"house by the"', ["a.png"]),
        ('"by house"', []),
        ("creme", ["b.png"]),
        ("猫", ["c.webp"]),
        ("家の", ["c.webp"]),
        ("🦊", ["c.webp"]),
        ("fox", ["c.webp"]),
        ("???", ["d.jpg"]),
        ('"', []),
        ("d", ["d.jpg"]),
        ("'; DROP TABLE picture; --", []),
        ("NEAR(house* OR {", []),
        ("", ["d.jpg", "c.webp", "b.png", "a.png"]),
    ],
)
def test_text_finds_pictures(filled: Library, text: str, names: list[str]) -> None:
    assert filled.names(Query(text=text)) == names


@pytest.mark.parametrize(
    ("query", "names"),
    [
        (by(("sampler", "Euler")), ["b.png"]),
        (replace(by(("sampler", "Euler"), ("sampler", "DDIM")), text="house"), ["b.png", "a.png"]),
        (by(("model", "Starter")), ["d.jpg", "c.webp", "b.png", "a.png"]),
        (by(("model", "Starter"), ("sampler", "Euler")), ["b.png"]),
        (by(("model", "another")), []),
        (by(("loras", "snow")), ["d.jpg"]),
        (by(("loras", "ink"), ("loras", "snow")), ["c.webp", "d.jpg"]),
        (by(("loras", "ink"), ("loras", "snow"), ("sampler", "DDIM")), ["c.webp", "d.jpg"]),
        (replace(by(("loras", "ink"), ("loras", "snow")), seed=4), ["d.jpg"]),
        (replace(by(("sampler", "Euler"), ("sampler", "DDIM")), seed=4), ["d.jpg"]),
        (replace(by(("sampler", "DDIM")), has_film=True), ["a.png"]),
        (Query(seed=2**64 - 1), ["b.png"]),
        (replace(by(("size", "32 × 24")), text="house"), ["a.png", "b.png"]),
        (Query(has_film=True), ["a.png"]),
        (Query(has_film=False, text="house"), ["b.png"]),
        (Query(sort=Sort.oldest), ["a.png", "b.png", "c.webp", "d.jpg"]),
        (Query(sort=Sort.file_name), ["a.png", "b.png", "c.webp", "d.jpg"]),
        (Query(is_unreadable=True), []),
    ],
)
def test_filters_find_pictures(filled: Library, query: Query, names: list[str]) -> None:
    found = filled.names(query)
    assert found == names if query.sort is not Sort.newest else sorted(found) == sorted(names)
    assert filled.finder.count(query) == len(names)


def test_days_and_folders_narrow_the_answer(filled: Library) -> None:
    days = [picture.created.date() for picture in filled.found()]
    assert filled.names(Query(since=days[1])) == ["d.jpg", "c.webp"]
    assert filled.names(Query(until=days[1])) == ["c.webp", "b.png", "a.png"]
    assert filled.names(Query(since=date(2000, 1, 1), until=date(2000, 1, 2))) == []
    assert filled.names(Query(folder=filled.pictures / "trip")) == ["d.jpg"]
    assert len(filled.names(Query(folder=filled.pictures))) == 4
    assert filled.names(Query(folder=filled.pictures / "tri")) == []


def test_marks_are_found(filled: Library) -> None:
    ids = filled.finder.find(Query()).ids.tolist()
    filled.gallery.mark(ids[:1], MarkChange(rating=5, add_tags=("sea",), note="for the lighthouse"))
    filled.gallery.mark(ids[:2], MarkChange(is_favourite=True, add_collections=("Best",)))
    filled.gallery.mark(ids[1:2], MarkChange(rating=3))
    assert filled.names(Query(smallest_rating=3)) == ["d.jpg", "c.webp"]
    assert filled.names(Query(smallest_rating=4)) == ["d.jpg"]
    assert filled.names(Query(is_favourite=True)) == ["d.jpg", "c.webp"]
    assert filled.names(Query(tags=("sea",))) == ["d.jpg"]
    assert filled.names(Query(collection="Best")) == ["d.jpg", "c.webp"]
    assert filled.names(Query(text="lighthouse")) == ["d.jpg"]
    assert filled.names(Query(sort=Sort.rating)) == ["d.jpg", "c.webp", "b.png", "a.png"]
    assert filled.finder.marks_of(ids[0]) == (("sea",), ("Best",))


def test_groups_have_titles_and_places(filled: Library) -> None:
    by_day = filled.finder.find(Query(group=Group.day))
    assert [(section.start, section.count) for section in by_day.sections] == [(0, 1), (1, 1), (2, 2)]
    assert by_day.sections[0].title == filled.found()[0].created.date().isoformat()
    by_model = filled.finder.find(Query(group=Group.model))
    assert [(section.title, section.count) for section in by_model.sections] == [("Starter", 4)]


def test_grouped_by_collection_a_picture_stands_in_each_of_its_own(filled: Library) -> None:
    ids = filled.finder.find(Query()).ids.tolist()
    filled.gallery.mark(ids[:1], MarkChange(add_collections=("A", "B")))
    answer = filled.finder.find(Query(group=Group.collection))
    assert [(section.title, section.count) for section in answer.sections] == [("A", 1), ("B", 1), ("", 3)]
    assert answer.ids.tolist() == [ids[0], *ids]
    only_one = filled.finder.find(Query(group=Group.collection, collection="B"))
    assert [(section.title, section.count) for section in only_one.sections] == [("B", 1)]
    of_sampler = replace(by(("sampler", "DDIM")), group=Group.collection)
    sections = filled.finder.find(of_sampler).sections
    assert [(section.title, section.count) for section in sections] == [("A", 1), ("B", 1), ("", 2)]


def test_the_filters_know_what_there_is(filled: Library) -> None:
    *parts, facets = filled.finder.facets()
    assert parts == [None] * (len(FACETS) + 1)
    assert facets is not None
    assert [(facet.name, facet.count) for facet in facets.settings["sampler"]] == [("DDIM", 3), ("Euler", 1)]
    assert [(facet.name, facet.count) for facet in facets.settings["size"]] == [("32 × 24", 4)]
    assert [(facet.name, facet.count) for facet in facets.settings["loras"]] == [("ink", 2), ("snow", 1)]
    assert facets.first_day is not None
    assert facets.last_day is not None
    assert (facets.last_day - facets.first_day).days == 2


def test_a_filter_does_not_offer_what_no_picture_has_any_more(filled: Library) -> None:
    filled.add("b.png", "it has changed", minute=1)
    filled.scan()
    *_, facets = filled.finder.facets()
    assert facets is not None
    assert [(facet.name, facet.count) for facet in facets.settings["sampler"]] == [("DDIM", 4)]


def test_pictures_that_are_gone_are_left_out_of_a_window(filled: Library) -> None:
    ids = filled.finder.find(Query()).ids.tolist()
    assert [picture.id for picture in filled.finder.pictures([ids[2], 999, ids[0]])] == [ids[2], ids[0]]


def test_a_picture_is_found_by_its_path(filled: Library) -> None:
    path = filled.pictures / "trip" / "d.jpg"
    found = filled.finder.picture_at(path)
    assert found is not None
    assert found.path == path
    assert filled.finder.picture_at(filled.pictures / "d.jpg") is None
