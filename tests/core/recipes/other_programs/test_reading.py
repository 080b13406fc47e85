from __future__ import annotations

import html
import json
import random
from pathlib import Path
from typing import Any

import pytest

from core.errors import UnreadablePicture
from core.pictures.metadata import read_recipe
from core.recipes.other_programs import READERS, read_other
from core.recipes.recipe import Recipe
from core.request.sampler_names import sampler_key
from tests.core.recipes.other_programs import pictures
from tests.core.recipes.other_programs.pictures import novel_ai_texts, write_exif, write_png


def essence(recipe: Recipe) -> tuple[object, ...]:
    request = recipe.request
    return (
        request.prompt,
        request.negative_prompt,
        recipe.model.name,
        request.sampler,
        request.steps,
        request.guidance_scale,
        request.seed,
        str(request.size),
    )


COMFY_UI = (
    "a glass bottle",
    "watermark",
    "deliberate",
    "dpmpp_2m_karras",
    20,
    8.0,
    2**40,
    "512x768",
)
SWARM_UI = ("a bridge", "fog", "sd_xl_base_1.0", "euler", 20, 7.0, 99, "1024x768")
NOVEL_AI = ("a castle", "lowres", "NovelAI Diffusion V4.5", "euler_a", 28, 5.0, 3, "832x1216")
FOOOCUS = ("a boat", "ugly", "juggernautXL", "dpmpp_2m_sde_karras", 30, 4.0, 123456789, "896x1152")
DRAW_THINGS = (
    "a harbour & boats",
    "text",
    "sd_xl_base_1.0",
    "dpmpp_2m_karras",
    25,
    5.0,
    4242,
    "1024x768",
)


def test_comfy_ui(tmp_path: Path) -> None:
    graph = json.dumps(pictures.COMFY_UI)
    png = write_png(tmp_path / "a.png", prompt=graph, workflow='{"nodes": [], "links": []}')
    webp = write_exif(tmp_path / "a.webp", model=f"prompt:{graph}", maker='workflow:{"nodes": []}')
    saver = write_exif(tmp_path / "a.jpg", maker=f"Prompt: {graph}", description='Workflow: {"nodes": []}')
    assert [essence(read_recipe(path)) for path in (png, webp, saver)] == [COMFY_UI] * 3
    assert read_recipe(png).program == "ComfyUI"


@pytest.mark.parametrize("suffix", [".webp", ".png"])
def test_a_large_drawing_beside_the_graph_is_passed_over_in_exif(tmp_path: Path, suffix: str) -> None:
    large = "workflow:" + json.dumps({"nodes": [{"type": "Note", "widgets_values": ["x" * 1_700_000]}]})
    path = write_exif(tmp_path / f"a{suffix}", model=f"prompt:{json.dumps(pictures.COMFY_UI)}", maker=large)
    assert essence(read_recipe(path)) == COMFY_UI


def test_comfy_ui_with_nodes_that_only_tell_a_part_each(tmp_path: Path) -> None:
    recipe = read_recipe(write_png(tmp_path / "a.png", prompt=json.dumps(pictures.COMFY_UI_CUSTOM)))
    assert recipe.request.prompt == "a fox"
    assert (recipe.request.seed, recipe.request.steps, recipe.request.guidance_scale) == (42, 25, 3.5)
    assert recipe.model.name == "flux1-dev"
    assert recipe.others["Sampler"] == "euler"
    assert recipe.others["Schedule type"] == "simple"


def test_the_three_generations_of_invoke_ai(tmp_path: Path) -> None:
    newest = read_recipe(write_png(tmp_path / "a.png", invokeai_metadata=json.dumps(pictures.INVOKE_AI)))
    older = read_recipe(write_png(tmp_path / "b.png", sd_metadata=json.dumps(pictures.INVOKE_AI_OLD)))
    oldest = read_recipe(write_png(tmp_path / "c.png", Dream=pictures.INVOKE_AI_DREAM))
    start = ("a lighthouse", "people")
    assert essence(newest) == (*start, "Dreamshaper 8", "dpmpp_2m_karras", 30, 7.5, 7, "512x512")
    assert essence(older) == (*start, "stable-diffusion-1.5", "euler_a", 30, 7.5, 7, "640x512")
    assert essence(oldest) == (*start, "", "lms", 30, 7.5, 7, "640x512")


def test_invoke_ai_without_a_scheduler(tmp_path: Path) -> None:
    content = {key: value for key, value in pictures.INVOKE_AI.items() if key != "scheduler"}
    recipe = read_recipe(write_png(tmp_path / "a.png", invokeai_metadata=json.dumps(content)))
    assert (recipe.request.prompt, recipe.request.seed, recipe.model.name) == ("a lighthouse", 7, "Dreamshaper 8")


def test_novel_ai(tmp_path: Path) -> None:
    png = write_png(tmp_path / "a.png", **novel_ai_texts())
    webp = write_exif(tmp_path / "a.webp", comment=b"ASCII\0\0\0" + json.dumps(novel_ai_texts()).encode())
    assert [essence(read_recipe(path)) for path in (png, webp)] == [NOVEL_AI] * 2


def test_fooocus(tmp_path: Path) -> None:
    text = json.dumps(pictures.FOOOCUS)
    png = write_png(tmp_path / "a.png", parameters=text, fooocus_scheme="fooocus")
    jpeg = write_exif(tmp_path / "a.jpg", comment=b"UNICODE\0" + text.encode("utf-16-be"))
    assert [essence(read_recipe(path)) for path in (png, jpeg)] == [FOOOCUS] * 2
    assert read_recipe(png).others["performance"] == "Speed"


def test_swarm_ui(tmp_path: Path) -> None:
    text = json.dumps(pictures.SWARM_UI)
    png = write_png(tmp_path / "a.png", parameters=text)
    jpeg = write_exif(tmp_path / "a.jpg", comment=b"UNICODE\0" + text.encode("utf-16-le"))
    assert [essence(read_recipe(path)) for path in (png, jpeg)] == [SWARM_UI] * 2


def test_what_was_typed_for_swarm_ui_is_kept_beside_what_was_drawn(tmp_path: Path) -> None:
    extra = {"original_prompt": "a <random:bridge|tower>", "original_negativeprompt": "fog <comment:x>"}
    text = json.dumps(pictures.SWARM_UI | {"sui_extra_data": extra})
    recipe = read_recipe(write_png(tmp_path / "a.png", parameters=text))
    assert essence(recipe) == SWARM_UI
    assert recipe.others["Template"] == "a <random:bridge|tower>"
    assert recipe.others["Negative Template"] == "fog <comment:x>"


def test_easy_diffusion(tmp_path: Path) -> None:
    expected = ("a windmill", "rain", "sd-v1-5", "euler_a", 25, 7.5, 5, "512x512")
    texts = {key: str(value) for key, value in pictures.EASY_DIFFUSION.items()}
    png = write_png(tmp_path / "a.png", **texts)
    jpeg = write_exif(tmp_path / "a.jpg", comment=b"ASCII\0\0\0" + json.dumps(pictures.EASY_DIFFUSION).encode())
    assert [essence(read_recipe(path)) for path in (png, jpeg)] == [expected] * 2


def test_draw_things(tmp_path: Path) -> None:
    text = json.dumps(pictures.DRAW_THINGS)
    xmp = (
        "<x:xmpmeta><rdf:RDF><rdf:Description><exif:UserComment><rdf:Alt>"
        f'<rdf:li xml:lang="x-default">{html.escape(text)}</rdf:li></rdf:Alt></exif:UserComment>'
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    png = write_png(tmp_path / "a.png", **{"XML:com.adobe.xmp": xmp})
    jpeg = write_exif(tmp_path / "a.jpg", comment=b"ASCII\0\0\0" + text.encode())
    assert [essence(read_recipe(path)) for path in (png, jpeg)] == [DRAW_THINGS] * 2


def test_stability_matrix_and_sd_next_write_plain_parameters(tmp_path: Path) -> None:
    matrix = "a pier\r\nNegative prompt: fog\r\nSteps: 20, Sampler: Euler a, CFG scale: 5, Seed: 8, Size: 512x512"
    sd_next = "a pier\nNegative prompt: fog\nSteps: 20, Size: 512x512, Sampler: Euler a, Seed: 8, CFG scale: 5"
    for text in (matrix, sd_next):
        recipe = read_recipe(write_png(tmp_path / "a.png", parameters=text))
        assert essence(recipe)[:2] == ("a pier", "fog")
        assert essence(recipe)[3:] == ("euler_a", 20, 5.0, 8, "512x512")


@pytest.mark.parametrize(
    ("name", "schedule", "key"),
    [
        ("k_euler_ancestral", "", "euler_a"),
        ("Euler a", "Automatic", "euler_a"),
        ("dpmpp_2m", "karras", "dpmpp_2m_karras"),
        ("dpmpp_2m_k", "", "dpmpp_2m_karras"),
        ("DPM++ 2M SDE Karras", "", "dpmpp_2m_sde_karras"),
        ("kdpm_2_a", "", "dpm2_a"),
        ("uni_pc", "normal", "unipc"),
        ("euler", "beta", None),
        ("euler", "karras", None),
        ("res_multistep", "", None),
        ("", "", None),
    ],
)
def test_samplers_are_mapped_only_to_one_that_does_the_same(name: str, schedule: str, key: str | None) -> None:
    assert sampler_key(name, schedule) == key


def test_an_unknown_sampler_and_odd_numbers_are_kept_as_text(tmp_path: Path) -> None:
    content = {
        **pictures.EASY_DIFFUSION,
        "sampler_name": "res_multistep",
        "guidance_scale": "strong",
        "lora": ["x"],
    }
    recipe = read_recipe(write_png(tmp_path / "a.png", parameters=json.dumps(content)))
    assert recipe.others["Sampler"] == "res_multistep"
    assert recipe.others["CFG scale"] == "strong"
    assert recipe.others["lora"] == '["x"]'


TEXTS = {
    "comfy": {"prompt": json.dumps(pictures.COMFY_UI)},
    "custom": {"prompt": json.dumps(pictures.COMFY_UI_CUSTOM)},
    "invoke": {"invokeai_metadata": json.dumps(pictures.INVOKE_AI)},
    "old": {"sd-metadata": json.dumps(pictures.INVOKE_AI_OLD)},
    "dream": {"Dream": pictures.INVOKE_AI_DREAM},
    "novel": novel_ai_texts(),
    "fooocus": {"parameters": json.dumps(pictures.FOOOCUS)},
    "swarm": {"parameters": json.dumps(pictures.SWARM_UI)},
    "draw": {"parameters": json.dumps(pictures.DRAW_THINGS)},
}
STRANGE = (
    "null",
    "[]",
    "{}",
    '"x"',
    "1e999",
    "-1",
    "true",
    '{"a": 1}',
    '["3", 0]',
    "NaN",
    '"\\ud800"',
    "[" * 5000,
)


@pytest.mark.parametrize("name", TEXTS)
def test_values_of_the_wrong_kind_never_raise(name: str) -> None:
    dice = random.Random(name)
    for _ in range(150):
        texts = dict(TEXTS[name])
        keyword = dice.choice(list(texts))
        text = texts[keyword]
        place = dice.randrange(len(text))
        end = dice.choice([place + 1, text.find(",", place) + 1 or len(text)])
        texts[keyword] = text[:place] + dice.choice(STRANGE) + text[end:]
        read_other(texts)


@pytest.mark.parametrize(
    "texts", [{}, {"prompt": "a house"}, {"parameters": "{}"}, {"Comment": "holiday"}, {"Dream": "x"}]
)
def test_texts_of_no_program_are_no_recipe(texts: dict[str, str]) -> None:
    assert read_other(texts) is None


def test_graphs_that_go_in_circles_end() -> None:
    loop: dict[str, Any] = {
        str(n): {"class_type": "X", "inputs": {"positive": [str(n + 1), 0], "a": [str(n), 0]}} for n in range(1990)
    }
    loop["3"] = pictures.COMFY_UI["3"]
    loop["6"] = {"class_type": "X", "inputs": {"conditioning": ["6", 0], "other": ["3", 0]}}
    read_other({"prompt": json.dumps(loop)})


def test_a_damaged_own_recipe_is_not_taken_for_another_programs(tmp_path: Path) -> None:
    path = write_png(tmp_path / "a.png", emulsion="{", prompt=json.dumps(pictures.COMFY_UI))
    with pytest.raises(UnreadablePicture):
        read_recipe(path)


def test_every_reader_knows_a_picture() -> None:
    known = {name for texts in TEXTS.values() for name, read in READERS.items() if read(texts)}
    assert known == {*READERS}


SWARM_UI_LAYER = {"sui_image_params": {"prompt": "a", "steps": 20, "seed": 3, "clipstopatlayer": -2}}


@pytest.mark.parametrize(
    "texts",
    [
        {"parameters": json.dumps({**pictures.FOOOCUS, "clip_skip": 2})},
        {"parameters": json.dumps(SWARM_UI_LAYER)},
        {"invokeai_metadata": json.dumps({**pictures.INVOKE_AI, "clip_skip": 1})},  # layers left out
        {"parameters": json.dumps({"prompt": "a", "steps": 20, "seed": 3, "clipSkip": 2})},
        {"parameters": "a\nSteps: 20, Sampler: Euler a, Seed: 3, CLIP skip: 2"},
    ],
    ids=["Fooocus", "SwarmUI", "InvokeAI", "Civitai", "another spelling"],
)
def test_the_layer_of_the_text_encoder_is_counted_as_ours(texts: dict[str, str], tmp_path: Path) -> None:
    recipe = read_recipe(write_png(tmp_path / "a.png", **texts))
    assert recipe.request.clip_skip == 2
    assert not [key for key in recipe.others if "clip" in key.lower()]
