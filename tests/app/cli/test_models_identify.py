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
