"""Recipes made up at random in every format, with fields present or not."""

import json
import random
from collections.abc import Callable, Mapping
from typing import Any

from tests.core.recipes.other_programs.comfy_models import patched
from tests.core.recipes.other_programs.comfy_nodes import PLAIN, graph, node

Fields = dict[str, Any]
"""The told settings by name; a sampler as its key."""

_WORDS = (
    *(
        "a red house",
        "by the sea",
        "海辺",
        'café: two, "three"',
        "1girl",
        "(soft light)",
        "8k, sharp",
        "Steps of stone",
    ),
)
_SAMPLERS = {
    "a1111": {
        "euler_a": ("Euler a", "Automatic"),
        "dpmpp_2m_karras": ("DPM++ 2M", "Karras"),
        "dpmpp_2m": ("DPM++ 2M", "Uniform"),
        "ddim": ("DDIM", ""),
    },
    "comfy": {
        "euler_a": ("euler_ancestral", "normal"),
        "dpmpp_2m_karras": ("dpmpp_2m", "karras"),
        "dpmpp_2m": ("dpmpp_2m", "normal"),
        "ddim": ("ddim", "ddim_uniform"),
    },
    "invoke": {
        "euler_a": ("euler_a", ""),
        "dpmpp_2m_karras": ("dpmpp_2m_k", ""),
        "dpmpp_2m": ("dpmpp_2m", ""),
        "ddim": ("ddim", ""),
    },
    "novel": {
        "euler_a": ("k_euler_ancestral", "native"),
        "dpmpp_2m_karras": ("k_dpmpp_2m", "karras"),
        "dpmpp_2m": ("k_dpmpp_2m", ""),
        "ddim": ("ddim", ""),
    },
}


def fields(dice: random.Random) -> Fields:
    """Some of the settings; enough that the text is a recipe."""
    told: Fields = {
        "prompt": _prose(dice),
        "negative_prompt": _prose(dice),
        "model": dice.choice(("dreams", "v1-5 pruned", "sd_xl_base_1.0")),
        "sampler": dice.choice(tuple(_SAMPLERS["comfy"])),
        "steps": dice.randint(1, 150),
        "guidance_scale": dice.choice((1.0, 4.5, 7.0, 12.25, 30.0)),
        "seed": dice.choice((0, 7, 2**31, 2**53 + 1, 2**64 - 1)),
        "size": (dice.randint(8, 256) * 8, dice.randint(8, 256) * 8),
    }
    for name in dice.sample([*told], dice.randint(0, 5)):
        if name not in ("prompt", "steps"):
            del told[name]
    return told


def _prose(dice: random.Random) -> str:
    return ", ".join(dice.sample(_WORDS, dice.randint(1, 4)))


def _flat(told: Fields, names: Mapping[str, str], samplers: str, schedule: str) -> dict[str, Any]:
    """The settings as JSON under a program's names."""
    content: dict[str, Any] = {names[name]: value for name, value in told.items() if name in names}
    if "sampler" in told:
        sampler, kind = _SAMPLERS[samplers][told["sampler"]]
        content[names["sampler"]] = sampler
        if kind:
            content[schedule] = kind
    if "size" in told and "width" in names:
        content[names["width"]], content[names["height"]] = told["size"]
    return content


def _names(**names: str) -> dict[str, str]:
    usual = {name: name for name in ("prompt", "model", "sampler", "steps", "seed", "width", "height")}
    return usual | names


def a1111(told: Fields) -> dict[str, str]:
    settings = {"Steps": told["steps"]}
    if "sampler" in told:
        settings["Sampler"], schedule = _SAMPLERS["a1111"][told["sampler"]]
        settings |= {"Schedule type": schedule} if schedule else {}
    keys = {"guidance_scale": "CFG scale", "seed": "Seed", "model": "Model"}
    settings |= {key: told[name] for name, key in keys.items() if name in told}
    settings |= {"Size": "{}x{}".format(*told["size"])} if "size" in told else {}
    line = ", ".join(f"{key}: {value}" for key, value in settings.items())
    negative = [f"Negative prompt: {told['negative_prompt']}"] if told.get("negative_prompt") else []
    return {"parameters": "\n".join([told["prompt"], *negative, f"{line}, Clip skip: 2, Version: v1.10.1"])}


def comfy_ui(told: Fields) -> dict[str, str]:
    """Settings that are not told come from a node that nobody knows."""
    unknown = "@unknown"
    sampler, schedule = _SAMPLERS["comfy"].get(told.get("sampler", ""), (unknown, unknown))
    width, height = told.get("size", (unknown, unknown))
    numbers = {
        "seed": told.get("seed", unknown),
        "steps": told["steps"],
        "cfg": told.get("guidance_scale", unknown),
    }
    nodes = {
        **PLAIN,
        **patched(node("ModelSamplingSD3", shift=3.0)),
        "unknown": node("Calculated", value=3),
        "model": node(
            "CheckpointLoaderSimple", ckpt_name=f"{told['model']}.safetensors" if "model" in told else unknown
        ),
        "yes": node("CLIPTextEncode", text=told["prompt"], clip="@model.1"),
        "no": node("CLIPTextEncode", text=told.get("negative_prompt", unknown), clip="@model.1"),
        "latent": node("EmptyLatentImage", width=width, height=height),
    }
    kind, inputs = nodes["sampler"] or ("", {})
    nodes["sampler"] = (kind, inputs | numbers | {"sampler_name": sampler, "scheduler": schedule})
    return {"prompt": json.dumps(graph(nodes))}


def invoke_ai(told: Fields) -> dict[str, str]:
    names = _names(prompt="positive_prompt", negative_prompt="negative_prompt", sampler="scheduler")
    names["guidance_scale"] = "cfg_scale"
    content = _flat(told, names, "invoke", "")
    content |= {"model": {"name": told["model"], "hash": "blake3:ab", "base": "sd-1"}} if "model" in told else {}
    return {"invokeai_metadata": json.dumps(content | {"app_version": "5.4"})}


def novel_ai(told: Fields) -> dict[str, str]:
    names = _names(negative_prompt="uc", guidance_scale="scale")
    content = _flat(
        {name: value for name, value in told.items() if name != "model"}, names, "novel", "noise_schedule"
    )
    source = {"Source": f"{told['model']} 4BDE2A90"} if "model" in told else {}
    return {"Software": "NovelAI", "Description": told["prompt"], "Comment": json.dumps(content)} | source


def fooocus(told: Fields) -> dict[str, str]:
    names = {name: name for name in ("prompt", "negative_prompt", "sampler", "steps", "guidance_scale", "seed")}
    content = _flat(told, names, "comfy", "scheduler") | {"base_model": told.get("model", "")}
    content |= {"resolution": "({}, {})".format(*told["size"])} if "size" in told else {}
    return {"parameters": json.dumps(content | {"performance": "Speed", "version": "Fooocus v2.5.5"})}


def swarm_ui(told: Fields) -> dict[str, str]:
    content = _flat(
        told, _names(negative_prompt="negativeprompt", guidance_scale="cfgscale"), "comfy", "scheduler"
    )
    return {"parameters": json.dumps({"sui_image_params": content | {"swarm_version": "0.9"}})}


def easy_diffusion(told: Fields) -> dict[str, str]:
    names = _names(negative_prompt="negative_prompt", model="use_stable_diffusion_model", sampler="sampler_name",
                   steps="num_inference_steps", guidance_scale="guidance_scale")  # fmt: skip
    return {"parameters": json.dumps(_flat(told, names, "comfy", "scheduler_type"))}


def draw_things(told: Fields) -> dict[str, str]:
    names = {"prompt": "c", "negative_prompt": "uc", "model": "model", "sampler": "sampler", "steps": "steps",
             "guidance_scale": "scale", "seed": "seed"}  # fmt: skip
    content = {"uc": ""} | _flat(told, names, "invoke", "")
    return {
        "parameters": json.dumps(content | ({"size": "{}x{}".format(*told["size"])} if "size" in told else {}))
    }


FORMATS: dict[str, Callable[[Fields], dict[str, str]]] = {
    "AUTOMATIC1111": a1111,
    "ComfyUI": comfy_ui,
    "InvokeAI": invoke_ai,
    "NovelAI": novel_ai,
    "Fooocus": fooocus,
    "SwarmUI": swarm_ui,
    "Easy Diffusion": easy_diffusion,
    "Draw Things": draw_things,
}
ALWAYS_TOLD = {"AUTOMATIC1111": ("negative_prompt",), "Draw Things": ("negative_prompt",)}
"""Settings whose absence means that they are empty."""
