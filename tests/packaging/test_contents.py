from __future__ import annotations

import re
from pathlib import Path

import contents
import pytest

from tests.packaging.recorded_build import ROOT


@pytest.mark.parametrize(
    "place",
    [
        "torch/lib/libtorch_cpu.so",
        "torch/bin/torch_shm_manager",
        "torch/testing/_internal/logging_tensor.py",
        "transformers/models/clip/modeling_clip.py",
        "transformers/models/__init__.py",
        "transformers/modeling_utils.py",
        "PySide6/Qt/plugins/platforms/libqxcb.so",
        "PySide6/Qt/plugins/platforms/libqwayland.so",
        "PySide6/Qt/plugins/platforms/libqoffscreen.so",
        "PySide6/Qt/plugins/platformthemes/libqxdgdesktopportal.so",
        "PySide6/Qt/lib/libQt6OpenGL.so.6",
        "PySide6/plugins/platforms/qwindows.dll",
        "resources/starter-model/model_index.json",
        "diffusers-0.42.1.dist-info/METADATA",
        "rich_text.py",
    ],
)
def test_what_is_needed_stays(place: str) -> None:
    assert contents.keep([(place, "/x", "DATA")]) == [(place, "/x", "DATA")]


@pytest.mark.parametrize(
    "place",
    [
        "torch/test/test_torch",
        "torch/bin/protoc",
        "torch\\\\test\\\\test_torch.exe".replace("\\\\", "\\"),
        "libcudart-c3a75b33.so.12",
        "transformers/models/whisper/modeling_whisper.py",
        "PySide6/Qt/plugins/platformthemes/libqgtk3.so",
        "PySide6/Qt/plugins/platforms/libqeglfs.so",
        "libgtk-3.so.0",
        "libpango-1.0.so.0",
        "numpy/linalg/tests/data/x.csv",
        "setuptools-84.2.1.dist-info/METADATA",
        "av-18.1.0.dist-info/licenses/__pycache__/AUTHORS.cpython-311.pyc",
    ],
)
def test_what_nobody_needs_goes(place: str) -> None:
    assert contents.keep([(place, "/x", "DATA")]) == []


def test_the_families_that_core_asks_for_are_inside() -> None:
    used = {
        name
        for path in (ROOT / "core").rglob("*.py")
        for name in re.findall(
            r"\b(CLIP|Qwen2|Qwen3|T5|Gemma|Llama|Mistral)\w*(?:Model|Tokenizer)", path.read_text("utf-8")
        )
    }
    assert {name.lower() for name in used} <= set(contents.TRANSFORMERS_FAMILIES)


def test_every_module_of_the_program_is_named_but_not_those_that_make_models() -> None:
    names = contents.own_modules(ROOT)
    assert {"app", "app.session.session", "core.engine.engine", "core.engine.families.stable_diffusion"} <= set(
        names
    )
    assert not [name for name in names if name.startswith("core.training")]


def test_requirements_are_named_without_their_versions() -> None:
    names = contents.requirements(ROOT)
    assert {"torch", "PySide6-Essentials", "send2trash"} <= set(names)
    assert all(re.fullmatch(r"[\w.-]+", name) for name in names)


def test_modules_of_a_package_are_found_without_importing_it() -> None:
    found = dict(contents.submodules("transformers.models"))
    assert found["clip"]
    with pytest.raises(ModuleNotFoundError):
        contents.submodules("a_library_that_is_not_there")


def test_pipelines_of_other_families_stay_out_but_what_all_share_stays_in() -> None:
    unused = set(contents.unused_modules())
    assert "diffusers.pipelines.wan" in unused
    assert not {"diffusers.pipelines.pipeline_utils", "diffusers.pipelines.stable_diffusion"} & unused
    assert not {"PySide6.QtWidgets", "PySide6.support"} & unused


def test_no_exclude_is_a_module_of_the_program() -> None:
    own = set(contents.own_modules(ROOT)) | {Path("app").name}
    assert not own & set(contents.EXCLUDES)
