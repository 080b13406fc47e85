"""Wildcards are found by name in the folders where people keep them, and read as Dynamic Prompts reads them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import WildcardMissing, WildcardUnusable
from core.wildcards.file import LARGEST, Values, read_values
from core.wildcards.library import FOLDER_NAMES, WildcardLibrary

LISTS = """
clothing: [shirt, "2::coat"]
artists:
  finnish:
    - Akseli Gallen-Kallela
    - {text: Helene Schjerfbeck, weight: 3}
  one: alone
"""


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


@pytest.fixture
def library(tmp_path: Path) -> WildcardLibrary:
    folder = tmp_path / "models" / "wildcards"
    write(folder / "colour.txt", "\ufeff# colours\nred\n\n  blue # light  \n0.5::{green|teal}\n")
    write(folder / "nature" / "trees.txt", "oak\n")
    write(folder / "nature" / "trees-north.txt", "birch\n")
    write(folder / "nature" / "deep" / "moss.txt", "moss\n")
    write(folder / "all.yaml", LISTS)
    write(folder / "pack" / "list.json", json.dumps(["one", "two"]))
    write(folder / ".hidden.txt", "no\n")
    write(tmp_path / "secret.txt", "secret\n")
    return WildcardLibrary([tmp_path / "models"])


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("colour", ("red", "blue # light", "{green|teal}")),
        ("COLOUR", ("red", "blue # light", "{green|teal}")),
        ("nature/trees", ("oak",)),
        (r"nature\trees", ("oak",)),
        ("nature/trees*", ("birch", "oak")),
        ("nature/*", ("birch", "oak")),
        ("nature/**", ("birch", "oak", "moss")),
        ("**/moss", ("moss",)),
        ("trees", ("oak",)),
        ("clothing", ("shirt", "coat")),
        ("artists/finnish", ("Akseli Gallen-Kallela", "Helene Schjerfbeck")),
        ("artists/*", ("Akseli Gallen-Kallela", "Helene Schjerfbeck", "alone")),
        ("pack/list", ("one", "two")),
    ],
)
def test_a_name_finds_its_values(library: WildcardLibrary, name: str, texts: tuple[str, ...]) -> None:
    assert sorted(library.values(name).texts) == sorted(texts)


def test_weights_stand_before_values(library: WildcardLibrary) -> None:
    assert library.values("colour").weights == (1, 1, 0.5)
    assert library.values("artists/*").weights == (1, 3, 1)
    assert Values(("a", "b")).weights == (1, 1)


def test_names_are_listed(library: WildcardLibrary) -> None:
    assert library.names() == (
        *("artists/finnish", "artists/one", "clothing", "colour"),
        *("nature/deep/moss", "nature/trees", "nature/trees-north", "pack/list"),
    )


@pytest.mark.parametrize("name", ["../secret", "../../secret", "/etc/passwd", "nothing", ".hidden", "*" * 40, ""])
def test_no_name_leads_out_of_the_folders(library: WildcardLibrary, name: str) -> None:
    with pytest.raises(WildcardMissing):
        library.values(name)


def test_a_wrong_name_is_told_with_a_similar_one(library: WildcardLibrary) -> None:
    with pytest.raises(WildcardMissing) as told:
        library.values("color")
    assert told.value.known == ("colour",)


@pytest.mark.parametrize("name", FOLDER_NAMES)
def test_folders_of_other_programs_are_found(tmp_path: Path, name: str) -> None:
    """Their models lie two folders below their own folder, as in ``models/Stable-diffusion``."""
    write(tmp_path / name / "a.txt", "x\n")
    for models in (tmp_path, tmp_path / "checkpoints", tmp_path / "models" / "checkpoints"):
        assert WildcardLibrary([models]).values("a").texts == ("x",)


def test_of_two_with_one_name_the_first_counts(tmp_path: Path) -> None:
    first, second = (write(tmp_path / str(number) / "a.txt", f"{number}\n").parent for number in range(2))
    assert WildcardLibrary([], [first, second]).values("a").texts == ("0",)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "x\n" * 2**22 + "x"),
        ("a.json", "{"),
        ("a.yaml", "a: [1"),
        ("a.yaml", "[" * 5000),
        ("a.json", "[" * 9999),
    ],
    ids=["large", "json", "yaml", "deep yaml", "deep json"],
)
def test_what_cannot_be_read_is_told_when_it_is_named(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path / name, text)
    write(tmp_path / "other.txt", "x\n")
    library = WildcardLibrary([], [tmp_path])
    with pytest.raises(WildcardUnusable):
        library.values("a")
    assert library.values("other").texts == ("x",)
    assert "other" in library.names()


def test_a_yaml_file_that_repeats_itself_without_end_is_told(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for number in range(1, 9):
        inner = ", ".join(f"m{other}: *a{number - 1}" for other in range(10))
        lines.append(f"a{number}: &a{number} {{{inner}}}")
    path = write(tmp_path / "a.yaml", "\n".join(lines))
    assert path.stat().st_size < LARGEST[".yaml"]
    with pytest.raises(WildcardUnusable):
        read_values(path)


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "x\n")
    assert read_values(path)[""].texts == ("x",)
    write(path, "y\nz\n")
    assert read_values(path)[""].texts == ("y", "z")
