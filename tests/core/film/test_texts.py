"""A film knows which text of its prompt acted at each call."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.film.texts import FilmTexts
from tests import synthetic_film


def texts(prompt: str, negative: str = "", skipped_steps: int = 0, calls: int = 6) -> FilmTexts:
    film = synthetic_film.film(calls)
    request = replace(film.request, prompt=prompt, negative_prompt=negative, steps=calls, sampler="euler")
    model = replace(film.model, family="stable_diffusion")
    return FilmTexts.of(replace(film, request=request, model=model, skipped_steps=skipped_steps))


def test_a_prompt_without_switches_is_one_text() -> None:
    read = texts("a (red:1.2) house")
    assert read.is_constant
    assert [read.words_at(call) for call in range(6)] == [""] * 6
    assert not any(read.changes_at(call) for call in range(6))


def test_the_text_of_each_call_is_known() -> None:
    read = texts("a [cat:dog:0.5]", negative="[:fog:5]")
    assert [read.words_at(call) for call in range(6)] == ["a cat"] * 4 + ["a dog"] * 2
    assert [call for call in range(6) if read.changes_at(call)] == [4]


def test_a_film_that_begins_at_a_later_step_goes_on_counting() -> None:
    read = texts("a [cat:dog:0.5]", skipped_steps=3)
    assert [read.words_at(call) for call in range(3)] == ["a cat", "a dog", "a dog"]


@pytest.mark.parametrize("prompt", [f"[{'|'.join(map(str, range(200)))}]", " AND ".join("a" * 40)])
def test_a_prompt_that_no_run_would_read_is_one_text(prompt: str) -> None:
    assert texts(prompt, calls=300).is_constant
