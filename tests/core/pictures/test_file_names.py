from __future__ import annotations

import unicodedata
from datetime import datetime

import pytest

from core.pictures.file_names import day_folder, picture_stem, slug

NOW = datetime(2026, 11, 21, 14, 25, 30)
FORBIDDEN = set('<>:"/\\|?*')

PROMPTS = (
    "CON",
    "aux.txt",
    "ends with dots...",
    "../../etc/passwd",
    "C:\\Windows\\system32",
    "a\0b",
    "line\nbreak\ttab",
    "🏠🌊🌅",
    "בית אדום ליד הים",
    "\u202egnp.exe",
    "海辺の赤い家",
    "लाल घर",
    "x" * 10_000,
    "house " * 2_000,
    "𠀀" * 200,
    "e\u0301" * 500,
    "\udcff\ud800",
    "   ",
    "",
    '?*<>|:"',
    ".hidden",
    "-rf",
)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_names_are_valid_on_every_system(prompt: str) -> None:
    name = picture_stem(prompt, 2**64 - 1, NOW, copy=12) + ".film.safetensors"
    assert len(name.encode("utf-8")) <= 200
    assert name.startswith("142530-18446744073709551615-")
    assert not set(name) & FORBIDDEN
    assert not any(unicodedata.category(character)[0] in "CZ" for character in name)


def test_words_of_any_script_stay() -> None:
    assert slug("A red house, by the SEA!") == "a-red-house-by-the-sea"
    assert slug("Café à Zürich") == "café-à-zürich"
    assert slug("海辺の赤い家") == "海辺の赤い家"
    assert slug("लाल घर") == "लाल-घर"


def test_long_prompts_end_with_a_whole_word() -> None:
    assert slug("seventeen letters " * 10).endswith(("-letters", "-seventeen"))


def test_a_prompt_without_words_leaves_time_and_seed() -> None:
    assert picture_stem("🏠", 7, NOW) == "142530-7"


def test_copies_are_numbered() -> None:
    assert [picture_stem("a house", 7, NOW, copy) for copy in (1, 2)] == ["142530-7-a-house", "142530-7-a-house-2"]


def test_days_sort_by_name() -> None:
    assert day_folder(NOW) == "2026-11-21"
