"""Compiling is refused with its reason where it cannot be, and told of in the film where it is."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch._inductor.runtime.cache_dir_utils import default_cache_dir

from core.engine.engine import Engine
from core.engine.networks import compiled
from core.engine.networks.compiled import CACHES, compile_blocks, missing_for
from core.errors import CompilerMissing
from core.models.acceleration import Acceleration
from core.models.catalogue import Catalogue
from core.request.request import GenerationRequest, Size
from core.runs.events import ImageReady, PreviewMode
from core.runs.operations import Generate

REQUEST = GenerationRequest("abc", model="tiny", size=Size(64, 64), sampler="ddim", steps=1, seed=5)


@pytest.mark.parametrize(
    ("kind", "has_triton", "compilers", "reason"),
    [
        ("cuda", True, ("gcc",), ""),
        ("cuda", True, (), "no compiler was found (cc, gcc, clang, cl)"),
        ("cuda", False, ("gcc",), "Triton, by which torch compiles for graphics cards, is not installed"),
        ("xpu", True, ("clang",), ""),
        ("mps", False, ("clang",), "torch compiles for Apple GPUs only in part"),
        ("cpu", False, ("g++",), ""),
        ("cpu", True, ("gcc",), "no compiler was found (g++, clang++, c++, cl)"),
    ],
)
def test_what_compiling_lacks_is_told(
    monkeypatch: pytest.MonkeyPatch, kind: str, has_triton: bool, compilers: tuple[str, ...], reason: str
) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(compiled, "has_triton_package", lambda: has_triton)
    which: Callable[[str], str | None] = lambda name: name if name in compilers else None  # noqa: E731
    monkeypatch.setattr(shutil, "which", which)
    assert missing_for(torch.device(kind)) == reason


def test_the_installed_program_says_that_it_has_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "_MEIPASS", "bundle", raising=False)
    assert "start from the checkout" in missing_for(torch.device("cpu"))


def test_an_engine_is_refused_where_nothing_compiles(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", Mock(return_value=None))
    with pytest.raises(CompilerMissing, match="no compiler was found"):
        Engine(Catalogue((models,)), "cpu", acceleration=Acceleration.compiled)
    Engine(Catalogue((models,)), "cpu")


@pytest.fixture
def compiling(models: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Engine, Mock]:
    """An engine that compiles, and what stands in for the compiler."""
    for name in CACHES:
        monkeypatch.setenv(name, "of the user")  # so that it is put back
    compile_ = Mock()
    monkeypatch.setattr(UNet2DConditionModel, "compile_repeated_blocks", compile_)
    monkeypatch.setattr(shutil, "which", lambda name: name)  # pyright: ignore
    engine = Engine(Catalogue((models,)), "cpu", "float32", acceleration=Acceleration.compiled)
    return engine, compile_


def test_a_film_says_that_its_network_was_compiled(compiling: tuple[Engine, Mock]) -> None:
    *_, last = compiling[0].run(Generate(REQUEST, PreviewMode.linear))
    assert isinstance(last, ImageReady)
    assert last.film.computed_by.endswith(", compiled")
    compiling[1].assert_called_once_with()


def test_a_compiler_that_fails_is_quoted(compiling: tuple[Engine, Mock], monkeypatch: pytest.MonkeyPatch) -> None:
    class Failure(RuntimeError):
        pass

    def fails(*_: Any, **_options: Any) -> Any:
        raise Failure("\nC++ compile error: no space left on device\nSet TORCHDYNAMO_VERBOSE=1")

    monkeypatch.setitem(sys.modules, "torch._dynamo.exc", SimpleNamespace(TorchDynamoException=Failure))
    monkeypatch.setattr(UNet2DConditionModel, "forward", fails)
    with pytest.raises(CompilerMissing, match="compile error: no space left on device"):
        list(compiling[0].run(Generate(REQUEST, PreviewMode.linear)))


def test_what_was_compiled_is_kept_in_a_folder_of_ours_unless_the_user_has_one(tmp_path: Path) -> None:
    environment = {"TRITON_CACHE_DIR": "mine", "TORCHINDUCTOR_CACHE_DIR": default_cache_dir()}
    compile_blocks(Mock(), tmp_path, environment)
    assert environment == {"TRITON_CACHE_DIR": "mine", "TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "torchinductor")}
