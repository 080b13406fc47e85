"""A GPU with memory of its own: every placement gives the processor's picture, and copies no more than it says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.errors import DeviceLost
from core.models.catalogue import Catalogue
from core.models.memory_plan import Placement
from core.request.request import GenerationRequest, Lora, Size
from core.runs.events import ImageReady
from tests import tiny
from tests.nvidia import Nvidia, nvidia_gpu
from tests.on_gpus import assert_same_picture, engine_on, last_of
from tests.tiny_families import TINY_MODELS, smallest_request

REQUEST = GenerationRequest("abc", model="tiny", size=Size(64, 64), sampler="ddim", steps=3, seed=5)


@pytest.fixture
def gpu() -> Iterator[Nvidia]:
    with nvidia_gpu() as gpu:
        yield gpu


@pytest.fixture(scope="module")
def processors(one_of_each: Path) -> Callable[[str], tuple[GenerationRequest, ImageReady]]:
    """Makes a request for a model and the processor's picture of it, once."""
    engine = engine_on("cpu", one_of_each)

    @cache
    def made(model: str) -> tuple[GenerationRequest, ImageReady]:
        request = smallest_request(Catalogue((one_of_each,)).find(model), steps=2)
        return request, last_of(engine, request)

    return made


def test_an_engine_makes_its_gpu_the_current_one(models: Path, gpu: Nvidia) -> None:
    engine_on("cuda", models)
    current: Any = torch.cuda.set_device
    current.assert_called_once_with(gpu.device)


@pytest.mark.parametrize("placement", Placement)
@pytest.mark.parametrize("model", TINY_MODELS)
def test_every_placement_gives_the_processors_picture(
    one_of_each: Path,
    processors: Callable[[str], tuple[GenerationRequest, ImageReady]],
    model: str,
    placement: Placement,
) -> None:
    request, expected = processors(model)
    with nvidia_gpu():
        engine = engine_on("cuda", one_of_each, placement=placement)
        for _ in range(2):
            assert_same_picture(last_of(engine, request), expected)


def test_weights_are_never_copied_back_and_come_only_where_they_are_needed(models: Path, gpu: Nvidia) -> None:
    again, new = dict[Placement, Counter[str]](), dict[Placement, Counter[str]]()
    for placement in Placement:
        engine = engine_on("cuda", models, placement=placement)
        last_of(engine, REQUEST)
        for counts, prompt in ((again, REQUEST.prompt), (new, "de")):
            gpu.counts.clear()
            last_of(engine, replace(REQUEST, prompt=prompt))
            counts[placement] = Counter(gpu.counts)
    back = again[Placement.on_device]["to cpu"]
    assert {counts["to cpu"] for counts in again.values()} == {back}
    assert {counts["to cpu"] for counts in new.values()} <= {back, back + 1}  # the numbers of an encoder's places
    here = again[Placement.on_device]["to cuda"]
    for stays in (Placement.drop_encoder, Placement.encoder_in_turns):
        assert again[stays]["to cuda"] == here
        assert new[stays]["to cuda"] > here
    assert again[Placement.model_offload]["to cuda"] > here  # the autoencoder in the place of the network
    # a layer comes in every step: more often than in model offload, where all layers come once
    assert again[Placement.group_offload]["to cuda"] > again[Placement.model_offload]["to cuda"]


def test_weights_are_packed_on_the_gpu_that_they_stay_on(models: Path, gpu: Nvidia) -> None:
    came = list[int]()
    for bits in (8, 4):
        gpu.counts.clear()
        last_of(engine_on("cuda", models), replace(REQUEST, weight_bits=bits))
        came.append(gpu.counts["to cuda"])
    assert came[0] == came[1]  # as they are: packed, 8 bits are two tensors and 4 bits three


def test_a_run_that_finds_too_little_memory_goes_down_step_by_step_and_the_next_one_up(
    models: Path, gpu: Nvidia
) -> None:
    del gpu
    engine = engine_on("cuda", models)
    expected = last_of(engine, REQUEST)
    loaded: Any = engine._context._loaded  # pyright: ignore[reportPrivateUsage]
    offloading, network = loaded.offloading, loaded.family.network()
    tried: list[Placement] = []

    def short(*_: object) -> None:
        tried.append(offloading.placement)
        if offloading.placement is not Placement.group_offload:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")

    handle = network.conv_in.register_forward_pre_hook(short)
    large = last_of(engine, replace(REQUEST, size=Size(72, 64)))
    assert tried[:6] == [Placement.on_device, *Placement]
    assert set(tried[5:]) == {Placement.group_offload}
    handle.remove()
    with_room = last_of(engine, REQUEST)
    assert offloading.placement is Placement.on_device
    assert {weight.device.type for weight in network.parameters()} == {"cuda"}
    assert_same_picture(with_room, expected)
    assert_same_picture(last_of(engine, replace(REQUEST, size=Size(72, 64))), large)


def test_pinned_memory_is_given_back_with_the_gpus(models: Path, gpu: Nvidia) -> None:
    del gpu
    engine = engine_on("cuda", models, placement=Placement.group_offload)
    last_of(engine, REQUEST)
    given_back: Any = torch.accelerator.empty_host_cache
    given_back.reset_mock()
    engine.close()
    given_back.assert_called_once_with()


def test_a_lost_gpu_does_not_hide_what_told_so(models: Path, gpu: Nvidia) -> None:
    del gpu
    engine = engine_on("cuda", models)
    last_of(engine, REQUEST)
    empty: Any = torch.cuda.empty_cache
    empty.side_effect = torch.AcceleratorError("CUDA error: an illegal memory access was encountered")
    with pytest.raises(DeviceLost), closing(engine):
        raise DeviceLost("GeForce")


def test_a_lora_comes_and_goes_while_layers_come_by_a_stream(models: Path, tmp_path: Path) -> None:
    path = tiny.lora(tmp_path / "ink.safetensors", tiny.unet(), "unet")
    with_lora, processor = (
        replace(REQUEST, loras=(Lora(str(path), 0.8),)),
        engine_on("cpu", models),
    )
    expected = last_of(processor, with_lora), last_of(processor, REQUEST)
    assert not np.array_equal(expected[0].image.pixels, expected[1].image.pixels)
    with nvidia_gpu():
        engine = engine_on("cuda", models, placement=Placement.group_offload)
        for _ in range(2):
            assert_same_picture(last_of(engine, with_lora), expected[0])
            assert_same_picture(last_of(engine, REQUEST), expected[1])


def test_a_decode_that_finds_too_little_memory_gets_that_of_the_network(
    models: Path, gpu: Nvidia, expected_warnings: list[str]
) -> None:
    del gpu
    expected_warnings.append("out of memory while decoding")
    engine = engine_on("cuda", models)
    expected = last_of(engine, REQUEST)
    loaded: Any = engine._context._loaded  # pyright: ignore[reportPrivateUsage]
    vae, network = loaded.family.autoencoder(), loaded.family.network()
    decode, places = vae.decode, list[str]()

    def short(latents: torch.Tensor, **options: Any) -> Any:
        places.append(network.conv_in.weight.device.type)
        if places[-1] == "cuda":
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
        return decode(latents, **options)

    vae.decode = short
    there = last_of(engine, REQUEST)
    assert (places, there.image.recipe.note) == (["cuda", "cpu"], "")
    assert network.conv_in.weight.device.type == "cuda"
    assert_same_picture(there, expected)
