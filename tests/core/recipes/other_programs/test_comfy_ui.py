"""ComfyUI's graphs are followed to their end, and what they do not tell stays untold."""

import json
from typing import Any

import pytest

from core.recipes.other_programs import read_other
from core.recipes.recipe import Recipe
from tests.core.recipes.other_programs.comfy_models import MODELS
from tests.core.recipes.other_programs.comfy_nodes import PLAIN, graph, node
from tests.core.recipes.other_programs.comfy_prompts import PROMPTS, prompted
from tests.core.recipes.other_programs.comfy_samplers import SAMPLERS

CASES = MODELS | PROMPTS | SAMPLERS
TOLD: dict[str, Any] = {
    "prompt": "a red lighthouse",
    "negative": "blurry",
    "model": "dreams",
    "sampler": "dpmpp_2m_karras",
    "steps": 20,
    "scale": 7.0,
    "seed": 42,
    "size": "512x768",
    "loras": [],
    "vae": None,
    "layer": 1,
    "strength": None,
}


def told(recipe: Recipe) -> dict[str, Any]:
    """The values of a recipe, None where it is untold."""
    request = recipe.request
    values = {
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt,
        "model": recipe.model.name,
        "sampler": request.sampler,
        "steps": request.steps,
        "guidance_scale": request.guidance_scale,
        "seed": request.seed,
        "size": str(request.size),
    }
    names = {"negative_prompt": "negative", "guidance_scale": "scale"}
    return {
        **{names.get(name, name): None if name in recipe.untold else value for name, value in values.items()},
        "loras": [(lora.key, lora.weight) for lora in request.loras],
        "vae": request.autoencoder and request.autoencoder.key,
        "layer": request.clip_skip,
        "strength": request.source and request.source.strength,
    }


def read(nodes: Any) -> Recipe:
    recipe = read_other({"prompt": json.dumps(graph({**PLAIN, **nodes}))})
    assert recipe is not None
    return recipe


@pytest.mark.parametrize("name", CASES)
def test_a_graph_is_followed_to_its_end(name: str) -> None:
    nodes, other = CASES[name]
    assert told(read(nodes)) == TOLD | other


def test_there_are_forty_graphs() -> None:
    assert len(CASES) >= 40


@pytest.mark.parametrize("name", CASES)
def test_names_of_nodes_do_not_matter(name: str) -> None:
    """Subgraphs number their nodes as ``57:12``."""
    nodes, other = CASES[name]
    whole = {key: value for key, value in {**PLAIN, **nodes}.items() if value is not None}
    numbers = {key: f"57:{number}" for number, key in enumerate(sorted(whole))}
    content = graph(whole)
    for one in content.values():
        for key, value in one["inputs"].items():
            if isinstance(value, list):
                one["inputs"][key] = [numbers.get(value[0], "gone"), value[1]]
    recipe = read_other({"prompt": json.dumps({numbers[key]: value for key, value in content.items()})})
    assert recipe is not None
    assert told(recipe) == TOLD | other


def test_a_text_that_grows_without_end_is_left_out() -> None:
    words = {"words": node("StringConcatenate", string_a="@t0", string_b="@t0", delimiter=" ")}
    words |= {
        f"t{number}": node(
            "StringConcatenate", string_a=f"@t{number + 1}", string_b=f"@t{number + 1}", delimiter=" "
        )
        for number in range(60)
    }
    recipe = read(prompted(**words, t60=node("PrimitiveString", value="so long")))
    assert told(recipe) == TOLD | {"prompt": None}


def test_a_chain_of_a_thousand_patches_ends() -> None:
    nodes = {f"p{number}": node("Patch", model=f"@p{number + 1}") for number in range(1900)}
    nodes["p1900"] = node("Patch", model="@model")
    nodes["sampler"] = (PLAIN["sampler"][0], PLAIN["sampler"][1] | {"model": "@p0"})
    assert told(read(nodes)) == TOLD


def test_thousands_of_samplers_take_no_time() -> None:
    nodes = {f"s{n}": ("KSampler", PLAIN["sampler"][1] | {"latent_image": f"@s{n + 1}"}) for n in range(1900)}
    nodes["s1900"] = PLAIN["sampler"]
    nodes["decode"] = node("VAEDecode", samples="@s0", vae="@model.2")
    assert told(read(nodes)) == TOLD


def drawn(nodes: Any, *, is_named: bool = False) -> dict[str, Any]:
    """The graph as the window draws it: numbers, links with numbers, values of widgets without or with names."""
    numbers = {name: number for number, name in enumerate(nodes, 1)}
    links: list[list[Any]] = []
    boxes: list[dict[str, Any]] = []
    for name, (kind, inputs) in nodes.items():
        places: list[dict[str, Any]] = []
        values: list[Any] = []
        for key, value in inputs.items():
            if isinstance(value, str) and value.startswith("@"):
                origin, _, slot = value[1:].partition(".")
                links.append([len(links) + 1, numbers[origin], int(slot or 0), numbers[name], len(places), "*"])
                places.append({"name": key, "type": "*", "link": len(links)})
            else:
                values += [value, "randomize"] if "seed" in key else [value]
                if is_named:
                    places.append({"name": key, "type": "*", "link": None, "widget": {"name": key}})
        boxes.append({"id": numbers[name], "type": kind, "mode": 0, "inputs": places, "widgets_values": values})
    return {"nodes": boxes, "links": links}


def read_drawn(content: dict[str, Any]) -> Recipe:
    recipe = read_other({"workflow": json.dumps(content)})
    assert recipe is not None
    return recipe


@pytest.mark.parametrize("name", ["plain", "parts", "one lora", "two loras", "aura flow", "an own autoencoder"])
@pytest.mark.parametrize("is_named", [False, True])
def test_the_drawing_alone_tells_the_same(name: str, is_named: bool) -> None:
    nodes, other = MODELS[name]
    content = drawn({**PLAIN, **nodes}, is_named=is_named)
    assert told(read_drawn(content)) == TOLD | other


def test_a_drawn_node_can_be_off_or_passed_by() -> None:
    nodes, _ = MODELS["two loras"]
    content = drawn({**PLAIN, **nodes})
    for box in content["nodes"]:
        if box["type"] == "LoraLoader":
            box["mode"] = 4
            box["outputs"] = [{"type": "MODEL"}, {"type": "CLIP"}]
            for place, kind in zip(box["inputs"], ("MODEL", "CLIP"), strict=True):
                place["type"] = kind
    assert told(read_drawn(content)) == TOLD | {"loras": [("snow", -0.5)]}


def test_a_subgraph_is_entered() -> None:
    """The prompt is a promoted widget of the subgraph; its sampler and its encoder are inside."""
    inner = drawn({name: PLAIN[name] for name in PLAIN if name not in ("save", "decode")})
    encoder = next(box for box in inner["nodes"] if box["widgets_values"] == ["a red lighthouse"])
    encoder["inputs"].append({"name": "text", "type": "STRING", "link": 90, "widget": {"name": "text"}})
    sampler = next(box for box in inner["nodes"] if box["type"] == "KSampler")
    inner["links"] = [
        {"id": link[0], "origin_id": link[1], "origin_slot": link[2], "target_id": link[3], "target_slot": link[4]}
        for link in [*inner["links"], [90, -10, 0, encoder["id"], 1], [91, sampler["id"], 0, -20, 0]]
    ]
    subgraph = {"id": "c0ffee", "name": "Text to image", "inputs": [{"name": "text"}], **inner}
    user: dict[str, Any] = {"id": 9, "type": "c0ffee", "mode": 0, "widgets_values": ["a blue shed"]}
    user["inputs"] = [{"name": "text", "type": "STRING", "widget": {"name": "text"}, "link": None}]
    decode = {"id": 10, "type": "VAEDecode", "inputs": [{"name": "samples", "link": 5}]}
    save = {"id": 11, "type": "SaveImage", "inputs": [{"name": "images", "link": 6}]}
    content = {
        "nodes": [user, decode, save],
        "links": [[5, 9, 0, 10, 0, "LATENT"], [6, 10, 0, 11, 0, "IMAGE"]],
        "definitions": {"subgraphs": [subgraph]},
    }
    assert told(read_drawn(content)) == TOLD | {"prompt": "a blue shed"}
    user["inputs"] = []
    assert told(read_drawn(content)) == TOLD


def test_a_primitive_of_the_window_and_links_by_name_are_followed() -> None:
    nodes = {
        **PLAIN,
        "set": node("SetNode", MODEL="@model"),
        "get": node("GetNode"),
        "seed": node("PrimitiveNode", value=42),
        "sampler": (PLAIN["sampler"][0], PLAIN["sampler"][1] | {"model": "@get"}),
    }
    content = drawn(nodes)
    for box in content["nodes"]:
        if box["type"] in ("SetNode", "GetNode"):
            box["widgets_values"] = ["the model"]
    assert told(read_drawn(content)) == TOLD


@pytest.mark.parametrize("case", ["drawn from a wildcard", "a wildcard that an encoder drew"])
def test_the_template_of_a_wildcard_is_kept_beside_what_was_drawn(case: str) -> None:
    request = read(PROMPTS[case][0]).request
    assert (request.prompt, request.template) == ("a red lighthouse", "a {red|blue} lighthouse")
    assert (request.negative_template, request.variants) == ("", False)
