"""CLIP's text encoders read prompts with weights and chunks, exact to the last bit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from core.engine import families
from core.engine.devices.device import plan
from core.engine.families import Family
from core.engine.networks.clip_text import emphasised
from core.errors import InvalidRequest
from core.models.reading import read_model
from core.request.request import GenerationRequest, Size
from tests import tiny
from tests.core.prompt.slow_reading import read_chunks, read_embeddings
from tests.core.prompt.test_weights import prompts

LENGTH = tiny.MAX_TOKENS - 2
REQUEST = GenerationRequest("a red house", "fog", size=Size(32, 24), guidance_scale=3.0, seed=1)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A family, and its tokenizers and text encoders as transformers loads them."""

    family: Family
    encoders: tuple[tuple[Any, Any], ...]
    layer: int
    is_normed: bool

    def texts(self, request: GenerationRequest) -> list[Any]:
        """Returns the encoded texts of a request."""
        arithmetic = self.family._arithmetic  # pyright: ignore[reportPrivateUsage]
        return [arithmetic.encode_prompt(text) for text in arithmetic.texts(request)]

    def slow(self, text: str) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns hidden states and the last encoder's output by the slow reading."""
        read = [
            read_embeddings(read_chunks(text, words, LENGTH), words, encoder, self.layer, self.is_normed)
            for words, encoder in self.encoders
        ]
        return torch.cat([hidden for hidden, _ in read], dim=-1), read[-1][1]


def pad_with(folder: Path, token: str) -> None:
    """Stable Diffusion 2 and SDXL's second tokenizer pad with "!"."""
    CLIPTokenizer.from_pretrained(folder, pad_token=token).save_pretrained(folder)


def with_learnt_norms(folder: Path, kind: Any) -> Any:
    """Gives an encoder's norms a bias as training does; without one the mean is 0, by which emphasis divides."""
    encoder = kind.from_pretrained(folder).eval()
    generator = torch.Generator().manual_seed(3)
    for name, values in encoder.named_parameters():
        if "norm" in name and name.endswith("bias"):
            values.data = torch.rand(values.shape, generator=generator)
    encoder.save_pretrained(folder)
    return encoder


MAKERS: dict[str, Callable[[Path], Path]] = {
    "stable_diffusion_1": tiny.stable_diffusion,
    "stable_diffusion_2": tiny.stable_diffusion,
    "stable_diffusion_xl": lambda folder: tiny.stable_diffusion_xl(folder, second=64),
}


@pytest.fixture(scope="module", params=MAKERS)
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    is_xl = request.param == "stable_diffusion_xl"
    folder = MAKERS[request.param](tmp_path_factory.mktemp(request.param))
    if request.param == "stable_diffusion_2":
        pad_with(folder / "tokenizer", "!")
    if is_xl:
        pad_with(folder / "tokenizer_2", "!")
    kinds = {"": CLIPTextModel, "_2": CLIPTextModelWithProjection} if is_xl else {"": CLIPTextModel}
    encoders = tuple(
        (
            CLIPTokenizer.from_pretrained(folder / f"tokenizer{number}"),
            with_learnt_norms(folder / f"text_encoder{number}", kind),
        )
        for number, kind in kinds.items()
    )
    family = families.load(read_model(folder, "tiny"), plan("cpu", "float32"))
    return Loaded(family, encoders, 2 if is_xl else 1, not is_xl)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(text=prompts.map(lambda text: text.replace("AND", "and")))
def test_random_prompts_become_the_embeddings_of_the_slow_reading(loaded: Loaded, text: str) -> None:
    with torch.inference_mode():
        try:
            (encoded,) = loaded.texts(replace(REQUEST, prompt=text, guidance_scale=1.0))
        except InvalidRequest:
            return  # a weight of more than 1000
        hidden, pooled = loaded.slow(text)
    is_xl = len(loaded.encoders) > 1
    assert torch.equal(encoded.hidden if is_xl else encoded, hidden)
    assert not is_xl or torch.equal(encoded.pooled, pooled)


@pytest.mark.parametrize("negative", ["", "fog", "fog BREAK rain BREAK snow", "(fog:1.3)"])
@pytest.mark.parametrize("prompt", ["a red house", "sea " * 40, "a BREAK b"])
def test_prompt_and_negative_prompt_have_the_same_number_of_chunks(
    loaded: Loaded, prompt: str, negative: str
) -> None:
    with torch.inference_mode():
        texts = loaded.texts(replace(REQUEST, prompt=prompt, negative_prompt=negative))
        slow = [loaded.slow(text)[0] for text in (negative, prompt)][-len(texts) :]
        empty, _ = loaded.slow("")
    longest = max(hidden.shape[1] for hidden in slow)
    for encoded, hidden in zip(texts, slow, strict=True):
        ours = encoded.hidden if len(loaded.encoders) > 1 else encoded
        missing = (longest - hidden.shape[1]) // tiny.MAX_TOKENS
        assert torch.equal(ours, torch.cat([hidden, *[empty] * missing], dim=1))


def test_emphasis_has_four_modes() -> None:
    hidden = torch.randn((1, 4, 3), generator=torch.Generator().manual_seed(1))
    weighed = hidden * torch.tensor([1.0, 2.0, 0.5, 1.0])[None, :, None]
    assert torch.equal(emphasised(hidden, [2.0, 0.5], "no_norm"), weighed)
    assert torch.equal(emphasised(hidden, [2.0, 0.5], "original"), weighed * (hidden.mean() / weighed.mean()))
    assert emphasised(hidden, [2.0, 0.5], "ignore") is hidden
    assert emphasised(hidden, [1.0, 1.0], "original") is hidden


def test_brackets_are_text_without_emphasis_and_read_where_it_is_ignored(loaded: Loaded) -> None:
    def encoded(prompt: str, emphasis: str) -> torch.Tensor:
        request = replace(REQUEST, prompt=prompt, emphasis=emphasis, guidance_scale=1.0)
        with torch.inference_mode():
            (text,) = loaded.texts(request)
        return text.hidden if len(loaded.encoders) > 1 else text

    assert torch.equal(encoded("(ab:2) c", "ignore"), encoded("ab c", "original"))
    assert torch.equal(encoded(r"\(ab\)c", "original"), encoded("(ab)c", "none"))
    assert not torch.equal(encoded("(ab)", "none"), encoded("(ab)", "ignore"))


def test_a_weight_out_of_all_measure_is_refused(loaded: Loaded) -> None:
    for text in ("(" * 1000 + "a", "(a:1e9)", "(a:99999999)"):
        if "1e9" not in text:  # which is no weight
            with pytest.raises(InvalidRequest, match="1000"):
                loaded.texts(replace(REQUEST, prompt=text))
