"""The settings of a second pass: read, written and counted as AUTOMATIC1111's program does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.errors import InvalidRequest
from core.recipes.parameters import from_parameters, to_parameters
from core.recipes.recipe import ModelIdentity, Recipe
from core.request.hires import FIRST, LANCZOS, Hires
from core.request.json_codec import request_from_json, request_to_json
from core.request.request import GenerationRequest, Limits, Size
from core.request.settings import fitted
from core.request.settings.hires import HIRES
from core.request.settings.loras import with_tags

HEAD = "a house\nSteps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 1, Size: 512x512"
ALL = Hires("4x-UltraSharp", 1.5, None, 0.4, 10, "euler_a")


@pytest.mark.parametrize(
    ("entries", "hires", "left"),
    [
        ("Denoising strength: 0.7, Hires upscale: 2, Hires upscaler: Latent", Hires(), set()),
        (
            "Denoising strength: 0.4, Hires upscale: 1.5, Hires steps: 10, Hires upscaler: 4x-UltraSharp, "
            "Hires sampler: Euler a, Hires schedule type: Automatic",
            ALL,
            set(),
        ),
        (
            "Denoising strength: 0.5, Hires resize: 1024x0, Hires upscaler: Latent (bicubic antialiased)",
            Hires("Latent (bicubic antialiased)", size=Size(1024, 0), strength=0.5),
            set(),
        ),
        ("Denoising strength: 0.5, Hires upscale: 2, Hires upscaler: None", Hires(LANCZOS, strength=0.5), set()),
        # a schedule that is not told is that of the first pass, and so is a sampler
        (
            "Denoising strength: 0.7, Hires upscale: 2, Hires sampler: DPM++ 2M SDE",
            Hires(sampler="dpmpp_2m_sde_karras"),
            set(),
        ),
        ("Denoising strength: 0.7, Hires upscale: 2, Hires sampler: Restart", Hires(), {"Hires sampler"}),
        (
            'Denoising strength: 0.7, Hires upscale: 2, Hires prompt: "a castle, at night\\nand fog", '
            "Hires negative prompt: rain, Hires CFG Scale: 3, Hires Module 1: Use same choices",
            Hires(prompt="a castle, at night\nand fog", negative_prompt="rain", guidance_scale=3.0),
            set(),
        ),
        # Forge writes that of the first pass again; another checkpoint stays text
        (
            "Denoising strength: 0.7, Hires upscale: 2, Hires CFG Scale: 7.0, Hires checkpoint: x [0123456789]",
            Hires(),
            {"Hires checkpoint"},
        ),
        ("Denoising strength: 0.7, Hires upscale: 2, Hires CFG scale: 1", Hires(guidance_scale=1.0), set()),
        ("Denoising strength: 0.7, Hires upscale: 2, Hires CFG Scale: 99", Hires(), {"Hires CFG Scale"}),
        ("Hires upscale: 2, Hires upscaler: Latent", None, {"Hires upscale", "Hires upscaler"}),
        ("Denoising strength: 7, Hires upscale: 2", None, {"Denoising strength", "Hires upscale"}),
        (
            "Denoising strength: 0.7, Hires upscale: nan, Hires steps: -3",
            Hires(),
            {"Hires upscale", "Hires steps"},
        ),
        ("Denoising strength: 0.7, Hires resize: 0x0", Hires(), {"Hires resize"}),
    ],
)
def test_recipes_of_other_programs(entries: str, hires: Hires | None, left: set[str]) -> None:
    recipe = from_parameters(f"{HEAD}, {entries}")
    assert recipe.request.hires == hires
    assert recipe.request.source is None
    assert left == {key for key in recipe.others if key.startswith(("Hires", "Denoising"))}


@pytest.mark.parametrize(
    "hires",
    [
        *(Hires(), ALL, Hires(LANCZOS, size=Size(1024, 768)), replace(ALL, sampler="dpmpp_2m_karras")),
        Hires(prompt='a "castle", (red:1.2)\nSteps: 3, x', negative_prompt="fog, rain", guidance_scale=2.5),
    ],
)
def test_recipes_are_written_as_they_are_read(hires: Hires) -> None:
    request = GenerationRequest("a house", seed=1, size=Size(512, 512), hires=hires)
    recipe = Recipe(request, ModelIdentity("m", "m", "stable_diffusion", ""), step=request.all_steps)
    text = to_parameters(recipe)
    assert from_parameters(text).request.hires == hires
    assert f"Denoising strength: {hires.strength}" in text
    assert ("Hires resize: 1024x768" if hires.size else "Hires upscale: ") in text
    assert request_from_json(request_to_json(request)) == request
    assert "hires" not in request_to_json(replace(request, hires=None))


@pytest.mark.parametrize(
    ("hires", "target", "covering"),
    [
        (Hires(scale=2), Size(1024, 1536), Size(1024, 1536)),
        (Hires(scale=1.3), Size(664, 992), Size(664, 992)),
        (Hires(size=Size(1024, 0)), Size(1024, 1536), Size(1024, 1536)),
        (Hires(size=Size(0, 768)), Size(512, 768), Size(512, 768)),
        (Hires(size=Size(1024, 1024)), Size(1024, 1024), Size(1024, 1536)),
        (Hires(size=Size(600, 2000)), Size(600, 2000), Size(1328, 2000)),
    ],
)
def test_sizes_are_those_of_other_programs(hires: Hires, target: Size, covering: Size) -> None:
    """Each side is cut to what a latent has places for; where the shape is another one, the rest is cut off."""
    assert hires.target(Size(512, 768), 8) == target
    assert hires.covering(Size(512, 768), 8) == covering


@pytest.mark.parametrize(
    ("hires", "made", "of"),
    [(Hires(strength=0.7), 20, 28), (Hires(strength=0.5, steps=10), 10, 20), (Hires(strength=1.0), 20, 20)],
)
def test_as_many_steps_are_made_as_are_asked_for(hires: Hires, made: int, of: int) -> None:
    assert (hires.steps_after(20), hires.schedule_steps(20)) == (made, of)


@pytest.mark.parametrize(
    "value",
    [
        *(2, "2", [2], {"scale": "2"}, {"strength": float("nan")}, {"upscaler": 3}, {"steps": 1.5}),
        *({"prompt": 3}, {"negative_prompt": ["a"]}, {"guidance_scale": "7"}),
    ],
)
def test_damaged_json_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="damaged"):
        request_from_json(request_to_json(GenerationRequest("a")) | {"hires": value})


@pytest.mark.parametrize(
    "value",
    [
        {"upscaler": "/home/x/secret.pth"},
        {"upscaler": "../..", "size": "0x0", "sampler": "gone", "sha256": "zz"},
        {"scale": 1e9, "strength": -3, "steps": 10**9},
    ],
)
def test_strange_json_is_brought_into_range(value: Any) -> None:
    read = request_from_json(request_to_json(GenerationRequest("a")) | {"hires": value}).hires
    assert read is not None
    assert "/" not in read.upscaler
    assert 1 <= read.scale <= 8
    assert 0 < read.strength <= 1
    assert (read.sampler, read.size) == ("", None)


def test_options_act_together() -> None:
    options = {option.flag: option for option in HIRES.options}
    hires: Hires | None = options["--hires"].read("1.5", None)
    assert hires == replace(FIRST, scale=1.5)
    told = {"upscaler": "Lanczos", "strength": "0.4", "steps": "7", "sampler": "euler"}
    for flag, text in {**told, "prompt": "a castle", "negative": "fog", "guidance": "3"}.items():
        hires = options[f"--hires-{flag}"].read(text, hires)
    assert hires == Hires(LANCZOS, 1.5, None, 0.4, 7, "euler", "", "a castle", "fog", 3.0)
    assert options["--hires"].read("256x192", hires) == replace(hires or Hires(), size=Size(256, 192))
    with pytest.raises(InvalidRequest, match="--hires"):
        options["--hires-strength"].read("0.4", None)


def test_a_model_without_the_sampler_gets_that_of_the_first_pass() -> None:
    request = GenerationRequest("a", hires=ALL)
    own = GenerationRequest("")
    assert fitted(request, Limits(samplers=("ddim",)), own).hires == replace(ALL, sampler="")
    assert fitted(request, Limits(), own).hires == ALL


TAGGED = "<lora:ink:0.8>"


def test_tags_of_loras_that_act_anyway_leave_the_prompt_of_a_second_pass() -> None:
    entries = f'Denoising strength: 0.7, Hires upscale: 2, Hires prompt: "a castle{TAGGED}"'
    hires = from_parameters(f"{HEAD.replace('a house', f'a house{TAGGED}')}, {entries}").request.hires
    assert hires is not None
    assert hires.prompt == "a castle"
    typed = with_tags(GenerationRequest(f"a house{TAGGED}", hires=Hires(prompt=f"a castle{TAGGED}")))
    assert (typed.prompt, typed.hires, len(typed.loras)) == ("a house", Hires(prompt="a castle"), 1)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"prompt": f"a castle{TAGGED}"}, "LoRAs act in both passes"),
        ({"guidance_scale": 31.0}, "hires guidance is 31"),
    ],
)
def test_what_a_second_pass_cannot_have_is_refused(changes: dict[str, Any], named: str) -> None:
    request = with_tags(GenerationRequest("a house<lora:ink:0.5>", hires=Hires(**changes)))
    with pytest.raises(InvalidRequest) as refused:
        HIRES.check(request, Limits())
    assert named in (refused.value.sentence or str(refused.value))
