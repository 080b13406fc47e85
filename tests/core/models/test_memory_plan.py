"""A model is fitted into the machine before it is loaded."""

from __future__ import annotations

import pytest

from core.errors import InvalidRequest
from core.families import FAMILIES
from core.models.memory_plan import (
    GIB,
    LARGEST_SCORES,
    DeviceMemory,
    Placement,
    computer_memory,
    parse_placement,
    plan_memory,
)
from core.models.model_weights import ModelWeights
from core.request.request import Size

FAMILY = FAMILIES["stable_diffusion_xl"]
SD15 = ModelWeights(123_000_000, 859_500_000, 83_700_000)
SDXL = ModelWeights(818_000_000, 2_567_000_000, 83_700_000)
FLUX_DEV = ModelWeights(4_885_000_000, 11_900_000_000, 83_800_000)


@pytest.mark.parametrize(
    ("weights", "dtype", "side", "kind", "free_gib", "placement", "is_tiled"),
    [
        (SD15, "float16", 512, "cuda", 8.0, Placement.on_device, False),
        (SD15, "float16", 512, "cuda", 4.0, Placement.on_device, False),
        (SD15, "bfloat16", 512, "cpu", 16.0, Placement.on_device, False),
        (SD15, "float32", 512, "cpu", 5.5, Placement.drop_encoder, False),
        (SDXL, "bfloat16", 1024, "cuda", 12.0, Placement.on_device, False),
        (SDXL, "bfloat16", 1024, "cuda", 9.0, Placement.on_device, True),
        (SDXL, "bfloat16", 1024, "cuda", 7.2, Placement.drop_encoder, True),
        (SDXL, "bfloat16", 1024, "cuda", 5.7, Placement.model_offload, False),
        (SDXL, "bfloat16", 1024, "cuda", 4.0, Placement.group_offload, False),
        (SDXL, "bfloat16", 1024, "cpu", 12.0, Placement.on_device, False),
        (FLUX_DEV, "bfloat16", 1024, "cuda", 80.0, Placement.on_device, False),
        (FLUX_DEV, "bfloat16", 1024, "cuda", 24.0, Placement.group_offload, False),
    ],
)
def test_the_fastest_placement_that_fits_is_chosen(
    weights: ModelWeights,
    dtype: str,
    side: int,
    kind: str,
    free_gib: float,
    placement: Placement,
    is_tiled: bool,
) -> None:
    free = int(free_gib * GIB)
    chosen = plan_memory(FAMILY, weights, dtype, Size(side, side), DeviceMemory(kind, 2 * free, free))
    assert (chosen.placement, chosen.tiled_decode, chosen.fits) == (placement, is_tiled, True)
    assert chosen.needed <= free


def test_a_device_that_shares_the_computers_memory_has_no_other_place_for_weights() -> None:
    for kind in ("cpu", "mps"):
        plan = plan_memory(FAMILY, SDXL, "float16", Size(1024, 1024), DeviceMemory(kind, 8 * GIB, GIB))
        assert (plan.placement, plan.fits) == (Placement.drop_encoder, False)


def test_scores_of_attention_that_a_device_holds_count_up_to_a_bound() -> None:
    free = 64 * GIB
    for side, more in ((64, 2 * 2 * 8 * 64**2 * 4), (512, 2 * LARGEST_SCORES), (1024, 2 * LARGEST_SCORES)):
        there, here = (
            plan_memory(
                FAMILY,
                SD15,
                "bfloat16",
                Size(side, side),
                DeviceMemory("cuda", free, free, holds_scores),
                tiles=side == 1024,
            )
            for holds_scores in (True, False)
        )
        assert 0 < there.needed - here.needed <= more


@pytest.mark.parametrize(("side", "scores"), [(256, 2 * 8 * 32**4 * 4), (1024, LARGEST_SCORES)])
def test_scores_of_a_step_count_where_it_is_the_highest_use(side: int, scores: int) -> None:
    there, here = (
        plan_memory(
            FAMILY,
            SDXL,
            "bfloat16",
            Size(side, side),
            DeviceMemory("cuda", 64 * GIB, 64 * GIB, holds_scores),
            Placement.model_offload,
        )
        for holds_scores in (True, False)
    )
    assert there.needed - here.needed == 2 * scores  # before and after the softmax


def test_an_autoencoder_that_stays_in_float32_counts_so() -> None:
    device = DeviceMemory("cuda", 64 * GIB, 64 * GIB)
    half, brain = (plan_memory(FAMILY, SDXL, dtype, Size(1024, 1024), device) for dtype in ("float16", "bfloat16"))
    assert half.weights - brain.weights == 2 * SDXL.autoencoder
    assert half.needed - half.weights == 2 * (brain.needed - brain.weights)  # the decode is its highest use


def test_a_family_that_float16_breaks_is_planned_in_what_it_is_loaded_in() -> None:
    for kind, bytes_per_value in (("cuda", 4), ("mps", 2)):
        device = DeviceMemory(kind, 64 * GIB, 64 * GIB)
        plan = plan_memory(FAMILIES["z_image"], SD15, "float16", Size(512, 512), device)
        assert plan.weights == bytes_per_value * (SD15.text_encoders + SD15.network + SD15.autoencoder)


def test_weights_count_in_the_dtype_that_they_are_loaded_in() -> None:
    device = DeviceMemory("cpu", 64 * GIB, 64 * GIB)
    half = plan_memory(FAMILY, SDXL, "bfloat16", Size(1024, 1024), device)
    full = plan_memory(FAMILY, SDXL, "float32", Size(1024, 1024), device)
    assert full.needed == 2 * half.needed
    assert half.needed > 2 * (SDXL.text_encoders + SDXL.network + SDXL.autoencoder)


def test_a_larger_picture_needs_more() -> None:
    device = DeviceMemory("cuda", 24 * GIB, 24 * GIB)
    needs = [plan_memory(FAMILY, SD15, "float16", Size(side, side), device).needed for side in (512, 768, 1024)]
    assert needs == sorted(set(needs))


def test_what_cannot_fit_says_so_with_both_figures() -> None:
    chosen = plan_memory(FAMILY, FLUX_DEV, "float16", Size(1024, 1024), DeviceMemory("cuda", 6 * GIB, 4 * GIB))
    assert not chosen.fits
    assert chosen.placement is Placement.group_offload
    assert chosen.describe() == "will not fit: needs about 9.8 GB, 4.3 GB are free"
    needed, free = f"{chosen.needed:,}", f"{4 * GIB:,}"
    assert chosen.figures == f"group_offload, tiled decode, {needed} bytes needed, {free} free, does not fit"


@pytest.mark.parametrize(
    ("free_gib", "sentence"),
    [
        (12.0, "runs fast: needs about 10.2 GB, 12.9 GB are free"),
        (
            7.2,
            "runs fast: text encoder unloaded after use; decoded in tiles; needs about 6.9 GB, 7.7 GB are free",
        ),
        (
            4.0,
            "with offloading, slower: a few layers on the device at a time; needs about 3.4 GB, 4.3 GB are free",
        ),
    ],
)
def test_the_plan_is_told_in_words(free_gib: float, sentence: str) -> None:
    device = DeviceMemory("cuda", 16 * GIB, int(free_gib * GIB))
    assert plan_memory(FAMILY, SDXL, "bfloat16", Size(1024, 1024), device).describe() == sentence


@pytest.mark.parametrize(
    ("free_gib", "sentence"),
    [
        (
            12.0,
            "Everything on the device: 6.9 GB of weights, about 10.2 GB with the work on the picture; "
            "12.9 GB of memory are free.",
        ),
        (
            7.2,
            "Text encoder unloaded after use, decoded in tiles: all at once it would need about 10.2 GB, "
            "6.9 GB of "
            "them weights; 7.7 GB of memory are free, and this way about 6.9 GB are enough.",
        ),
        (
            1.0,
            "A few layers on the device at a time, decoded in tiles: it needs about 1.6 GB, and 1.1 GB of "
            "memory are free, so it may run out of memory.",
        ),
    ],
)
def test_the_plan_is_explained(free_gib: float, sentence: str) -> None:
    device = DeviceMemory("cuda", 16 * GIB, int(free_gib * GIB))
    assert plan_memory(FAMILY, SDXL, "bfloat16", Size(1024, 1024), device).explain() == sentence


def test_a_chosen_placement_is_explained_as_chosen() -> None:
    device = DeviceMemory("cuda", 24 * GIB, 24 * GIB)
    plan = plan_memory(FAMILY, SD15, "float16", Size(512, 512), device, Placement.model_offload)
    assert plan.explain().startswith("One part of the model on the device at a time, as you have chosen: ")


def test_tiles_that_are_asked_for_are_made_where_there_is_room_too() -> None:
    device = DeviceMemory("cuda", 24 * GIB, 24 * GIB)
    plan = plan_memory(FAMILY, SD15, "float16", Size(1024, 1024), device, tiles=True)
    assert (plan.placement, plan.tiled_decode) == (Placement.on_device, True)
    assert plan.needed < plan.at_once


def test_a_placement_that_was_asked_for_is_taken_and_judged() -> None:
    device = DeviceMemory("cuda", 24 * GIB, 24 * GIB)
    asked = plan_memory(FAMILY, SD15, "float16", Size(512, 512), device, Placement.group_offload)
    assert (asked.placement, asked.fits, asked.is_asked) == (Placement.group_offload, True, True)
    small = DeviceMemory("cuda", 2 * GIB, GIB)
    assert not plan_memory(FAMILY, SDXL, "float16", Size(1024, 1024), small, Placement.on_device).fits


@pytest.mark.parametrize("placement", Placement)
def test_placements_have_names_for_the_command_line(placement: Placement) -> None:
    assert parse_placement(placement.name.replace("_", "-")) is placement


def test_an_unknown_placement_is_refused_with_the_choices() -> None:
    assert parse_placement("automatic") is None
    with pytest.raises(InvalidRequest, match="model-offload"):
        parse_placement("magic")


def test_the_computer_tells_what_it_has() -> None:
    memory = computer_memory()
    assert 0 < memory.free <= memory.total


def test_pictures_that_are_looked_at_count_in_each_step_and_not_in_the_decode() -> None:
    family, device = FAMILIES["flux2_klein"], DeviceMemory("cuda", 80 * GIB, 80 * GIB)
    needs = [
        plan_memory(family, SD15, "bfloat16", Size(1024, 1024), device, Placement.model_offload, seen=seen).needed
        for seen in (0, 2**20, 2 * 2**20)
    ]
    values = family.step_values * 2 * 2**20 // family.latents.factor**2
    assert needs[2] - needs[1] == values
    assert needs[1] > needs[0]
