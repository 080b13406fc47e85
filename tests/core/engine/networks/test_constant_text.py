"""Keys and values of a text are made once, are those that each call would make, and go with the text."""

from __future__ import annotations

import gc
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.engine.devices import offloading
from core.engine.engine import Engine
from core.engine.networks.constant_text import PLACES, remember_text
from core.engine.networks.processor_blocks import use_processor_layers
from core.engine.networks.processor_layers import ProcessorLinear
from core.engine.weights.quantisation import quantise
from core.film.film import Film
from core.models.catalogue import Catalogue
from core.request.request import GenerationRequest, Lora
from core.runs.branch import Branch
from core.runs.events import ImageReady, Stepped
from core.runs.operations import Generate, GenerateBranch
from tests import tiny
from tests.tiny_families import TINY_MODELS, smallest_request


def forgetting(network: torch.nn.Module) -> None:
    """Stands in the place of `remember_text`: keys and values are made in each call, as without it."""
    del network


@pytest.fixture(scope="module")
def models(one_of_each: Path) -> Path:
    tiny.lora(one_of_each / "loras" / "ink.safetensors", tiny.unet(), "unet")
    return one_of_each


def engine(models: Path, patch: pytest.MonkeyPatch, *, remembers: bool) -> Engine:
    """Returns an engine whose next model is loaded with or without memory for texts."""
    patch.setattr(offloading, "remember_text", remember_text if remembers else forgetting)
    return Engine(Catalogue((models,)), "cpu", "float32")


def film_of(one: Engine, request: GenerationRequest, *, attention: bool = False) -> Film:
    *_, last = one.run(Generate(request, attention=attention))
    assert isinstance(last, ImageReady)
    return last.film


def assert_equal(one: Film, other: Film) -> None:
    assert len(one.frames) == len(other.frames) > 0
    for frame, twin in zip(one.frames, other.frames, strict=True):
        for name in ("noisy", "denoised", "guided", "cond", "uncond"):
            a, b = getattr(frame, name), getattr(twin, name)
            assert (a is None) == (b is None)
            assert a is None or torch.equal(
                torch.from_numpy(a.astype(np.float32)), torch.from_numpy(b.astype(np.float32))
            )


def network_of(one: Engine) -> torch.nn.Module:
    loaded = one._context._loaded  # pyright: ignore[reportPrivateUsage]
    assert loaded is not None
    return loaded.family.network()


def text_layers(network: torch.nn.Module) -> list[Any]:
    return [layer for name, layer in network.named_modules() if name.endswith(PLACES)]


@pytest.mark.parametrize("model", TINY_MODELS)
def test_every_family_predicts_the_same_with_every_guidance_prompt_and_weight(
    models: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    plain = smallest_request(Catalogue((models,)).find(model), steps=3)
    other = replace(plain, prompt="b", guidance_scale=1.0)
    requests = (plain, other, replace(plain, negative_prompt="c"), replace(plain, count=2), plain)
    requests = (*requests, replace(plain, weight_bits=8))
    films = [
        [film_of(one, request) for request in requests]
        for one in (engine(models, monkeypatch, remembers=wanted) for wanted in (True, False))
    ]
    for remembered, computed in zip(*films, strict=True):
        assert_equal(remembered, computed)


def test_each_layer_is_computed_once_for_a_text_and_again_for_another(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: Counter[int] = Counter()
    forward = ProcessorLinear.forward

    def counting(self: ProcessorLinear, input: torch.Tensor) -> torch.Tensor:
        counts[id(self)] += 1
        return forward(self, input)

    monkeypatch.setattr(ProcessorLinear, "forward", counting)
    one = engine(models, monkeypatch, remembers=True)
    request = smallest_request(Catalogue((models,)).find("stable_diffusion_1"), steps=5)
    film_of(one, request)
    layers = [id(layer) for layer in text_layers(network_of(one))]
    assert len(layers) == 8
    assert {counts[layer] for layer in layers} == {1}
    film_of(one, replace(request, count=3))
    assert {counts[layer] for layer in layers} == {2}
    film_of(one, replace(request, prompt="b"))
    assert {counts[layer] for layer in layers} == {3}


def test_nothing_is_kept_after_the_run(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = engine(models, monkeypatch, remembers=True)
    request = smallest_request(Catalogue((models,)).find("stable_diffusion_1"), steps=3)
    events = one.run(Generate(request))
    while not isinstance(next(events), Stepped):
        pass
    known = [layer._known for layer in text_layers(network_of(one))]
    assert {len(texts) for texts in known} == {1}
    events.close()
    gc.collect()
    assert {len(texts) for texts in known} == {0}


def test_loras_and_branches_and_watched_words_are_those_without(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = smallest_request(Catalogue((models,)).find("stable_diffusion_1"), steps=4)
    told: list[list[Film]] = []
    for wanted in (True, False):
        one = engine(models, monkeypatch, remembers=wanted)
        films = [film_of(one, replace(request, loras=(Lora("ink", weight),))) for weight in (1.0, 0.4)]
        films += [film_of(one, request), film_of(one, request, attention=True)]
        branch = Branch(films[2], 2, replace(films[2].request, prompt="b", loras=(Lora("ink", 0.7),)))
        *_, last = one.run(GenerateBranch(branch))
        assert isinstance(last, ImageReady)
        told.append([*films, last.film])
    for remembered, computed in zip(*told, strict=True):
        assert_equal(remembered, computed)
    weighed, lighter, without, watched, _ = told[0]
    assert not np.array_equal(weighed.frames[-1].guided, lighter.frames[-1].guided)
    assert not np.array_equal(weighed.frames[-1].guided, without.frames[-1].guided)
    assert_equal(without, watched)


@pytest.mark.parametrize("bits", [None, 8, 4])
@torch.inference_mode()
def test_texts_take_turns_within_a_run_and_changed_weights_are_noticed(bits: int | None) -> None:
    """A prompt that changes in the middle of a run comes as another tensor."""
    with torch.inference_mode(mode=False):
        remembering, plain = tiny.unet(), tiny.unet()
        plain.load_state_dict(remembering.state_dict())
        for network in (remembering, plain):
            if bits is not None:
                quantise(network, bits)
            use_processor_layers(network)
        remember_text(remembering)
    texts = [torch.randn(2, tokens, tiny.WIDTH) for tokens in (7, 7, 9)]
    x = torch.randn(2, 4, 8, 8)

    def called(network: Any, text: torch.Tensor) -> torch.Tensor:
        return network(x, torch.tensor(500), encoder_hidden_states=text, return_dict=False)[0]

    def compare() -> None:
        for number in (0, 1, 0, 2, 2, 1, 0):
            assert torch.equal(called(remembering, texts[number]), called(plain, texts[number]))

    compare()
    if bits is None:
        with torch.inference_mode(mode=False), torch.no_grad():
            for network in (remembering, plain):
                for layer in text_layers(network):
                    layer.weight.mul_(1.5)
        compare()
    texts[0] = texts[0].clone() * 2
    compare()
