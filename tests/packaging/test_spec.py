from __future__ import annotations

from pathlib import Path

import pytest

from tests.packaging.recorded_build import ROOT, RecordedBuild, record_build

SYSTEMS = ("linux", "darwin", "win32")
KEPT, DROPPED = ("torch/lib/libtorch.so", "/l/libtorch.so", "BINARY"), ("torch/test/t.py", "/l/t.py", "DATA")


@pytest.fixture(params=SYSTEMS)
def system(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def built(system: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> RecordedBuild:
    monkeypatch.setattr("product.WORK", tmp_path)
    return record_build(system, monkeypatch, [KEPT, DROPPED])


def test_the_program_begins_where_the_checkout_begins_and_has_its_resources(built: RecordedBuild) -> None:
    analysis = built.only("Analysis")
    assert analysis.arguments == ([str(ROOT / "app" / "__main__.py")],)
    datas = dict(analysis.options["datas"])
    assert datas[str(ROOT / "resources")] == "resources"
    assert "/libraries/torch.dist-info" in datas
    for path in analysis.options["hookspath"]:
        assert sorted(hook.name for hook in Path(path).glob("*.py")) == ["hook-torch.py", "hook-transformers.py"]


def test_files_that_nobody_needs_are_filtered(built: RecordedBuild) -> None:
    collected = built.only("COLLECT")
    binaries, datas = collected.arguments[-2:]
    assert binaries == datas == [KEPT]


def test_the_program_has_no_console_and_is_not_squeezed(built: RecordedBuild, system: str) -> None:
    names = {call.options["name"]: call.options["console"] for call in built.calls["EXE"]}
    command = {"emulsion-command": True} if system == "win32" else {}
    assert names == {"emulsion": False} | command
    for call in (*built.calls["EXE"], built.only("COLLECT")):
        assert call.options["strip"] is False
        assert call.options["upx"] is False
    assert built.only("Analysis").options["optimize"] == 0
    assert len(built.only("COLLECT").arguments) == len(names) + 2


def test_each_system_gets_its_icon(built: RecordedBuild, system: str) -> None:
    suffix = {"darwin": ".icns", "win32": ".ico"}.get(system)
    for call in built.calls["EXE"]:
        icon = call.options.get("icon")
        assert (icon and Path(icon).suffix) == suffix
        assert icon is None or Path(icon).stat().st_size > 1000


def test_only_macos_gets_an_app(built: RecordedBuild, system: str) -> None:
    assert len(built.calls["BUNDLE"]) == (system == "darwin")
    for call in built.calls["BUNDLE"]:
        assert call.options["name"] == "Emulsion.app"
        assert call.options["info_plist"]["CFBundleDisplayName"] == "Emulsion"
        assert Path(call.options["icon"]).suffix == ".icns"


def test_only_windows_gets_version_information(built: RecordedBuild, system: str) -> None:
    for call in built.calls["EXE"]:
        version = call.options.get("version")
        assert (version is not None) == (system == "win32")
        assert version is None or f"{call.options['name']}.exe" in Path(version).read_text("utf-8")


def test_no_tests_and_no_tools_are_inside(built: RecordedBuild) -> None:
    excludes = set(built.only("Analysis").options["excludes"])
    assert {"pytest", "setuptools", "triton", "PySide6.QtQml", "transformers.models.whisper"} <= excludes
    # what looks superfluous and is not
    assert not {"sympy", "unittest", "torch.distributed", "transformers.models.clip"} & excludes
