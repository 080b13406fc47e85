from __future__ import annotations

import argparse
import importlib.util
import re
import subprocess
import sys
from contextlib import suppress
from importlib import metadata
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


WITHOUT = """
import importlib, importlib.util, pkgutil, sys
from importlib.machinery import PathFinder

missing, found = set(sys.argv[1].split()), PathFinder.find_spec
PathFinder.find_spec = lambda name, *rest: None if name.partition(".")[0] in missing else found(name, *rest)
import core.training
for one in pkgutil.iter_modules(core.training.__path__):
    importlib.import_module(f"core.training.{one.name}")
"""


def test_the_training_starts_where_nothing_else_is_installed(script: ModuleType) -> None:
    there = with_all_that_they_need({*script.LIBRARIES, "torch"})
    owners = metadata.packages_distributions()
    others = {
        name for name, owned in owners.items() if not {one.lower().replace("_", "-") for one in owned} & there
    }
    assert {"PySide6", "accelerate"} <= others
    subprocess.run([sys.executable, "-c", WITHOUT, " ".join(others)], check=True, cwd=ROOT)


def with_all_that_they_need(names: set[str]) -> set[str]:
    """Returns libraries with those that they require, and those in their turn."""
    found: set[str] = set()
    while names:
        name = names.pop().lower().replace("_", "-")
        if name not in found:
            found.add(name)
            with suppress(metadata.PackageNotFoundError):
                lines = metadata.requires(name) or []
                names |= {re.split(r"[^\w.-]", line)[0] for line in lines if "extra ==" not in line}
    return found


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
