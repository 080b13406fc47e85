"""Calls are replayed only where that gives the network's own bits; a stand-in captures by calling again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.engine.devices.machine import computed_by
from core.engine.devices.offloading import Offloading
from core.engine.engine import Engine
from core.engine.networks.graphs import MOST_GRAPHS, MOST_KEYS, Graphs
from core.errors import EmulsionError
from core.film.film import Film
from core.models.acceleration import Acceleration
from core.models.catalogue import Catalogue
from core.models.memory_plan import Placement
from core.request.request import GenerationRequest, Lora, Size
from core.runs.branch import Branch
from core.runs.events import ComputedElsewhere, ImageReady, PreviewMode, Stepped
from core.runs.operations import Generate, GenerateBranch
from tests import tiny
from tests.recaptures import Recaptures, graphs_everywhere
from tests.tiny_families import TINY_MODELS, smallest_request

REQUEST = GenerationRequest("abc", model="tiny", size=Size(64, 64), sampler="ddim", steps=6, seed=5)


@pytest.fixture
def captures(monkeypatch: pytest.MonkeyPatch) -> Recaptures:
    return graphs_everywhere(monkeypatch)


def picture(engine: Engine, request: GenerationRequest = REQUEST) -> ImageReady:
    *_, last = engine.run(Generate(request, PreviewMode.linear))
    assert isinstance(last, ImageReady)
    return last


def assert_same(one: Film, other: Film) -> None:
    for mine, theirs in zip(one.frames, other.frames, strict=True):
        np.testing.assert_array_equal(mine.noisy, theirs.noisy)
        np.testing.assert_array_equal(mine.guided, theirs.guided)


def engine_of(models: Path, acceleration: Acceleration = Acceleration.automatic) -> Engine:
    return Engine(Catalogue((models,)), "cpu", "float32", acceleration=acceleration)


def offloading_of(engine: Engine) -> Offloading:
    loaded = engine._context._loaded  # pyright: ignore[reportPrivateUsage]
    assert loaded is not None
    return loaded.offloading


@pytest.mark.parametrize("model", TINY_MODELS)
def test_every_family_gives_the_same_bits_by_graphs(one_of_each: Path, captures: Recaptures, model: str) -> None:
    request = smallest_request(Catalogue((one_of_each,)).find(model), steps=4)
    plain, graphed = (
        engine_of(one_of_each, acceleration) for acceleration in (Acceleration.off, Acceleration.automatic)
    )
    for one in (request, replace(request, seed=9), replace(request, prompt="b")):
        assert_same(picture(graphed, one).film, picture(plain, one).film)
    assert captures.replays > 4


def test_two_calls_are_made_as_ever_and_one_graph_is_kept_for_each_of_two_sizes(
    models: Path, captures: Recaptures
) -> None:
    engine, plain = engine_of(models), engine_of(models, Acceleration.off)
    sizes = (Size(64, 64), Size(72, 64), Size(64, 72))
    for seed, size in ((0, sizes[0]), (0, sizes[1]), (1, sizes[0]), (1, sizes[1]), (1, sizes[2]), (2, sizes[0])):
        request = replace(REQUEST, size=size, seed=seed)
        before = captures.replays
        assert_same(picture(engine, request).film, picture(plain, request).film)
        if seed == 0:
            assert captures.replays - before == REQUEST.steps - 2  # the first is compared
    assert captures.slots[:3] == [0, 1, 0]
    assert set(captures.slots) == set(range(MOST_GRAPHS))


def test_outputs_that_are_kept_are_not_those_of_the_next_replay() -> None:
    network = torch.nn.Linear(2, 2).requires_grad_(requires_grad=False)
    inputs = [torch.full((1, 2), float(number)) for number in range(6)]
    expected = [network(x) for x in inputs]
    captures = Recaptures()
    Graphs(network, captures)
    made = [network(x) for x in inputs]
    assert captures.replays > 2
    assert all(torch.equal(one, other) for one, other in zip(made, expected, strict=True))


def test_without_room_for_them_there_are_none(models: Path, captures: Recaptures) -> None:
    engine = engine_of(models)
    picture(engine)
    made = len(captures.slots)
    offloading = offloading_of(engine)
    offloading.plan = replace(offloading.plan, has_room_for_graphs=False)
    offloading.use_graphs()
    picture(engine)
    assert (offloading.way_of_calls, len(captures.slots)) == ("", made)


@pytest.mark.parametrize("failure", ["wrong", "refused", "memory"])
def test_a_graph_that_is_not_the_network_is_not_used(
    models: Path, captures: Recaptures, expected_warnings: list[str], failure: str
) -> None:
    if failure == "wrong":
        captures.is_wrong = True
        expected_warnings.append("a graph of the network gave other bits")
    else:
        text = "CUDA out of memory." if failure == "memory" else "operation not permitted when stream is capturing"
        captures.error = (torch.OutOfMemoryError if failure == "memory" else RuntimeError)(text)
    engine = engine_of(models)
    for seed in (5, 6):
        request = replace(REQUEST, seed=seed)
        film = picture(engine, request).film
        assert_same(film, picture(engine_of(models, Acceleration.off), request).film)
        assert film.computed_by.endswith("CUDA graphs") == (seed == 5)  # the next one knows
    assert len(captures.slots) == 1
    assert captures.replays == (failure == "wrong")


def test_watched_attention_is_computed_as_ever(models: Path, captures: Recaptures) -> None:
    engine = engine_of(models)
    picture(engine)
    before = captures.replays
    watched = Generate(REQUEST, PreviewMode.linear, attention=True)
    there, here = (
        [event.attention for event in one.run(watched) if isinstance(event, Stepped)]
        for one in (engine, engine_of(models, Acceleration.off))
    )
    assert captures.replays == before
    assert there[-1] is not None
    assert here[-1] is not None
    np.testing.assert_array_equal(there[-1].summed, here[-1].summed)


def test_another_weight_of_a_lora_is_captured_anew(models: Path, captures: Recaptures, tmp_path: Path) -> None:
    path = tiny.lora(tmp_path / "ink.safetensors", tiny.unet(), "unet")
    engine, plain = engine_of(models), engine_of(models, Acceleration.off)
    for number, weight in enumerate((None, 0.5, 0.9, None), 1):
        loras = () if weight is None else (Lora(str(path), weight),)
        request = replace(REQUEST, loras=loras)
        assert_same(picture(engine, request).film, picture(plain, request).film)
        assert len(captures.slots) == number


def test_a_lora_that_fails_leaves_neither_graphs_nor_prompts_of_the_one_before(
    models: Path, captures: Recaptures, tmp_path: Path
) -> None:
    words = tiny.lora(tmp_path / "words.safetensors", tiny.text_encoder(514), "lora_te_text_model", kohya=True)
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(words.read_bytes()[:-8])
    engine = engine_of(models)
    plain = picture(engine)
    picture(engine, replace(REQUEST, loras=(Lora(str(words), 1.0),)))
    with pytest.raises(EmulsionError):
        picture(engine, replace(REQUEST, loras=(Lora(str(broken), 1.0),)))
    assert_same(picture(engine).film, plain.film)
    assert len(captures.slots) == 3


def test_graphs_go_first_when_memory_is_short_and_come_back_with_a_new_placement(
    models: Path, captures: Recaptures
) -> None:
    engine = engine_of(models)
    expected = picture(engine)
    offloading = offloading_of(engine)
    network = offloading._network  # pyright: ignore[reportPrivateUsage]
    assert offloading.way_of_calls == "CUDA graphs"
    calls = iter(range(100))

    def fails_once(*_: object) -> None:
        if next(calls) == 0:
            torch.empty(1 << 50)

    handle = network.conv_in.register_forward_pre_hook(fails_once)
    assert_same(picture(engine).film, expected.film)
    handle.remove()
    assert offloading.placement is Placement.on_device
    assert (offloading.way_of_calls, "forward" in vars(network)) == ("", False)
    offloading.move_to(Placement.model_offload)
    assert offloading.way_of_calls == ""
    offloading.move_to(Placement.on_device)
    assert_same(picture(engine).film, expected.film)
    assert offloading.way_of_calls == "CUDA graphs"
    assert len(captures.slots) == 2


def test_a_film_tells_of_graphs_and_goes_on_without_them_as_the_same(models: Path, captures: Recaptures) -> None:
    whole = picture(engine_of(models)).film
    assert captures.replays
    assert whole.computed_by.endswith(", CUDA graphs")
    events = list(engine_of(models, Acceleration.off).run(GenerateBranch(Branch(whole, 3, whole.request))))
    assert not any(isinstance(event, ComputedElsewhere) for event in events)
    assert isinstance(events[-1], ImageReady)
    assert_same(events[-1].film, whole)
    cpu = torch.device("cpu")
    assert computed_by(cpu, "float32", "compiled", whole.computed_by).endswith(", compiled")


def test_what_a_u_net_takes_out_of_a_list_is_there_again_when_it_is_captured() -> None:
    """Of what an adapter gives it (``down_intrablock_additional_residuals``)."""
    network, captures = tiny.unet().requires_grad_(requires_grad=False), Recaptures()
    x, text = torch.randn(1, 4, 16, 16), torch.randn(1, 5, tiny.WIDTH)
    given = torch.randn(1, 8, 8, 8), torch.randn(1, 16, 8, 8)

    def call() -> torch.Tensor:
        return network(x, 7, text, down_intrablock_additional_residuals=list(given), return_dict=False)[0]

    expected = call()
    graphs = Graphs(network, captures)
    for _ in range(4):  # two as ever, then two by the graph
        assert torch.equal(call(), expected)
    assert (graphs.count, captures.replays) == (1, 2)
    graphs.remove()
    assert graphs.count == 0


def test_a_kind_of_call_that_was_not_made_for_long_is_forgotten() -> None:
    network = torch.nn.Linear(2, 2).requires_grad_(requires_grad=False)
    graphs = Graphs(network, Recaptures())
    for _ in range(2):
        for rows in range(1, 40):
            network(torch.ones(rows, 2))
    assert len(graphs._calls) == MOST_KEYS  # pyright: ignore[reportPrivateUsage]
    graphs.remove()
    assert "forward" not in vars(network)


def test_graphs_wait_for_the_gpu_before_their_memory_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    network = torch.nn.Linear(2, 2).requires_grad_(requires_grad=False)
    graphs, left = Graphs(network, Recaptures()), list[int]()

    def lost() -> None:
        left.append(graphs.count)
        raise RuntimeError("CUDA error: unspecified launch failure")

    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "synchronize", lost)
    graphs.forget()
    assert not left, "there was none"
    for _ in range(4):
        network(torch.ones(1, 2))
    graphs.forget()
    assert (left, graphs.count) == ([1], 0)
