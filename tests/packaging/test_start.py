from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def start() -> ModuleType:
    spec = importlib.util.spec_from_file_location("start", ROOT / "packaging" / "start.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def install(libraries: Path, name: str, files: tuple[str, ...]) -> Path:
    """Writes a library as pip leaves it, and returns the folder with its record."""
    information = libraries / f"{name}-1.0.dist-info"
    information.mkdir(parents=True)
    for file in files:
        (libraries / file).parent.mkdir(exist_ok=True)
        (libraries / file).write_text("")
    (information / "RECORD").write_text("".join(f"{file},,\n" for file in files))
    return information


def test_a_whole_environment_has_no_damage(start: ModuleType, tmp_path: Path) -> None:
    install(tmp_path, "good", ("good/__init__.py", "good/part.py"))
    assert start.damaged_libraries(tmp_path) == {}
    assert start.names_of(tmp_path) == ["good"]


def test_missing_files_are_found_and_named(start: ModuleType, tmp_path: Path) -> None:
    install(tmp_path, "good", ("good/__init__.py",))
    information = install(tmp_path, "bad", ("bad/__init__.py", "bad/part.py"))
    (tmp_path / "bad" / "part.py").unlink()
    assert start.damaged_libraries(tmp_path) == {information: "bad lacks 1 of its files, such as bad/part.py"}


def test_an_interrupted_installation_is_found(start: ModuleType, tmp_path: Path) -> None:
    information = install(tmp_path, "half", ("half/__init__.py",))
    (information / "RECORD").unlink()
    assert start.damaged_libraries(tmp_path) == {information: "half is installed only in part"}


@pytest.mark.parametrize(
    ("library", "package"),
    [
        ("libEGL.so.1", "libegl1"),
        ("libGL.so.1", "libgl1"),
        ("libX11.so.6", "libx11-6"),
        ("libdbus-1.so.3", "libdbus-1-3"),
        ("libfontconfig.so.1", "libfontconfig1"),
        ("libglib-2.0.so.0", "libglib2.0-0"),
        ("libxcb-cursor.so.0", "libxcb-cursor0"),
        ("libxcb-icccm.so.4", "libxcb-icccm4"),
        ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
        ("libxkbcommon.so.0", "libxkbcommon0"),
    ],
)
def test_debians_package_of_a_library_is_known(start: ModuleType, library: str, package: str) -> None:
    assert start.package_of(library) == package


def test_another_python_is_told_what_is_needed() -> None:
    """With an empty PATH there is no Python to go on with."""
    code = (
        "import sys, runpy; sys.version_info = (3, 9, 2, 'final', 0); sys.argv = ['start.py']; "
        f"runpy.run_path({str(ROOT / 'packaging' / 'start.py')!r}, run_name='__main__')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "", "SYSTEMROOT": ""},
    )
    assert ended.returncode == 1
    assert "Emulsion needs Python 3.11, 3.12 or 3.13" in ended.stderr
    assert "Traceback" not in ended.stderr
