"""LoRAs of other programs' pictures reach our controls, as each of them writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import pytest

from core.pictures.metadata import read_recipe
from core.request.request import Lora
from tests.core.recipes.other_programs import pictures
from tests.core.recipes.other_programs.pictures import write_png

INK, SNOW = Lora("ink", 0.8), Lora("snow", -0.5)
COMFY_UI = {
    **pictures.COMFY_UI,
    "3": {
        "class_type": "KSampler",
        "inputs": {**cast("dict[str, object]", pictures.COMFY_UI["3"]["inputs"]), "model": ["9", 0]},
    },
    "8": {
        "class_type": "LoraLoader",
        "inputs": {
            "lora_name": "styles\\ink.safetensors",
            "strength_model": 0.8,
            "strength_clip": 1.0,
            "model": ["4:1", 0],
        },
    },
    "9": {
        "class_type": "Power Lora Loader (rgthree)",
        "inputs": {
            "model": ["8", 0],
            "lora_1": {"on": True, "lora": "snow.safetensors", "strength": -0.5},
            "lora_2": {"on": False, "lora": "off.safetensors", "strength": 1},
        },
    },
}
SWARM_UI = {
    **pictures.SWARM_UI,
    "sui_image_params": {
        **cast("dict[str, object]", pictures.SWARM_UI["sui_image_params"]),
        "loras": ["styles/ink", "snow"],
        "loraweights": ["0.8", "-0.5"],
    },
}
TEXTS = {
    "ComfyUI": {"prompt": json.dumps(COMFY_UI)},
    "Fooocus": {
        "parameters": json.dumps(
            {**pictures.FOOOCUS, "loras": [["ink.safetensors", 0.8, "abc"], ["snow.safetensors", -0.5, "def"]]}
        )
    },
    "InvokeAI": {
        "invokeai_metadata": json.dumps(
            {
                **pictures.INVOKE_AI,
                "loras": [
                    {"model": {"key": "k", "name": "ink", "base": "sd-1"}, "weight": 0.8},
                    {"lora": {"model_name": "snow", "base_model": "sd-1"}, "weight": -0.5},
                ],
            }
        )
    },
    "SwarmUI": {"parameters": json.dumps(SWARM_UI)},
    "tags": {
        "parameters": json.dumps(
            {**pictures.EASY_DIFFUSION, "prompt": "a windmill <lora:ink:0.8> <lora:snow:-0.5>"}
        )
    },
}


@pytest.mark.parametrize("program", TEXTS)
def test_they_come_with_their_weights(program: str, tmp_path: Path) -> None:
    recipe = read_recipe(write_png(tmp_path / "a.png", **TEXTS[program]))
    assert recipe.request.loras == (INK, SNOW)
    assert "<lora" not in recipe.request.prompt
    assert not {"loras", "lora", "loraweights"} & recipe.others.keys()


@pytest.mark.parametrize(
    "value",
    [["x"], "ink", [["ink"]], [["ink", "much"]], [{"weight": 1}], [["ink", 1], None], {"ink": 1}, [[3, 1]]],
)
def test_what_is_not_understood_stays_as_text(value: object, tmp_path: Path) -> None:
    content = {**pictures.EASY_DIFFUSION, "lora": value}
    recipe = read_recipe(write_png(tmp_path / "a.png", parameters=json.dumps(content)))
    assert recipe.request.loras == ()
    assert recipe.others["lora"]
