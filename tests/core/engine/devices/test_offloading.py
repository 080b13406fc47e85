"""The place of a model's parts changes the memory, never the picture."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import numpy as np
import psutil
import pytest
import torch

from core.engine.devices.group_offload import put_into_groups
from core.engine.devices.part_hooks import InTurns
from core.engine.engine import Engine
from core.engine.loading.load import load
from core.engine.loading.loaded_model import LoadedModel
from core.errors import OutOfMemory
from core.models.catalogue import Catalogue
from core.models.memory_plan import DeviceMemory, MemoryPlan, Placement
from core.pictures.picture import GeneratedImage
from core.request.request import GenerationRequest, Size
from core.runs.events import ImageReady, PreviewMode, Stepped
from core.runs.operations import Generate, ReportMemory, result_of
from tests.tiny_families import TINY_MODELS, smallest_request

REQUEST = GenerationRequest(
    "abc",
    negative_prompt="d",
    model="tiny",
    size=Size(64, 64),
    steps=3,
    guidance_scale=3.0,
    seed=5,
    sampler="ddim",
)


def picture(engine: Engine, request: GenerationRequest = REQUEST) -> GeneratedImage:
    *_, last = engine.run(Generate(request))
    assert isinstance(last, ImageReady)
    return last.image


def engine_with(models: Path, placement: Placement | None) -> Engine:
    return Engine(Catalogue((models,)), "cpu", "float32", placement)


@pytest.mark.parametrize("model", TINY_MODELS)
def test_each_placement_gives_the_same_picture_twice(one_of_each: Path, model: str) -> None:
    request = smallest_request(Catalogue((one_of_each,)).find(model), steps=2)
    expected = picture(engine_with(one_of_each, None), request).pixels
    for placement in list(Placement)[1:]:
        engine = engine_with(one_of_each, placement)
        for _ in range(2):
            assert np.array_equal(picture(engine, request).pixels, expected), placement


def loaded_of(engine: Engine) -> LoadedModel:
    loaded = engine._context._loaded  # pyright: ignore[reportPrivateUsage]
    assert loaded is not None
    return loaded


def test_parts_move_from_any_placement_to_any_other(models: Path) -> None:
    engine = engine_with(models, None)
    expected = picture(engine).pixels
    offloading = loaded_of(engine).offloading
    for one, other in permutations(Placement, 2):
        if Placement.drop_encoder not in (one, other):  # on a processor its weights are read again
            for placement in (one, other):
                offloading.move_to(placement)
                assert np.array_equal(picture(engine).pixels, expected), (one, other)


def test_a_part_that_leaves_takes_back_the_weights_that_it_came_with() -> None:
    network = torch.nn.Linear(2, 2).requires_grad_(requires_grad=False)
    turns = InTurns(torch.device("cpu"), [], leaves=True)
    before = network.weight.data_ptr()
    turns.pre_forward(network)
    network.weight.data = network.weight.data.clone()  # as they would lie on a GPU
    assert network.weight.data_ptr() != before
    network.added = torch.nn.Linear(2, 2)  # by a LoRA
    turns.post_forward(network, None)
    assert network.weight.data_ptr() == before


@pytest.fixture
def small_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the planning take the processor for a GPU with room for a picture of 64x64, not for 128x128."""
    monkeypatch.setattr("core.engine.loading.loaded_model.SHARED_MEMORY", ())
    memory = DeviceMemory("cuda", 60 * 2**20, 60 * 2**20)
    for module in ("load", "planning"):
        monkeypatch.setattr(f"core.engine.loading.{module}.memory_now", Mock(return_value=memory))


LARGE = replace(REQUEST, size=Size(128, 128))


@pytest.mark.usefixtures("small_gpu")
def test_a_picture_is_placed_by_its_size_and_again_when_memory_ran_out(models: Path) -> None:
    engine = engine_with(models, None)
    expected = picture(engine).pixels
    offloading, vae = loaded_of(engine).offloading, loaded_of(engine).family.autoencoder()
    assert (offloading.placement, vae.use_tiling) == (Placement.on_device, False)
    picture(engine, LARGE)
    assert (offloading.placement, vae.use_tiling) == (Placement.group_offload, True)
    assert not offloading.has_fallen  # it was planned so
    assert np.array_equal(picture(engine).pixels, expected)
    assert (offloading.placement, vae.use_tiling) == (Placement.on_device, False)
    offloading.move_to(Placement.group_offload)
    offloading.too_large = 64 * 64
    offloading.room_then = 60 * 2**20
    picture(engine)
    assert offloading.placement is Placement.group_offload  # of this size it ran out
    offloading.room_then = 50 * 2**20
    picture(engine)
    assert offloading.placement is Placement.on_device  # another program has ended since
    offloading.move_to(Placement.group_offload)
    offloading.room_then = 60 * 2**20
    offloading.too_large = 128 * 128
    assert np.array_equal(picture(engine).pixels, expected)
    assert offloading.placement is Placement.on_device


@pytest.mark.usefixtures("small_gpu")
def test_the_way_back_up_that_finds_too_little_memory_leads_down_again(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = engine_with(models, None)
    expected = picture(engine).pixels
    offloading = loaded_of(engine).offloading
    picture(engine, LARGE)
    monkeypatch.setattr(offloading, "_device", torch.device("cuda"))  # which has steps down
    moves, move_to = list[Placement](), offloading.move_to

    def short(placement: Placement) -> None:
        moves.append(placement)
        offloading.placement = placement
        if placement is Placement.on_device:
            offloading.is_placed = False
            torch.empty(1 << 50)
        monkeypatch.setattr(offloading, "_device", torch.device("cpu"))
        move_to(placement)

    monkeypatch.setattr(offloading, "move_to", short)
    assert np.array_equal(picture(engine).pixels, expected)
    assert moves == [Placement.on_device, Placement.on_device, Placement.drop_encoder]
    assert offloading.too_large == 64 * 64


@pytest.mark.usefixtures("small_gpu")
def test_a_small_picture_beside_a_large_one_leaves_it_the_room(models: Path) -> None:
    engine = engine_with(models, None)
    expected = picture(engine).pixels
    offloading = loaded_of(engine).offloading
    large = engine.run(Generate(replace(LARGE, steps=3), PreviewMode.linear))
    assert any(isinstance(event, Stepped) for event in large)
    assert np.array_equal(picture(engine).pixels, expected)
    assert offloading.placement is Placement.group_offload
    assert offloading.pixels == 128 * 128
    assert isinstance(list(large)[-1], ImageReady)
    picture(engine)
    assert offloading.placement is Placement.on_device


@pytest.mark.parametrize(
    ("kind", "free_share", "pins_all"),
    [("cuda", 2.1, True), ("cuda", 1.7, False), ("xpu", 1.7, False), ("cpu", 2.1, None)],
)
def test_layers_come_by_a_stream_where_the_device_has_one(
    monkeypatch: pytest.MonkeyPatch, kind: str, free_share: float, pins_all: bool | None
) -> None:
    apply = Mock()
    monkeypatch.setattr("core.engine.devices.group_offload.apply_group_offloading", apply)
    network = torch.nn.Linear(3072, 12288, dtype=torch.bfloat16)  # 75.5 MB, for which torch pins 134 MB
    free = int(free_share * network.weight.nbytes)
    monkeypatch.setattr(
        "core.engine.devices.group_offload.computer_memory", lambda: DeviceMemory("cpu", free, free)
    )
    put_into_groups(network, torch.device(kind))
    given = apply.call_args.kwargs
    assert (given["use_stream"], given["record_stream"]) == (kind != "cpu", kind != "cpu")
    assert given["low_cpu_mem_usage"] is (pins_all is False)  # there is no room to pin all of it


@pytest.mark.parametrize(("total_share", "pins_all"), [(8.0, True), (3.0, False)])
@pytest.mark.parametrize(("system", "release"), [("nt", "11"), ("posix", "6.6.87.2-microsoft-standard-WSL2")])
def test_windows_pins_less_than_half_of_the_computers_memory(
    monkeypatch: pytest.MonkeyPatch, system: str, release: str, total_share: float, pins_all: bool
) -> None:
    apply, module = Mock(), "core.engine.devices.group_offload"
    monkeypatch.setattr(f"{module}.apply_group_offloading", apply)
    monkeypatch.setattr(f"{module}.os", SimpleNamespace(name=system))
    monkeypatch.setattr(f"{module}.platform", SimpleNamespace(release=lambda: release))
    network = torch.nn.Linear(3072, 12288, dtype=torch.bfloat16)
    total = int(total_share * network.weight.nbytes)
    monkeypatch.setattr(f"{module}.computer_memory", lambda: DeviceMemory("cpu", total, total))
    put_into_groups(network, torch.device("cuda"))
    assert apply.call_args.kwargs["low_cpu_mem_usage"] is not pins_all


def test_the_network_stays_while_prompts_are_known_and_aside_for_a_decode_that_needs_room(models: Path) -> None:
    engine = engine_with(models, Placement.encoder_in_turns)
    picture(engine)
    parts = loaded_of(engine).family.parts()
    turns = parts["unet"]._hf_hook._present
    assert turns == [parts["unet"]]
    assert not hasattr(parts["vae"], "_hf_hook")
    picture(engine)
    assert turns == [parts["unet"]]
    with loaded_of(engine).offloading.alone("vae"):
        assert turns == []
    picture(engine, replace(REQUEST, prompt="another"))
    assert turns == [parts["unet"]]


def test_a_model_that_does_not_fit_while_it_is_loaded_is_loaded_in_another_way(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[Placement] = []

    def failing(model: Any, plan: Any, memory: MemoryPlan, *rest: Any) -> LoadedModel:
        tried.append(memory.placement)
        if memory.placement is Placement.on_device or is_hopeless:
            torch.empty(1 << 50)
        return load(model, plan, memory, *rest)

    monkeypatch.setattr("core.engine.context.load", failing)
    is_hopeless = False
    expected = picture(engine_with(models, Placement.drop_encoder)).pixels
    tried.clear()
    assert np.array_equal(picture(engine_with(models, None)).pixels, expected)
    assert tried == [Placement.on_device, Placement.drop_encoder]
    is_hopeless = True
    with pytest.raises(OutOfMemory):
        picture(engine_with(models, None))


def test_a_freed_encoder_reads_the_next_prompt_as_before(models: Path) -> None:
    plain, freed = (engine_with(models, placement) for placement in (None, Placement.drop_encoder))
    for prompt in ("a", "b", "a"):
        request = GenerationRequest(prompt, negative_prompt="c", model="tiny", size=Size(64, 64), steps=1, seed=5)
        assert np.array_equal(picture(plain, request).pixels, picture(freed, request).pixels)


def test_ten_switches_between_models_give_all_memory_back(models: Path) -> None:
    engine = engine_with(models, None)
    process = psutil.Process()

    def use(model: str) -> None:
        picture(engine, GenerationRequest("a", model=model, size=Size(64, 64), steps=1, seed=1))

    for model in ("tiny", "tiny-v", "tiny"):
        use(model)
    first = process.memory_info().rss
    for number in range(10):
        use(("tiny-v", "tiny")[number % 2])
    assert process.memory_info().rss < 1.05 * first


def test_the_engine_tells_how_its_model_was_placed(models: Path) -> None:
    engine = Engine(Catalogue((models,)), "cpu", "float32", tiled_decode=True)
    assert result_of(engine, ReportMemory()).model == ""
    assert picture(engine).recipe.note == "decoded in tiles"
    use = result_of(engine, ReportMemory())
    assert use.plan is not None
    assert (use.model, use.placement, use.plan.tiled_decode) == ("tiny", Placement.on_device, True)
    assert 0 < use.device.free <= use.device.total
    engine.close()
    assert result_of(engine, ReportMemory()).plan is None
