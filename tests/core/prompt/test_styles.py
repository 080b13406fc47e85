"""Styles are read and written as AUTOMATIC1111's program does it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import StylesUnreadable
from core.prompt.styles import Style, joined, read_styles, write_styles

THEIRS = (
    "\ufeffname,prompt,negative_prompt\r\n"
    "None,,\r\n"
    '"Ink, soft","(ink:1.2), {prompt}, \n""paper""","blurry"\r\n'
    "---- people ----,,\r\n"
    "Late, at night,\r\n"
)


def test_a_file_of_automatic1111_is_read(tmp_path: Path) -> None:
    path = tmp_path / "styles.csv"
    path.write_bytes(THEIRS.encode("utf-8"))
    assert read_styles(path) == (
        Style("Ink, soft", '(ink:1.2), {prompt}, \n"paper"', "blurry"),
        Style("Late", "at night", ""),
    )


def test_an_old_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "styles.csv"
    path.write_text("name,text\nInk,ink drawing\n", "utf-8")
    assert read_styles(path) == (Style("Ink", "ink drawing"),)


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00", b"name,prompt\n" + b"x" * 11 * 2**20])
def test_a_file_that_is_none_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "styles.csv").write_bytes(content)
    with pytest.raises(StylesUnreadable):
        read_styles(tmp_path / "styles.csv")


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), max_size=20)
names = texts.map(lambda text: f"n{text}x".replace("\n", ""))
styles = st.builds(Style, names, texts.map(lambda text: f"{text}."), texts)


@given(st.lists(styles, max_size=4, unique_by=lambda style: style.name))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, kept: list[Style]) -> None:
    path = tmp_path_factory.mktemp("styles") / "styles.csv"
    write_styles(path, kept)
    assert read_styles(path) == tuple(kept)
    assert path.read_bytes().startswith("\ufeffname,prompt,negative_prompt\r\n".encode())


@pytest.mark.parametrize(
    ("style", "prompt", "found"),
    [
        ("ink of {prompt}, soft", "a cat", "ink of a cat, soft"),
        ("ink", " a cat ", "a cat, ink"),
        ("ink", "", "ink"),
        ("", "a cat", "a cat"),
        ("{prompt}, {prompt}", "x", "x, x"),
    ],
)
def test_a_style_takes_up_the_prompt(style: str, prompt: str, found: str) -> None:
    assert Style("s", style, style).over(prompt, prompt) == (found, found)


def test_of_two_with_one_name_the_newer_counts() -> None:
    old, new, other = Style("a", "1"), Style("a", "2"), Style("b", "3")
    assert joined((old, other), (new,)) == (new, other)
