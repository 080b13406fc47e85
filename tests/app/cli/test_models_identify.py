"""``emulsion models identify`` tells what files are, as sentences and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.cli.command_line import run_command
from tests.core.models.known_files import FILES
from tests.core.models.made_files import safetensors


def test_files_are_told_and_one_that_cannot_be_used_gives_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = safetensors(tmp_path / "z_image_turbo.safetensors", FILES["z_image_turbo"][0])
    bad = safetensors(tmp_path / "hidream.safetensors", FILES["hidream"][0], "F8_E4M3")
    assert run_command(["models", "identify", str(good), "--json"], None) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["name"], told["variant"], told["family"], told["packing"]) == (
        "Z-Image",
        "Turbo",
        "Z-Image",
        "bf16",
    )
    assert run_command(["models", "identify", str(good), str(bad)], None) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "z_image_turbo.safetensors is Z-Image, Turbo, bf16."
    assert "hidream.safetensors is HiDream, fp8 e4m3. It cannot be used: it is a HiDream model" in lines[1]


def test_a_part_of_a_diffusers_folder_is_the_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine" / "unet").mkdir(parents=True)
    (tmp_path / "mine" / "model_index.json").write_text('{"_class_name": "StableDiffusionXLPipeline"}')
    assert run_command(["models", "identify", str(tmp_path / "mine"), str(tmp_path / "mine" / "unet")], None) == 0
    assert capsys.readouterr().out.splitlines() == ["mine is Stable Diffusion XL."] * 2


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("gone.safetensors", "gone.safetensors."),
        ("note.txt", "note.txt is no file of weights (.safetensors, .sft, .gguf)."),
        ("junk.safetensors", "junk.safetensors cannot be identified: it"),
        ("empty", "empty cannot be identified: it is not a diffusers folder"),
    ],
)
def test_bad_input_is_told_and_gives_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, sentence: str
) -> None:
    (tmp_path / "empty").mkdir()
    for file in ("note.txt", "junk.safetensors"):
        (tmp_path / file).write_text("these are no weights")
    assert run_command(["models", "identify", str(tmp_path / name)], None) == 2
    told = capsys.readouterr().err
    assert sentence in told
    assert "again" not in told
