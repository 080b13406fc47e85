"""Lists of tags are read as a1111-sd-webui-tagcomplete has them, and found by their beginnings."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import WildcardUnusable
from core.wildcards.library import TAG_PLACES, WildcardLibrary
from core.wildcards.tags import Tags, read_tags, spoken, written

LIST = (
    '1girl,0,6008644,"1girls,sole_female"\n'
    'long_hair,0,4350743,"/lh,longhair"\n'
    "long_sleeves,0,1547400,\n"
    "hatsune_miku_(vocaloid),4,99,\n"
    "^_^,0,70000,\n"
    "masterpiece,5,Quality tag,\n"
    "\n"
    "Solo\n"
)


@pytest.fixture
def tags(tmp_path: Path) -> Tags:
    (tmp_path / "danbooru.csv").write_text("\ufeff" + LIST, "utf-8")
    return Tags(read_tags(tmp_path / "danbooru.csv"))


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("long", ("long hair", "long sleeves")),
        ("long_h", ("long hair",)),
        ("LONG h", ("long hair",)),
        ("sole f", ("1girl",)),
        ("hatsune miku (", (r"hatsune miku \(vocaloid\)",)),
        (r"hatsune miku \(v", (r"hatsune miku \(vocaloid\)",)),
        ("^", ("^_^",)),
        ("so", ("1girl", "Solo")),
        ("mas", ("masterpiece",)),
        ("zz", ()),
        ("", ()),
    ],
)
def test_a_beginning_finds_tags_the_most_frequent_first(tags: Tags, typed: str, found: tuple[str, ...]) -> None:
    assert tags.complete(typed, 6) == found


@given(
    st.lists(st.tuples(st.text("ab_ç🏠", min_size=1, max_size=4), st.integers(0, 9)), max_size=30),
    st.text("ab ç🏠"),
)
def test_found_are_those_that_begin_so(entries: list[tuple[str, int]], typed: str) -> None:
    tags = Tags((spoken(name), written(name), count) for name, count in entries)
    found = tags.complete(typed, 100)
    expected = {written(name) for name, _ in entries if spoken(typed) and spoken(name).startswith(spoken(typed))}
    assert set(found) == expected
    best = {text: max(count for name, count in entries if written(name) == text) for text in found}
    assert [best[text] for text in found] == sorted(best.values(), reverse=True)


def test_lists_are_found_around_the_models(tmp_path: Path) -> None:
    for place in TAG_PLACES:
        path = tmp_path / place if place.endswith(".csv") else tmp_path / place / "own.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(LIST, "utf-8")
    found = WildcardLibrary([tmp_path / "models" / "Stable-diffusion"]).tag_files()
    assert [path.name for path in found] == ["own.csv", "danbooru.csv"]


def test_what_is_no_list_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('x,"' + "y" * 200_000 + '"', "utf-8")
    for name in ("a.csv", "nowhere.csv"):
        with pytest.raises(WildcardUnusable):
            list(read_tags(tmp_path / name))
