from __future__ import annotations

from pathlib import Path

import pytest

from app.__main__ import picture_to_open


@pytest.mark.parametrize("name", ["house.png", "a b/Häuser.JPG", "x.jpeg", "y.webp"])
def test_the_name_of_a_picture_is_made_absolute(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert picture_to_open([name]) == tmp_path / name


@pytest.mark.parametrize(
    "arguments", [[], ["doctor"], ["info", "house.png"], ["--version"], ["-o.png"], ["notes.txt"]]
)
def test_commands_and_other_files_are_no_pictures(arguments: list[str]) -> None:
    assert picture_to_open(arguments) is None
