from __future__ import annotations

from pathlib import Path

import icons
import pytest

from tests.packaging.recorded_build import ROOT


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> icons.Icons:
    return icons.draw(ROOT / "resources" / "icons" / "emulsion.svg", tmp_path_factory.mktemp("icons"))


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A program such as PyInstaller leaves it, but small: it prints what it is given."""
    folder = tmp_path / "bundle"
    (folder / "_internal" / "torch").mkdir(parents=True)
    program = folder / "emulsion"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$0" "$@"\n')
    program.chmod(0o700)
    (folder / "_internal" / "torch" / "libtorch.so").write_bytes(b"\x7fELF library")
    (folder / "_internal" / "name with spaces, ü").write_text("x")
    (folder / "_internal" / "libtorch.so").symlink_to("torch/libtorch.so")
    return folder
