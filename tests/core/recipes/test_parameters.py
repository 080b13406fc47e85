from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core.recipes.parameters import from_parameters, to_parameters
from core.recipes.recipe import Parent, signed
from core.request.hires import Hires
from core.request.mask import Margins
from core.request.request import Mask, Size, Source
from core.request.samplers import SAMPLERS
from core.request.settings.mask import MASK
from core.version import VERSION
from tests.pictures import generated_image

CREATED = datetime(2026, 11, 21, tzinfo=UTC)

OF_ANOTHER_PROGRAM = """a castle, <lora:thing:0.8>
on a hill
Negative prompt: people,
cars
Steps: 28, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 5.5, Seed: 1234567890, Size: 832x1216, \
Model hash: 45a21ea00a, Model: castles_v2, ENSD: 31337, Lora hashes: "thing: 0011aabb, other: 22cc", \
Version: v1.10.1"""


def text_of(**request: object) -> str:
    return to_parameters(signed(generated_image(**request).recipe, CREATED))  # pyright: ignore[reportArgumentType]


def test_the_text_is_what_other_programs_expect() -> None:
    assert text_of(sampler="dpmpp_2m_karras", guidance_scale=7.0) == (
        "a red house by the sea\n"
        "Negative prompt: blurry\n"
        "Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 7, Size: 32x24, "
        f"Model hash: 0123456789, Model: starter-model, RNG: CPU, Version: Emulsion {VERSION}"
    )


def test_an_empty_negative_prompt_has_no_line() -> None:
    assert "Negative prompt" not in text_of(negative_prompt="")


def test_values_with_separators_are_quoted() -> None:
    recipe = replace(signed(generated_image().recipe, CREATED), program='Emulsion, "test": 1')
    text = to_parameters(recipe)
    assert text.endswith('Version: "Emulsion, \\"test\\": 1"')
    assert from_parameters(text).program == recipe.program


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_comes_back(sampler: str) -> None:
    assert from_parameters(text_of(sampler=sampler)).request.sampler == sampler


def test_our_own_text_gives_the_request_back() -> None:
    image = generated_image("first line\nsecond: line, with 海", guidance_scale=4.25, seed=2**64 - 1)
    recipe = from_parameters(to_parameters(signed(image.recipe, CREATED)))
    assert recipe.request == image.request
    assert recipe.model.hash == image.recipe.model.hash
    assert recipe.others == {}


def test_a_kept_step_is_told() -> None:
    text = text_of(stage="denoised", step=12)
    assert text.endswith("Kept step: 12 of 20, Kept as: denoised")


def test_a_branch_is_told() -> None:
    recipe = replace(generated_image().recipe, parent=Parent("a1", 12, "prompt"))
    assert to_parameters(signed(recipe, CREATED)).endswith("Branched at step: 12")


def test_control_characters_are_left_out() -> None:
    assert text_of(prompt="a\0b\rc\x1bd\udcffe").startswith("ab\ncde\n")


def test_recipes_of_other_programs_are_read() -> None:
    recipe = from_parameters(OF_ANOTHER_PROGRAM)
    request = recipe.request
    assert request.prompt == "a castle,\non a hill"
    assert [(lora.key, lora.weight) for lora in request.loras] == [("thing", 0.8)]
    assert request.negative_prompt == "people,\ncars"
    assert (request.steps, request.sampler, request.guidance_scale) == (28, "dpmpp_2m_karras", 5.5)
    assert (request.seed, request.size, request.model) == (1234567890, Size(832, 1216), "castles_v2")
    assert (recipe.model.hash, recipe.program) == ("45a21ea00a", "v1.10.1")
    assert recipe.others == {"ENSD": "31337", "Lora hashes": "thing: 0011aabb, other: 22cc"}


def test_the_older_way_to_name_a_schedule_is_read() -> None:
    text = "x\nSteps: 5, Sampler: DPM++ 2M SDE Karras, CFG scale: 7, Seed: 1"
    assert from_parameters(text).request.sampler == "dpmpp_2m_sde_karras"


def test_what_cannot_be_mapped_stays_as_text() -> None:
    others = from_parameters("x\nSteps: many, Sampler: Restart, CFG scale: nan, Seed: 1, Size: big").others
    assert others == {"Steps": "many", "Sampler": "Restart", "CFG scale": "nan", "Size": "big"}


@pytest.mark.parametrize("text", ["", "just a caption", '{"prompt": "x"}', "a: 1, b: 2"])
def test_a_text_that_is_no_recipe_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a recipe"):
        from_parameters(text)


@pytest.mark.parametrize("part", ["a", " ", "a ", "ab:", 'ab:"', 'ab:"\\"', "Steps: 1, ", '"'])
def test_hostile_texts_take_no_time(part: str) -> None:
    text = part * (2**20 // len(part))
    began = time.process_time()
    with suppress(ValueError):
        from_parameters(text)
    assert time.process_time() - began < 20


def test_a_source_picture_is_told_as_denoising_strength_with_name_and_short_hash() -> None:
    text = text_of(source=Source("/home/somebody/me, at sea.jpg", 0.6, "0123456789abcdef" * 4))
    assert 'Denoising strength: 0.6, Source picture: "me, at sea.jpg", Source hash: 0123456789' in text
    assert "somebody" not in text
    assert from_parameters(text).request.source == Source("me, at sea.jpg", 0.6, "0123456789")


def test_image_to_image_of_another_program_has_a_source_that_is_not_known() -> None:
    recipe = from_parameters(OF_ANOTHER_PROGRAM.replace("ENSD: 31337", "Denoising strength: 0.75"))
    assert recipe.request.source == Source("", 0.75)


def test_the_strength_of_enlarging_is_none_of_a_source_picture() -> None:
    text = OF_ANOTHER_PROGRAM.replace("ENSD: 31337", "Denoising strength: 0.7, Hires upscale: 2")
    request = from_parameters(text).request
    assert request.source is None
    assert request.hires == Hires(scale=2, strength=0.7)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (
            "Mask blur: 4, Inpaint area: Only masked, Masked area padding: 32",
            Mask("", area="close"),
        ),
        ("Mask blur: 6, Masked content: fill", Mask("", "", "whole", 32, "surroundings", 6)),
        ("Masked content: latent noise", Mask("", "", "whole", 32, "noise", 0)),
        ("Mask blur: 4, Masked content: latent nothing", Mask("", "", "whole", 32, "#808080", 4)),
    ],
)
def test_masks_of_automatic1111_are_read_as_far_as_they_are_told(told: str, expected: Mask) -> None:
    recipe = from_parameters(f"a house\nSteps: 20, Seed: 1, Size: 512x512, Denoising strength: 0.75, {told}")
    assert recipe.request.mask == expected
    assert recipe.request.source == Source("", 0.75)


def test_a_mask_is_written_in_the_words_of_automatic1111() -> None:
    mask = Mask("m.png", "ab" * 32, "masked", 40, "surroundings", 6.0)
    text = text_of(source=Source("me.png", 0.5, "cd" * 32), mask=mask)
    for entry in (
        "Denoising strength: 0.5",
        "Mask blur: 6",
        "Inpaint area: Only masked",
        "Mask area: masked",
        "Masked area padding: 40",
        "Masked content: fill",
        "Mask mode: Inpaint masked",
        "Mask hash: ababababab",
    ):
        assert entry in text


def test_a_wider_picture_is_written_and_read() -> None:
    mask = Mask("", fill="surroundings", softness=8.0, margins=Margins(64, 0, 32, 8))
    text = text_of(source=Source("me.png", 1.0, "cd" * 5), mask=mask)
    assert 'Widened: "64,0,32,8"' in text
    assert "Mask hash" not in text
    assert from_parameters(text).request.mask == mask
    told = from_parameters(text.replace("64,0", "64,99999")).others
    assert told["Widened"] == "64,99999,32,8"


def test_what_a_mask_says_otherwise_stays_in_the_text() -> None:
    told = (
        "Mask blur: many, Masked content: lama cleaner, Mask mode: Inpaint not masked, Inpaint area: Only masked"
    )
    recipe = from_parameters(f"a house\nSteps: 20, Seed: 1, Denoising strength: 0.75, {told}")
    assert recipe.request.mask == Mask("", area="close", softness=0, is_inverted=True)
    assert recipe.others["Mask blur"] == "many"
    assert recipe.others["Masked content"] == "lama cleaner"
    assert "Mask mode" not in recipe.others
    assert "Mask mode: Inpaint not masked" in to_parameters(recipe)
    assert "kept" in MASK.words(recipe.request.mask)
