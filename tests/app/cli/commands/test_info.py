from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from PIL import Image
from safetensors.torch import save_file

from core.pictures.saving import save_as
from tests import tiny, tiny_controls, tiny_loras
from tests.app.cli.commands.conftest import Answer
from tests.pictures import generated_image

Run = Callable[..., Answer]


@pytest.mark.parametrize("prompt", ["a house", "海 😀", "\udcff"])
def test_the_recipe_is_printed_as_json(run: Run, tmp_path: Path, prompt: str) -> None:
    save_as(generated_image(prompt), tmp_path / "a.png")
    answer = run("info", tmp_path / "a.png")
    assert answer.code == 0
    assert json.loads(answer.output)["request"]["prompt"] == prompt


def test_a_file_without_a_recipe_is_one_line_and_code_2(run: Run, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    (tmp_path / "text.png").write_text("no picture")
    for name, words in (
        ("a.png", "it carries no recipe"),
        ("text.png", "not a PNG"),
        ("missing.png", "no such file"),
    ):
        answer = run("info", tmp_path / name)
        assert (answer.code, answer.output, len(answer.errors.splitlines())) == (2, "", 1)
        assert words in answer.errors


def test_a_lora_tells_its_kind_and_what_of_it_acts_on_no_model(run: Run, tmp_path: Path) -> None:
    tiny_loras.of_all_kinds(tmp_path / "ink.safetensors", tiny.unet(), tiny.text_encoder(514))
    told = json.loads(run("info", tmp_path / "ink.safetensors").output)
    assert (told["name"], told["left_out"]) == ("ink", {"of OFT": 1})
    assert told["kind"].startswith("a LyCORIS file (")
    assert told["layers"] == len(tiny_loras.METHODS) + 3


def test_a_network_for_control_tells_its_kind_and_the_maps_that_it_knows(run: Run, tmp_path: Path) -> None:
    model = tiny.stable_diffusion_xl(tmp_path / "model")
    tiny_controls.save_lone(tiny_controls.union(model, types=8), tmp_path, "promax")
    told = json.loads(run("info", tmp_path / "promax.safetensors").output)
    assert (told["name"], told["kind"], told["types"][-1]) == ("promax", "control_union", "repaint")
    unet = UNet2DConditionModel.from_pretrained(model / "unet")
    tiny_controls.save_control_lora(tiny_controls.controlnet(model), unet, tmp_path, "rank2")
    told = json.loads(run("info", tmp_path / "rank2.safetensors").output)
    assert (told["kind"], told["types"], told["preprocessors"][0]) == ("control_lora", [], "none")


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        (("oft_blocks",), "it is a LyCORIS file (OFT), not supported yet"),
        (("lora_down.weight",), "lacks a part"),
    ],
)
def test_a_file_that_is_no_use_is_refused_by_its_kind(
    run: Run, tmp_path: Path, ending: tuple[str, ...], words: str
) -> None:
    save_file({f"lora_unet_conv_in.{role}": torch.zeros(2, 2) for role in ending}, tmp_path / "a.safetensors")
    answer = run("info", tmp_path / "a.safetensors")
    assert answer.code != 0
    assert words in answer.errors
    assert words in run("models", "import", tmp_path / "a.safetensors").errors


def test_a_folder_with_a_damaged_part_is_refused_as_by_the_import(run: Run, tmp_path: Path) -> None:
    weights = next((tiny.stable_diffusion(tmp_path / "dreams") / "unet").glob("*.safetensors"))
    assert run("info", tmp_path / "dreams").code == 0
    weights.write_bytes(weights.read_bytes()[:-1000])
    for command in (("info",), ("models", "import")):
        assert "it is cut off: 1,000 bytes" in run(*command, tmp_path / "dreams").errors
