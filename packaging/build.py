"""Makes what people install: ``python packaging/build.py`` on the system that it is for. Needs nothing but Python.

An environment of its own gets the libraries and PyInstaller; then the program is frozen and tested, and the
artefacts are made, all in ``dist``. ``--keep-environment`` takes the one of the last build as it is.

On Linux pip takes torch for NVIDIA GPUs, 3 GB that no package should have: tell pip the address of torch's index
of CPU builds by PIP_EXTRA_INDEX_URL before, or build with ``--with-cuda``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / "build" / "environment"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
PYTHONS = ((3, 11), (3, 12), (3, 13))
PYINSTALLER = "pyinstaller>=6.22,<7"


def main() -> int:
    parser = argparse.ArgumentParser(description="Freezes Emulsion, tests the result and makes the artefacts.")
    parser.add_argument("--keep-environment", action="store_true", help="use the environment of the last build")
    parser.add_argument("--with-cuda", action="store_true", help="allow a torch that brings CUDA, and any size")
    arguments = parser.parse_args()
    if sys.version_info[:2] not in PYTHONS:
        parser.error("Python 3.11, 3.12 or 3.13 is needed")
    if not (arguments.keep_environment and PYTHON.exists()):
        make_environment()
    command = [str(PYTHON), str(ROOT / "packaging" / "bundling.py")]
    return subprocess.call([*command, "--with-cuda"] if arguments.with_cuda else command, cwd=ROOT)


def make_environment() -> None:
    """Makes a clean environment with the libraries of pyproject.toml, and nothing of this checkout."""
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, PYINSTALLER, *project["dependencies"]], check=True)


if __name__ == "__main__":
    sys.exit(main())
