"""Recipes tell only what stands in their picture, and lose nothing of it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from core.gallery.marks import NO_MARKS
from core.gallery.record import FileState, read_record
from core.pictures.metadata import read_recipe
from core.recipes.differences import differences
from core.recipes.parameters import from_parameters, to_parameters
from core.recipes.recipe import Recipe, recipe_from_text, recipe_to_json
from core.recipes.told import can_be_used, facet_values, words_of
from core.request.request import Size
from core.request.samplers import SAMPLERS
from core.request.settings import SETTINGS
from tests.core.recipes.other_programs.pictures import write_png
from tests.pictures import generated_image

SHORT = "a red lighthouse\nSampler: Euler, Seed: 42, Model: dreams, Version: v1.10.1"
LINE = "Steps: 20, Sampler: Euler, CFG scale: 7, Seed: 1, Size: 512x768"


def of_line(line: str) -> Recipe:
    return from_parameters(f"a red lighthouse\n{line}")


def test_a_short_text_tells_no_more_than_it_has() -> None:
    recipe = from_parameters(SHORT)
    assert recipe.untold == {"size", "steps", "guidance_scale"}
    words = {setting.name: words_of(recipe, setting) for setting in SETTINGS}
    assert {name for name, text in words.items() if text} == {"prompt", "model", "sampler", "seed"}
    for setting in SETTINGS:
        if setting.name in recipe.untold:
            assert not can_be_used(recipe, setting)
            assert facet_values(recipe, setting) == ()


@pytest.mark.parametrize(
    ("size", "suffix"), [((512, 768), ".png"), ((300, 20), ".jpg"), ((64, 48), ".webp"), ((1, 1), ".png")]
)
def test_a_size_that_is_not_told_is_that_of_the_file(tmp_path: Path, size: tuple[int, int], suffix: str) -> None:
    exif = Image.Exif()
    exif[0x0131] = "a program"
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + SHORT.encode("utf-16-be")
    path = tmp_path / f"a{suffix}"
    Image.new("RGB", size).save(path, exif=exif)
    recipe = read_recipe(path)
    assert recipe.request.size == Size(*size)
    assert "size" not in recipe.untold


@pytest.mark.parametrize(
    ("old", "new", "field", "value", "key"),
    [
        ("Steps: 20", "Steps: 900", "steps", 500, "Steps"),
        ("CFG scale: 7", "CFG scale: 45", "guidance_scale", 30.0, "CFG scale"),
        ("Steps: 20", "Steps: 0", "steps", None, "Steps"),
        ("Steps: 20", "Steps: 20.5", "steps", None, "Steps"),
        ("CFG scale: 7", "CFG scale: -1", "guidance_scale", None, "CFG scale"),
        ("CFG scale: 7", "CFG scale: inf", "guidance_scale", None, "CFG scale"),
        ("Seed: 1", "Seed: -1", "seed", None, "Seed"),
        ("Seed: 1", f"Seed: {2**64}", "seed", None, "Seed"),
        ("Seed: 1", "Seed: random", "seed", None, "Seed"),
        ("Size: 512x768", "Size: 0x768", "size", None, "Size"),
        ("Size: 512x768", "Size: 99999x8", "size", None, "Size"),
        ("Sampler: Euler", "Sampler: Restart", "sampler", None, "Sampler"),
        ("Seed: 1", "Seed: 1, Clip skip: 40", "clip_skip", 12, "Clip skip"),
    ],
)
def test_values_out_of_range_stay_as_text(old: str, new: str, field: str, value: object, key: str) -> None:
    recipe = of_line(LINE.replace(old, new))
    assert recipe.others[key] == new.rpartition(": ")[2]
    assert (None if field in recipe.untold else getattr(recipe.request, field)) == value
    assert of_line(to_parameters(recipe).split("\n")[-1]) == recipe


def test_the_json_of_a_recipe_leaves_out_what_is_not_told_and_gives_it_back() -> None:
    recipe = from_parameters(SHORT)
    content: dict[str, Any] = recipe_to_json(recipe)
    assert not {"steps", "width", "height", "guidance_scale"} & content["request"].keys()
    assert recipe_from_text(json.dumps(content)) == recipe


def test_our_own_pictures_tell_everything() -> None:
    content = recipe_to_json(generated_image().recipe)
    assert "untold" not in content
    assert recipe_from_text(json.dumps(content)).untold == frozenset()


@pytest.mark.parametrize("untold", [[1], ["nothing like that"], [None, "steps"]])
def test_hostile_names_of_untold_settings_are_left_out(untold: list[object]) -> None:
    content = {**recipe_to_json(generated_image().recipe), "untold": untold}
    assert recipe_from_text(json.dumps(content)).untold <= {"steps"}


def test_untold_settings_do_not_differ() -> None:
    first, second = from_parameters(SHORT), of_line(LINE)
    found = differences(first.request, second.request, first.untold | second.untold)
    assert [difference.name for difference in found] == ["seed"]


def test_the_gallery_does_not_find_untold_settings(tmp_path: Path) -> None:
    path = write_png(tmp_path / "a.png", parameters="a red lighthouse\nSeed: 42, Model: dreams, Version: v1")
    record = read_record(path, FileState("", "a.png", 1, 1), NO_MARKS)
    assert dict(record.facets) == {"model": "dreams", "size": "64 × 48"}
    assert (record.steps, record.seed) == (0, 42)


@pytest.mark.parametrize(
    ("sampler", "key"),
    [
        ("dpmpp_2m, Schedule type: karras", "dpmpp_2m_karras"),
        ("euler_ancestral", "euler_a"),
        ("k_euler", "euler"),
        ("k_dpmpp_2m", "dpmpp_2m"),
        ("dpmpp_2m_sde_gpu, Schedule type: Karras", "dpmpp_2m_sde_karras"),
        ("EulerAncestralDiscreteScheduler", "euler_a"),
        ("uni_pc, Schedule type: normal", "unipc"),
        ("DPM++ 2M SDE Karras", "dpmpp_2m_sde_karras"),
        ("DPM++ 2M, Schedule type: Automatic", "dpmpp_2m_karras"),
        ("DPM++ 2M, Schedule type: Uniform", "dpmpp_2m"),
        ("DPM++ 2M SDE, Schedule type: Automatic", None),
        ("DPM++ 2M SDE, Schedule type: Exponential", None),
        ("DPM2, Schedule type: Automatic", None),
        ("DPM2 a, Schedule type: Uniform", "dpm2_a"),
        ("Euler a, Schedule type: Automatic", "euler_a"),
        ("DDIM, Schedule type: SGM Uniform", None),
        ("DPM++ 2M", "dpmpp_2m"),
        ("dpmpp_2m, Scheduler: karras", "dpmpp_2m_karras"),
        ("euler, scheduler: simple", None),
    ],
)
def test_samplers_have_one_table_for_every_program(sampler: str, key: str | None) -> None:
    recipe = of_line(LINE.replace("Euler", sampler))
    assert (None if "sampler" in recipe.untold else recipe.request.sampler) == key
    assert ("Sampler" in recipe.others) == (key is None)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_no_schedule_is_written_by_a_word_that_means_several(sampler: str) -> None:
    text = to_parameters(generated_image(sampler=sampler).recipe)
    assert "Automatic" not in text
    assert from_parameters(text).request.sampler == sampler


def test_automatic_is_our_plain_schedule_in_texts_of_earlier_versions() -> None:
    text = f"{LINE.replace('Euler', 'DPM++ 2M, Schedule type: Automatic')}, Version: Emulsion 0.1.0"
    assert of_line(text).request.sampler == "dpmpp_2m"


@pytest.mark.parametrize(
    ("below", "others"),
    [
        ("Template: a {red|white} lighthouse,\nby the sea\nNegative Template: low", 1),
        ("Template: a __colour__ lighthouse", 0),
        ("Negative Template: low", 1),
        ("Template: a\nNegative Template: Steps: 9, Sampler: DDIM, CFG scale: 1, Seed: 9, Size: 8x8", 2),
        ("Template:", 0),
        ("Postprocess upscale by: 2, Postprocess upscaler: 4x", 1),
    ],
)
def test_lines_below_the_settings_stay_beside(below: str, others: int) -> None:
    recipe = from_parameters(f"a red lighthouse\nNegative prompt: blurry\n{LINE}\n{below}")
    assert (recipe.request.prompt, recipe.request.negative_prompt) == ("a red lighthouse", "blurry")
    assert (recipe.request.seed, recipe.untold) == (1, {"model"})
    assert len([text for text in recipe.others.values() if text]) == others


def test_templates_of_dynamic_prompts_are_kept_beside_what_was_drawn() -> None:
    """sd-dynamic-prompts writes them below the settings, and for a prompt without variants, too."""
    below = "Template: a {red|white}\nlighthouse\nNegative Template: __bad__"
    request = from_parameters(f"a red lighthouse\nNegative prompt: blurry\n{LINE}\n{below}").request
    assert (request.template, request.negative_template) == ("a {red|white}\nlighthouse", "__bad__")
    assert (request.prompt, request.negative_prompt) == ("a red lighthouse", "blurry")
    assert not request.variants


@pytest.mark.parametrize("template", ["{a|b}\nSteps: 3, x", "{a\nTemplate: b|c}", "__x__\nNegative Template: y"])
def test_a_template_that_looks_like_settings_is_read_as_one(template: str) -> None:
    request = replace(generated_image().recipe.request, prompt="a", template=template, negative_template="{n}")
    read = from_parameters(to_parameters(replace(generated_image().recipe, request=request))).request
    assert [line.strip() for line in read.template.split("\n")] == template.split("\n")
    assert (read.prompt, read.negative_template, read.steps) == ("a", "{n}", request.steps)


RESOURCES = [
    {"type": "checkpoint", "modelVersionId": 1, "modelName": "Dreams, the model", "modelVersionName": "v1: a"},
    {"type": "lora", "weight": 0.8, "modelVersionId": 2, "modelName": "Ink", "modelVersionName": "v2"},
]


def test_json_inside_the_settings_is_one_value() -> None:
    line = f"{LINE}, Civitai resources: {json.dumps(RESOURCES)}, Civitai metadata: {{}}, ENSD: 31337"
    recipe = of_line(line)
    assert json.loads(recipe.others["Civitai resources"]) == RESOURCES
    assert (recipe.others["Civitai metadata"], recipe.others["ENSD"]) == ("{}", "31337")
    assert recipe.model.name == "Dreams, the model"
    assert [(lora.key, lora.weight) for lora in recipe.request.loras] == [("Ink", 0.8)]
    assert set(recipe.others) == {"Civitai resources", "Civitai metadata", "ENSD"}


def test_hashes_as_json_name_model_and_loras() -> None:
    hashes = {"model": "45A21EA00A", "lora:ink": "0011AABBCC", "embed:soft": "22"}
    recipe = from_parameters(f"a house <lora:ink:0.8>\n{LINE}, Hashes: {json.dumps(hashes)}")
    assert recipe.model.hash == "45a21ea00a"
    assert recipe.request.loras[0].hash == "0011aabbcc"
    assert json.loads(recipe.others["Hashes"]) == hashes


@pytest.mark.parametrize("value", ["[1, 2", "{'a': 1, 'b'}", "[]x, y", "[" * 200, '[{"a": "b, c: d"}'])
def test_half_a_json_costs_only_itself(value: str) -> None:
    recipe = of_line(f"Odd: {value}, {LINE}")
    assert (recipe.request.steps, recipe.request.seed) == (20, 1)


def test_civitais_own_json_is_read(tmp_path: Path) -> None:
    inside = {"prompt": "a red lighthouse", "negativePrompt": "fog", "cfgScale": 7, "sampler": "Euler a",
              "seed": 5, "steps": 25, "resources": RESOURCES}  # fmt: skip
    graph = {"4": {"class_type": "KSampler", "inputs": {"seed": 1, "steps": 1, "model": ["3", 0]}}}
    content = {**graph, "extraMetadata": json.dumps(inside)}
    request = read_recipe(write_png(tmp_path / "a.png", parameters=json.dumps(content))).request
    assert (request.prompt, request.negative_prompt, request.sampler) == ("a red lighthouse", "fog", "euler_a")
    assert (request.seed, request.steps, request.guidance_scale) == (5, 25, 7)


@pytest.mark.parametrize("ending", [".safetensors", ".ckpt", ".GGUF", ""])
def test_the_name_of_a_model_has_no_ending(ending: str) -> None:
    recipe = of_line(f"{LINE}, Model: folder/dreams v1.5{ending}")
    assert (recipe.request.model, recipe.model.name) == ("dreams v1.5", "dreams v1.5")


def test_a_changed_request_is_not_told_by_the_old_one() -> None:
    recipe = from_parameters(SHORT)
    assert "Steps" not in to_parameters(replace(recipe, program="Emulsion"))
