"""Prompts whose text changes while a picture develops: which text each call of the network gets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

from core.engine.engine import Engine
from core.film.film import Film
from core.request.request import GenerationRequest
from core.runs.branch import Branch
from core.runs.events import Stepped
from core.runs.operations import Generate, GenerateBranch, OpenFilm, result_of
from tests.core.engine.test_branching import REQUEST, assert_same_frames, on_disk, ready

TEN = replace(REQUEST, model="tiny", steps=10, sampler="euler")
Seen = list[torch.Tensor]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    """The embeddings of each run of the U-Net, (passes, tokens, width)."""
    found: Seen = []
    forward = UNet2DConditionModel.forward

    def watching(self: UNet2DConditionModel, *args: object, **options: object) -> object:
        found.append(options["encoder_hidden_states"].clone())  # pyright: ignore[reportAttributeAccessIssue]
        return forward(self, *args, **options)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(UNet2DConditionModel, "forward", watching)
    return found


@pytest.fixture
def embedding(engine: Engine, seen: Seen) -> Callable[[str], torch.Tensor]:
    """Returns what the network gets for a prompt without syntax."""

    def read(text: str) -> torch.Tensor:
        ready(list(engine.run(Generate(replace(TEN, prompt=text, steps=1)))))
        found = seen[-1][-1]
        seen.clear()
        return found

    return read


def run_of(engine: Engine, request: GenerationRequest) -> Film:
    return ready(list(engine.run(Generate(request)))).film


def told(seen: Seen, texts: dict[str, torch.Tensor], place: int = -1) -> list[tuple[str, int]]:
    """Returns the texts of the calls in their order, each with the number of calls in a row."""
    names = [next(name for name, known in texts.items() if torch.equal(known, call[place])) for call in seen]
    return [(name, len(list(group))) for name, group in groupby(names)]


@pytest.mark.parametrize(
    ("prompt", "sampler", "expected"),
    [
        ("a [cat:dog:0.4]", "euler", [("cat", 5), ("dog", 5)]),
        ("a [cat:dog:4]", "euler", [("cat", 5), ("dog", 5)]),
        ("a [cat:dog:0.4]", "heun", [("cat", 9), ("dog", 10)]),
        ("a [cat:dog:4]", "heun", [("cat", 5), ("dog", 14)]),
        ("a [cat:dog:12]", "dpm2", [("cat", 13), ("dog", 6)]),
        ("a [cat|dog]", "euler", [("cat", 2), *[("dog", 1), ("cat", 1)] * 4]),
        ("a [cat:dog:0]", "euler", [("dog", 10)]),
    ],
)
def test_each_text_lives_for_so_many_calls(
    prompt: str,
    sampler: str,
    expected: list[tuple[str, int]],
    engine: Engine,
    seen: Seen,
    embedding: Callable[[str], torch.Tensor],
) -> None:
    texts = {name: embedding(f"a {name}") for name in ("cat", "dog")}
    run_of(engine, replace(TEN, prompt=prompt, sampler=sampler))
    assert told(seen, texts) == expected


def test_a_prompt_that_names_one_text_gives_the_picture_of_that_text(engine: Engine) -> None:
    plain = run_of(engine, replace(TEN, prompt="a dog"))
    assert_same_frames(run_of(engine, replace(TEN, prompt="a [cat:dog:0]")), plain)
    assert_same_frames(run_of(engine, replace(TEN, prompt="a [dog:cat:10]")), plain)


def test_the_negative_prompt_changes_too(
    engine: Engine, seen: Seen, embedding: Callable[[str], torch.Tensor]
) -> None:
    texts = {name: embedding(name) for name in ("fog", "rain")}
    run_of(engine, replace(TEN, negative_prompt="[fog:rain:7]"))
    assert told(seen, texts, place=0) == [("fog", 8), ("rain", 2)]


@pytest.mark.parametrize("sampler", ["euler_a", "heun", "dpmpp_2m"])
@pytest.mark.parametrize("prompt", ["a [cat:dog:0.5] by [the|a] sea", "a cat :1.2 AND a [dog:fox:3] :0.7"])
def test_replay_and_branch_are_exact(prompt: str, sampler: str, engine: Engine, tmp_path: Path) -> None:
    whole = run_of(engine, replace(TEN, prompt=prompt, sampler=sampler))
    film = result_of(engine, OpenFilm(on_disk(whole, tmp_path))).film
    assert_same_frames(film, whole)
    for call in (2, 5, 6, 7):
        again = ready(list(engine.run(GenerateBranch(Branch(film, call, film.request)))))
        assert_same_frames(again.film, whole)


def test_a_branch_with_new_noise_goes_on_in_the_text_of_its_step(
    engine: Engine, seen: Seen, embedding: Callable[[str], torch.Tensor]
) -> None:
    texts = {name: embedding(f"a {name}") for name in ("cat", "dog")}
    film = run_of(engine, replace(TEN, prompt="a [cat:dog:0.5]"))
    seen.clear()
    ready(list(engine.run(GenerateBranch(Branch(film, 3, film.request, fresh_noise=0.5)))))
    assert told(seen, texts) == [("cat", 3), ("dog", 4)]


def test_parts_pull_by_their_weights(engine: Engine) -> None:
    """x0 = uncond + sum of w * scale * (cond - uncond), each prediction from a run of its own."""
    first = {
        text: run_of(engine, replace(TEN, prompt=text, steps=1)).frames[0] for text in ("a cat", " a red dog")
    }
    both = run_of(engine, replace(TEN, prompt="a cat :1.5 AND a red dog :-0.5", steps=1)).frames[0]
    cat, dog = first.values()
    assert cat.uncond is not None
    assert cat.cond is not None
    assert dog.cond is not None
    pull = 1.5 * (cat.cond - cat.uncond) - 0.5 * (dog.cond - cat.uncond)
    assert both.guided == pytest.approx(cat.uncond + TEN.guidance_scale * pull, abs=1e-4)


def test_parts_work_without_guidance(engine: Engine) -> None:
    request = replace(TEN, guidance_scale=1.0, steps=1)
    cat, both = (
        run_of(engine, replace(request, prompt=text)).frames[0] for text in ("a cat", "a cat AND a cat :0")
    )
    assert both.cond is None
    assert both.guided == pytest.approx(cat.guided, abs=1e-4)


def test_the_words_of_each_text_are_known_by_their_place_in_the_prompt(engine: Engine) -> None:
    request = replace(TEN, prompt="a [cat:dog:0.5] AND (sea:1.2)")
    steps = [event for event in engine.run(Generate(request, attention=True)) if isinstance(event, Stepped)]
    record = steps[-1].attention
    assert record is not None
    assert [request.prompt[word.start : word.end] for word in record.words] == ["a", "cat", "dog", "sea"]
    early, late = record.at(2), record.at(8)
    assert early is not None
    assert late is not None
    acting = [[bool(word.max() > 0) for word in maps.maps] for maps in (early, late)]
    assert acting == [[True, True, False, True], [True, False, True, True]]


def test_a_run_that_is_watched_is_the_same(engine: Engine) -> None:
    request = replace(TEN, prompt="a [cat:dog:0.5] AND (sea:1.2)")
    watched = ready(list(engine.run(Generate(request, attention=True))))
    plain = ready(list(engine.run(Generate(request))))
    assert np.array_equal(watched.image.pixels, plain.image.pixels)
