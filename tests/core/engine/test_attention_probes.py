"""Probes tell where each word acts, change nothing, and are gone afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional

from core.engine.attention_probes import AttentionRecorder, cross_attention, level, probes
from core.engine.engine import Engine
from core.engine.prompt_calls import PromptCalls
from core.engine.sampling.denoising import Timestep
from core.engine.sampling.guidance import Prediction
from core.film.attention_maps import AttentionRecord
from core.prompt.timeline import timeline
from core.request.request import GenerationRequest, Size, Source
from core.runs.branch import Branch
from core.runs.events import Advanced, Event, Stepped
from core.runs.operations import Generate, GenerateBranch, RecordAttention, result_of
from tests import tiny
from tests.core.engine.test_branching import REQUEST, ready

LATENT = (6, 8)


@pytest.fixture(scope="module")
def network() -> Iterator[torch.nn.Module]:
    torch.manual_seed(3)
    unet = tiny.unet()
    yield unet
    assert hooks(unet) == 0


def hooks(network: torch.nn.Module) -> int:
    found = (module._forward_hooks for module in network.modules())  # pyright: ignore[reportPrivateUsage]
    return sum(map(len, found))


def called(network: torch.nn.Module, words: torch.Tensor) -> torch.Tensor:
    x = torch.randn((len(words), 4, *LATENT), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        return network(x, torch.tensor(500), encoder_hidden_states=words, return_dict=False)[0]


def embeddings(batch: int, tokens: int = 7) -> torch.Tensor:
    return 4 * torch.randn((batch, tokens, tiny.WIDTH), generator=torch.Generator().manual_seed(2))


def test_at_each_place_the_tokens_share_all_the_attention(network: torch.nn.Module) -> None:
    with probes(network, LATENT) as seen:
        called(network, embeddings(2))
    tokens = seen.tokens().numpy()
    assert tokens.dtype == np.float16
    assert tokens.shape == (7, *LATENT)
    assert (tokens >= 0).all()
    assert tokens.astype(np.float64).sum(axis=0) == pytest.approx(np.ones(LATENT), abs=2e-3)
    assert tokens.std(axis=(1, 2)).max() > 1e-4


def test_the_network_answers_as_if_nobody_watched(network: torch.nn.Module) -> None:
    before = called(network, embeddings(2))
    with probes(network, LATENT):
        watched = called(network, embeddings(2))
    assert torch.equal(before, watched)
    assert torch.equal(before, called(network, embeddings(2)))


def test_only_the_half_with_the_prompt_is_looked_at(network: torch.nn.Module) -> None:
    words = embeddings(2)
    with probes(network, LATENT) as with_one:
        called(network, words)
    words[0] *= -3
    with probes(network, LATENT) as with_other:
        called(network, words)
    assert with_one.tokens().numpy() == pytest.approx(with_other.tokens().numpy(), abs=1e-3)


def test_the_shares_are_those_of_the_attention_itself(network: torch.nn.Module) -> None:
    """The values that the module mixes by our shares are what it gives out."""
    (module, *_) = cross_attention(network)
    hidden = torch.randn((1, 12, module.to_q.in_features), generator=torch.Generator().manual_seed(5))
    words = embeddings(1)
    with torch.inference_mode():
        heads = module.heads
        query, key, value = (
            layer(states).unflatten(-1, (heads, -1)).transpose(1, 2)
            for layer, states in ((module.to_q, hidden), (module.to_k, words), (module.to_v, words))
        )
        expected = functional.scaled_dot_product_attention(query, key, value)
        query, key = (module.head_to_batch_dim(layer) for layer in (module.to_q(hidden), module.to_k(words)))
        shares = module.get_attention_scores(query, key).unflatten(0, (1, heads))
    assert torch.allclose(shares @ value, expected, atol=1e-5)


def test_probes_are_gone_after_an_error(network: torch.nn.Module) -> None:
    with pytest.raises(RuntimeError, match="stop"), probes(network, LATENT):
        assert hooks(network) == len(cross_attention(network)) > 0
        raise RuntimeError("stop")
    assert hooks(network) == 0


def test_a_network_that_fails_inside_a_call_leaves_no_probes(network: torch.nn.Module) -> None:
    def failing(x: torch.Tensor, t: Timestep) -> Prediction:
        raise torch.OutOfMemoryError

    calls = PromptCalls(timeline(GenerationRequest("a house")), ((failing,),))
    recorder = AttentionRecorder(calls, network, [[()]], None)
    with pytest.raises(torch.OutOfMemoryError):
        recorder.at(0)(torch.zeros((1, 4, *LATENT)), Timestep(torch.tensor(1), 1))
    assert hooks(network) == 0
    assert recorder.seen() is None
    assert recorder.record(0, None) is None


@pytest.mark.parametrize(("places", "size"), [(48, (6, 8)), (12, (3, 4)), (4, (2, 2)), (1, (1, 1))])
def test_a_layer_finds_its_level_by_its_number_of_places(places: int, size: tuple[int, int]) -> None:
    assert level(LATENT, places) == size


def test_large_latents_get_maps_of_bounded_size(network: torch.nn.Module) -> None:
    x = torch.zeros((1, 4, 128, 72))
    with probes(network, (128, 72)) as seen, torch.inference_mode():
        network(x, torch.tensor(500), encoder_hidden_states=embeddings(1))
    assert seen.tokens().numpy().shape == (7, 64, 36)


@pytest.mark.parametrize("guidance_scale", [1.0, 4.0])
def test_a_run_tells_the_attention_of_each_call_and_makes_the_same_picture(
    guidance_scale: float, engine: Engine
) -> None:
    request = replace(REQUEST, guidance_scale=guidance_scale, sampler="heun")
    plain = list(engine.run(Generate(request)))
    watched = list(engine.run(Generate(request, attention=True)))
    assert np.array_equal(ready(plain).image.pixels, ready(watched).image.pixels)
    assert all(event.attention is None for event in plain if isinstance(event, Stepped))
    records = [event.attention for event in watched if isinstance(event, Stepped)]
    assert [calls_of(record) for record in records] == [list(range(end)) for end in range(1, 10)]
    assert records[0] is not None
    assert [word.text for word in records[0].words] == ["a", "red", "house"]
    assert records[0].calls[0].maps.shape == (3, 6, 8)
    assert records[0].calls[0].maps.dtype == np.float16


def test_a_branch_tells_the_attention_of_its_own_calls(engine: Engine) -> None:
    whole = ready(list(engine.run(Generate(REQUEST))))
    branch = Branch(whole.film, 3, replace(REQUEST, prompt="a blue boat at sea", size=Size(32, 24)))
    events = list(engine.run(GenerateBranch(branch, attention=True)))
    records = [event.attention for event in events if isinstance(event, Stepped)]
    assert [calls_of(record) for record in records] == [[3], [3, 4]]
    assert records[0] is not None
    assert [word.text for word in records[0].words] == ["a", "blue", "boat", "at", "sea"]


def test_a_resumed_run_goes_on_in_its_record_of_attention(engine: Engine) -> None:
    watched = list(engine.run(Generate(REQUEST, attention=True)))
    before = next(event for event in watched if isinstance(event, Stepped) and event.frame.call == 1)
    branch = Branch(before.film, 2, before.film.request)
    events = list(engine.run(GenerateBranch(branch, attention=True, attended=before.attention)))
    assert np.array_equal(ready(events).image.pixels, ready(watched).image.pixels)
    records = [event.attention for event in events if isinstance(event, Stepped)]
    assert calls_of(records[-1]) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("sampler", ["ddim", "euler_a", "heun", "dpmpp_2m_sde_karras"])
@pytest.mark.parametrize("guidance_scale", [1.0, 4.0])
def test_a_film_tells_afterwards_what_it_would_have_told_meanwhile(
    sampler: str, guidance_scale: float, engine: Engine
) -> None:
    request = replace(REQUEST, sampler=sampler, guidance_scale=guidance_scale)
    watched = list(engine.run(Generate(request, attention=True)))
    (*_, last) = (event for event in watched if isinstance(event, Stepped))
    told: list[Event] = []
    record = result_of(engine, RecordAttention(last.film), told.append)
    assert record is not None
    assert last.attention is not None
    assert record.words == last.attention.words
    for maps, expected in zip(record.calls, last.attention.calls, strict=True):
        assert maps.call == expected.call
        assert np.array_equal(maps.maps, expected.maps)
    calls = len(last.film.frames)
    assert [event for event in told if isinstance(event, Advanced)] == [
        Advanced(done, calls) for done in range(1, calls + 1)
    ]


def test_a_film_that_began_with_a_picture_counts_its_texts_as_the_run_did(engine: Engine, tmp_path: Path) -> None:
    picture = tmp_path / "photo.png"
    Image.fromarray(np.zeros((32, 32, 3), np.uint8)).save(picture)
    prompt = "[a red house:blue boats:0.4]"
    request = replace(REQUEST, prompt=prompt, source=Source(str(picture), 0.6))
    (*_, last) = (e for e in engine.run(Generate(request, attention=True)) if isinstance(e, Stepped))
    record = result_of(engine, RecordAttention(last.film))
    assert record is not None
    assert last.attention is not None
    for maps, expected in zip(record.calls, last.attention.calls, strict=True):
        assert maps.words == expected.words
        assert np.array_equal(maps.maps, expected.maps)


def test_a_branch_with_another_negative_prompt_keeps_the_calls_before(engine: Engine) -> None:
    whole = ready(list(engine.run(Generate(REQUEST))))
    branch = Branch(whole.film, 3, replace(REQUEST, negative_prompt="rain"))
    film = ready(list(engine.run(GenerateBranch(branch)))).film
    assert calls_of(result_of(engine, RecordAttention(film))) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("fresh_noise", [0.0, 0.5])
def test_a_film_leaves_out_the_calls_that_another_prompt_made(fresh_noise: float, engine: Engine) -> None:
    whole = ready(list(engine.run(Generate(REQUEST))))
    branch = Branch(whole.film, 3, replace(REQUEST, prompt="a blue boat"), fresh_noise=fresh_noise)
    film = ready(list(engine.run(GenerateBranch(branch)))).film
    assert calls_of(result_of(engine, RecordAttention(film))) == ([0, 1] if fresh_noise else [3, 4])


def calls_of(record: AttentionRecord | None) -> list[int]:
    return [maps.call for maps in record.calls] if record is not None else []
