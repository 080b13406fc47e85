from __future__ import annotations

import unicodedata
from datetime import datetime

import pytest

from core.errors import InvalidRequest
from core.pictures.file_names import FIELDS, check_pattern, day_folder, picture_stem, slug
from core.request.request import GenerationRequest, Size

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
    name = picture_stem(GenerationRequest(prompt, seed=2**64 - 1), NOW, copy=12) + ".film.safetensors"
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
    assert picture_stem(GenerationRequest("🏠", seed=7), NOW) == "142530-7"


def test_copies_are_numbered() -> None:
    stems = [picture_stem(GenerationRequest("a house", seed=7), NOW, copy) for copy in (1, 2)]
    assert stems == ["142530-7-a-house", "142530-7-a-house-2"]


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("{date} {prompt}", "2026-11-21 a-house"),
        ("{seed}_{steps}_{guidance}_{size}", "7_20_2.5_512x512"),
        ("my picture", "my picture"),
        ("../{prompt}", "a-house"),
        ("{prompt}/{seed}:*?", "a-house-7"),
        ("{nonsense}", "142530"),
        ("", "142530"),
    ],
)
def test_a_pattern_names_pictures_and_no_other_folder(pattern: str, name: str) -> None:
    request = GenerationRequest("a house", seed=7, steps=20, guidance_scale=2.5, size=Size(512, 512))
    assert picture_stem(request, NOW, pattern=pattern) == name


def test_an_unknown_part_of_a_pattern_is_told() -> None:
    with pytest.raises(InvalidRequest, match="nonsense"):
        check_pattern("{seed}-{nonsense}")
    check_pattern("".join(f"{{{name}}}" for name in FIELDS))


def test_days_sort_by_name() -> None:
    assert day_folder(NOW) == "2026-11-21"
