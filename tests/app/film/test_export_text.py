"""Sentences about an export."""

from __future__ import annotations

import pytest

from app.film.export_choices import ExportChoices
from app.film.export_text import decode_words, left_words
from core.film_export.export import Progress
from tests import synthetic_film


@pytest.mark.parametrize(
    ("done", "elapsed_s", "words"),
    [
        (1, 0.1, "1 of 30"),
        (10, 5, "10 of 30, about 10 s left"),
        (10, 100, "10 of 30, about 3 minutes left"),
        (30, 5, "30 of 30, finishing the file…"),
    ],
)
def test_the_time_that_is_left_is_told_once_it_is_known(done: int, elapsed_s: float, words: str) -> None:
    assert left_words(Progress(done, 30), elapsed_s) == words


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        (ExportChoices(views=("denoised", "noisy", "guidance")), "decodes 8 times"),
        (ExportChoices(views=("denoised",), is_decoded=False), "at once"),
        (ExportChoices(views=("guidance",)), "not decoded"),
    ],
)
def test_what_decoding_costs_is_told(choices: ExportChoices, words: str) -> None:
    assert words in decode_words(synthetic_film.film(4), choices)
