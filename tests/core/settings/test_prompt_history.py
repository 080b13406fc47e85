"""The history of prompts survives damage, and has each prompt once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.settings.prompt_history import FILE_NAME, LONGEST, MOST_PROMPTS, load_history, save_history, with_newest


def test_what_is_written_is_read(tmp_path: Path) -> None:
    history = (("a", "b"), ("بيت 🏠", ""), ("c\nd", ""))
    save_history(tmp_path, history)
    assert load_history(tmp_path) == history


def test_each_prompt_is_there_once_the_newest_first() -> None:
    history = with_newest(with_newest(with_newest((), ("a", "")), ("b", "")), ("a", ""))
    assert history == (("a", ""), ("b", ""))
    assert with_newest(history, ("", "")) == history
    assert with_newest(history, ("x" * (LONGEST + 1), "")) == history
    many = tuple((str(number), "") for number in range(MOST_PROMPTS))
    assert len(with_newest(many, ("new", ""))) == MOST_PROMPTS


@pytest.mark.parametrize("content", ["{", "[]", '{"prompts": 3}', "{}", "[" * 9999])
def test_a_damaged_file_is_an_empty_history(tmp_path: Path, expected_warnings: list[str], content: str) -> None:
    expected_warnings.append("the history of prompts is damaged")
    (tmp_path / FILE_NAME).write_text(content, "utf-8")
    assert load_history(tmp_path) == ()


def test_a_damaged_entry_costs_only_itself(tmp_path: Path) -> None:
    content = {"prompts": [["a", "b"], 3, ["c"], ["d", 1], ["e", ""]]}
    (tmp_path / FILE_NAME).write_text(json.dumps(content), "utf-8")
    assert load_history(tmp_path) == (("a", "b"), ("e", ""))
    assert load_history(tmp_path / "nowhere") == ()
