"""Compiles the installer for Windows; NSIS runs on Linux too, so that the tests can compile it."""

from __future__ import annotations

import subprocess
from pathlib import Path, PureWindowsPath

import product

SCRIPT = Path(__file__).resolve().parent / "emulsion.nsi"


def removal(bundle: Path) -> str:
    """Returns instructions that remove each file of the bundle by its name, then the folders that are empty.

    ``RMDir /r`` would take along what others have put there.
    """
    paths = sorted(bundle.rglob("*"))
    files = [path for path in paths if not path.is_dir()]
    # what is deeper goes first
    folders = sorted((path for path in paths if path.is_dir()), key=lambda path: -len(path.parts))
    lines = [f'Delete "{_installed(path, bundle)}"' for path in files]
    lines += [f'RMDir "{_installed(path, bundle)}"' for path in folders]
    return "".join(f"{line}\n" for line in lines)


def make_installer(bundle: Path, icon: Path, work: Path, target: Path) -> Path:
    """Writes the installer into the folder ``target``; warnings are errors."""
    listed = work / "removal.nsh"
    listed.parent.mkdir(parents=True, exist_ok=True)
    listed.write_text(removal(bundle), "utf-8-sig")
    installer = target / f"{product.NAME}-{product.version()}-windows-x86_64.exe"
    definitions = {
        "VERSION": product.version(),
        "BUNDLE": bundle,
        "ICON": icon,
        "LICENCE": product.ROOT / "LICENSE",
        "FILES": listed,
        "OUTPUT": installer,
    }
    command = ["makensis", "-V2", "-WX", "-INPUTCHARSET", "UTF8"]
    subprocess.run(
        [*command, *(f"-D{name}={value}" for name, value in definitions.items()), str(SCRIPT)], check=True
    )
    return installer


def _installed(path: Path, bundle: Path) -> str:
    # $ begins a variable in NSIS
    place = str(PureWindowsPath(*path.relative_to(bundle).parts)).replace("$", "$$")
    return f"$INSTDIR\\{place}"
