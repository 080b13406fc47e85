from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from core.pictures.saving import save_as
from tests.app.cli.commands.conftest import Answer
from tests.pictures import generated_image

Run = Callable[..., Answer]


@pytest.mark.parametrize("prompt", ["a house", "海 😀", "\udcff"])
def test_the_recipe_is_printed_as_json(run: Run, tmp_path: Path, prompt: str) -> None:
    save_as(generated_image(prompt), tmp_path / "a.png")
    answer = run("info", tmp_path / "a.png")
    assert answer.code == 0
    assert json.loads(answer.output)["request"]["prompt"] == prompt


def test_a_file_without_a_recipe_is_one_line_and_code_2(run: Run, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    (tmp_path / "text.png").write_text("no picture")
    for name, words in (
        ("a.png", "it carries no recipe"),
        ("text.png", "not a PNG"),
        ("missing.png", "no such file"),
    ):
        answer = run("info", tmp_path / name)
        assert (answer.code, answer.output, len(answer.errors.splitlines())) == (2, "", 1)
        assert words in answer.errors
