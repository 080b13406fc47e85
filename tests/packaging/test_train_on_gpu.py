from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from core.training.__main__ import main as training

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("train_on_gpu", ROOT / "packaging" / "train_on_gpu.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def options(folder: Path, **changes: object) -> argparse.Namespace:
    defaults = {"size": "tiny", "folder": folder, "samples": None, "seconds": None, "processes": 4}
    return argparse.Namespace(**{**defaults, **changes})


def test_versions_are_those_of_the_project(script: ModuleType) -> None:
    asked = script.requirements(ROOT / "pyproject.toml")
    assert [line for line in asked if line.startswith("diffusers==")]
    assert "regex" in asked
    assert not [line for line in asked if "torch" in line or "PySide" in line]


def test_its_command_lines_are_ones_the_training_understands(
    script: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for step in script.steps(Path("python"), options(tmp_path, samples=5, seconds=7.5)):
        assert step[:3] == ["python", "-m", "core.training"]
        with pytest.raises(SystemExit) as ended:
            training([*step[3:], "--help"])
        assert ended.value.code == 0
        assert capsys.readouterr().out


def test_results_are_gathered_as_far_as_there_are_any(script: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "run" / "model" / "unet").mkdir(parents=True)
    (tmp_path / "run" / "model" / "unet" / "config.json").write_text("{}")
    (tmp_path / "run" / "diffusion.csv").write_text("step\n")
    (tmp_path / "run" / "latents").mkdir()
    for _ in range(2):
        script.gather(tmp_path / "run", tmp_path / "kept")
    names = {path.relative_to(tmp_path / "kept").as_posix() for path in (tmp_path / "kept").rglob("*")}
    assert names == {"model", "model/unet", "model/unet/config.json", "diffusion.csv"}
