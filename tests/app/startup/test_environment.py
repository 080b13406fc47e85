from __future__ import annotations

import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from app.startup.environment import ENVIRONMENT, GPU_MEMORY, GPU_MEMORY_IN_ONE_PIECE, set_environment


def test_the_network_is_off_whatever_stood_there_before() -> None:
    environment = {"HF_HUB_OFFLINE": "0", "HOME": "/home/me"}
    set_environment(environment, "darwin")
    assert environment == {**ENVIRONMENT, "HOME": "/home/me"}
    assert environment["HF_HUB_OFFLINE"] == environment["HF_HUB_DISABLE_TELEMETRY"] == "1"
    assert environment["MIOPEN_FIND_MODE"] == "FAST"


def test_on_linux_the_memory_of_gpus_does_not_break_into_pieces_unless_the_user_says_otherwise() -> None:
    for own, expected in (({}, GPU_MEMORY_IN_ONE_PIECE), ({GPU_MEMORY: "backend:native"}, "backend:native")):
        environment: dict[str, str] = dict(own)
        set_environment(environment, "linux")
        assert environment[GPU_MEMORY] == expected
    older = {"PYTORCH_CUDA_ALLOC_CONF": "max_split_size_mb:512"}
    set_environment(older, "linux")
    assert GPU_MEMORY not in older


@pytest.mark.parametrize(
    ("version", "is_set"),
    [("2.13.0", True), ("2.13.0+cu130", True), ("2.13.0+rocm7.1", False), ("2.13.0+xpu", False), (None, True)],
)
def test_amds_and_intels_gpus_keep_torchs_own_way_with_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str | None, is_set: bool
) -> None:
    (tmp_path / f"torch-{version}.dist-info").mkdir()
    spec = None if version is None else ModuleSpec("torch", None, origin=str(tmp_path / "torch" / "__init__.py"))
    monkeypatch.setattr("app.startup.environment.find_spec", {"torch": spec}.__getitem__)
    environment: dict[str, str] = {}
    set_environment(environment, "linux")
    assert (GPU_MEMORY in environment) is is_set


def test_the_program_sets_it_before_the_hub_library_is_imported() -> None:
    code = (
        "import sys, app.__main__; assert 'huggingface_hub' not in sys.modules; app.__main__.main(['--version']); "
        "from huggingface_hub import constants as c; print(c.HF_HUB_OFFLINE, c.HF_HUB_DISABLE_TELEMETRY)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines()[-1] == "True True"
