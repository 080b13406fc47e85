"""The scripts of the archive, run with a small program in folders with difficult names."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import icons
import pytest
from linux.artefacts import lay_out_tar


@pytest.fixture
def unpacked(bundle: Path, drawn: icons.Icons, tmp_path: Path) -> Path:
    root = tmp_path / "Downloads ü"
    lay_out_tar(bundle, drawn, root)
    return root


def run(script: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(script)],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def exec_line(prefix: Path) -> str:
    entry = (prefix / "share" / "applications" / "emulsion.desktop").read_text("utf-8")
    return next(line for line in entry.splitlines() if line.startswith("Exec=")).removeprefix("Exec=")


def unquoted(value: str) -> tuple[str, str]:
    """The program and its arguments: first the escapes of the file are undone, then the quotes of the line."""
    quoted, _, arguments = value.replace("\\\\", "\\").removeprefix('"').rpartition('" ')
    return re.sub(r"\\(.)", r"\1", quoted).replace("%%", "%"), arguments


def test_it_installs_for_one_user_and_leaves_nothing_when_it_is_removed(unpacked: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    done = run(unpacked / "install.sh", HOME=str(home))
    assert done.returncode == 0, done.stderr
    local = home / ".local"
    said = subprocess.run([local / "bin" / "emulsion", "a b"], capture_output=True, text=True, check=True).stdout
    assert said.splitlines()[1:] == ["a b"]
    assert (local / "share" / "icons" / "hicolor" / "48x48" / "apps" / "emulsion.png").is_file()
    done = run(local / "lib" / "emulsion" / "uninstall.sh")
    assert done.returncode == 0, done.stderr
    assert not list(local.rglob("*"))


@pytest.mark.parametrize("name", ["Ein Ordner ü", 'quote " dollar $HOME back` \\ slash', "100 % | & ;"])
def test_the_menu_entry_finds_the_program_wherever_it_is(unpacked: Path, tmp_path: Path, name: str) -> None:
    prefix = tmp_path / name
    done = run(unpacked / "install.sh", PREFIX=str(prefix))
    assert done.returncode == 0, done.stderr
    assert unquoted(exec_line(prefix)) == (str(prefix / "lib" / "emulsion" / "emulsion"), "%f")
    assert run(prefix / "lib" / "emulsion" / "uninstall.sh").returncode == 0
    assert not list(prefix.rglob("*"))


def test_what_others_have_put_there_stays(unpacked: Path, tmp_path: Path) -> None:
    prefix = tmp_path / "prefix"
    (prefix / "share" / "applications").mkdir(parents=True)
    (prefix / "share" / "applications" / "other.desktop").write_text("x")
    run(unpacked / "install.sh", PREFIX=str(prefix))
    (prefix / "lib" / "emulsion" / "mine.txt").write_text("x")
    run(prefix / "lib" / "emulsion" / "uninstall.sh")
    left = {path.name for path in prefix.rglob("*") if path.is_file()}
    assert left - {"mimeinfo.cache"} == {"other.desktop", "mine.txt"}  # the desktop's table, where it makes one


def test_a_newer_version_takes_the_place_of_the_older(unpacked: Path, tmp_path: Path) -> None:
    prefix = tmp_path / "prefix"
    run(unpacked / "install.sh", PREFIX=str(prefix))
    (unpacked / "emulsion" / "_internal" / "torch" / "libtorch.so").rename(
        unpacked / "emulsion" / "_internal" / "new.so"
    )
    done = run(unpacked / "install.sh", PREFIX=str(prefix))
    assert done.returncode == 0, done.stderr
    internal = prefix / "lib" / "emulsion" / "_internal"
    assert (internal / "new.so").is_file()
    assert not (internal / "torch" / "libtorch.so").exists()


def test_a_foreign_folder_of_the_same_name_is_not_touched(unpacked: Path, tmp_path: Path) -> None:
    prefix = tmp_path / "prefix"
    (prefix / "lib" / "emulsion").mkdir(parents=True)
    done = run(unpacked / "install.sh", PREFIX=str(prefix))
    assert done.returncode == 1
    assert "is there already" in done.stderr
    assert not list((prefix / "lib" / "emulsion").iterdir())


def test_without_a_home_it_asks_where_to_install(unpacked: Path) -> None:
    done = run(unpacked / "install.sh")
    assert done.returncode != 0
    assert "PREFIX" in done.stderr


def test_the_uninstaller_of_the_archive_removes_nothing(unpacked: Path) -> None:
    before = sorted(unpacked.rglob("*"))
    assert run(unpacked / "uninstall.sh").returncode == 1
    assert sorted(unpacked.rglob("*")) == before
