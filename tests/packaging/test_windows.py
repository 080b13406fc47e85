from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import product
import pytest
from windows.installer import removal
from windows.version import version_file

from core.version import VERSION
from tests.packaging.recorded_build import ROOT

SCRIPT = (ROOT / "packaging" / "windows" / "emulsion.nsi").read_text("utf-8")


@pytest.fixture
def evaluated(tmp_path: Path) -> dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]]:
    """The version file evaluated as PyInstaller does it, with classes that record what they are given."""
    calls: dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]] = {}

    def recorder(name: str) -> Any:
        def record(*arguments: Any, **options: Any) -> None:
            calls.setdefault(name, []).append((arguments, options))

        return record

    names = (
        "VSVersionInfo",
        "FixedFileInfo",
        "StringFileInfo",
        "StringTable",
        "StringStruct",
        "VarFileInfo",
        "VarStruct",
    )
    text = version_file(tmp_path / "new folder" / "version.txt", "emulsion").read_text("utf-8")
    eval(text, {name: recorder(name) for name in names})
    return calls


def test_the_version_file_says_the_version_as_numbers_and_as_text(evaluated: dict[str, Any]) -> None:
    numbers = (*map(int, VERSION.split(".")), 0)
    ((_, fixed),) = evaluated["FixedFileInfo"]
    assert fixed["filevers"] == fixed["prodvers"] == numbers
    strings = dict(arguments for arguments, _ in evaluated["StringStruct"])
    assert strings["ProductVersion"] == strings["FileVersion"] == VERSION
    assert strings["OriginalFilename"] == "emulsion.exe"
    assert strings["ProductName"] == product.NAME


def test_the_language_of_the_strings_is_the_one_that_is_announced(evaluated: dict[str, Any]) -> None:
    (((code, _), _),) = evaluated["StringTable"]
    (((_, announced), _),) = evaluated["VarStruct"]
    assert [int(code[:4], 16), int(code[4:], 16)] == announced


def test_each_file_is_removed_by_name_and_inner_folders_go_before_outer_ones(bundle: Path) -> None:
    (bundle / "_internal" / "price $5.txt").write_text("x")
    lines = removal(bundle).splitlines()
    assert 'Delete "$INSTDIR\\emulsion"' in lines
    assert 'Delete "$INSTDIR\\_internal\\name with spaces, ü"' in lines
    assert 'Delete "$INSTDIR\\_internal\\price $$5.txt"' in lines
    assert lines[-2:] == ['RMDir "$INSTDIR\\_internal\\torch"', 'RMDir "$INSTDIR\\_internal"']


def test_the_installer_is_for_one_user_and_never_removes_a_whole_folder() -> None:
    assert "RequestExecutionLevel user" in SCRIPT
    assert not re.search(r"RMDir\s+/r", SCRIPT)
    assert "HKLM" not in SCRIPT
    assert "MUI_PAGE_DIRECTORY" not in SCRIPT


def test_what_the_installer_writes_the_uninstaller_removes() -> None:
    written, removed = SCRIPT.split('Section "Uninstall"')
    keys = set(re.findall(r'WriteReg\w+ HKCU "(\$\{\w+\})', written))
    assert keys == set(re.findall(r'DeleteRegKey HKCU "(\$\{\w+\})"', removed))
    shortcuts = re.findall(r'CreateShortcut "([^"]+)"', written)
    assert shortcuts
    assert all(f'Delete "{shortcut}"' in removed for shortcut in shortcuts)


def test_pictures_of_every_kind_can_be_opened_with_it() -> None:
    types = re.findall(r'SupportedTypes" "\.(\w+)"', SCRIPT)
    assert tuple(types) == product.PICTURE_SUFFIXES
