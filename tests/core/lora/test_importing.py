"""A copy never takes the place of another file."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import SaveFailed
from core.lora.importing import copy_lora


def test_a_copy_gets_a_number_where_its_name_is_taken(tmp_path: Path) -> None:
    source = tmp_path / "ink.safetensors"
    source.write_bytes(b"one")
    folder = tmp_path / "loras"
    first = copy_lora(source, folder)
    assert first == folder / "ink.safetensors"
    assert copy_lora(source, folder) == first
    source.write_bytes(b"two")
    assert copy_lora(source, folder) == folder / "ink-2.safetensors"
    assert first.read_bytes() == b"one"
    assert copy_lora(source, folder, frozenset({"ink", "ink-2"})) == folder / "ink-2.safetensors"
    assert sorted(path.name for path in folder.iterdir()) == ["ink-2.safetensors", "ink.safetensors"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    source = tmp_path / "ink.safetensors"
    source.write_bytes(b"one")
    with pytest.raises(SaveFailed):
        copy_lora(source, tmp_path / "file" / "loras")
