"""Either format of weights is told by its first bytes; small tensors are read alone."""

from pathlib import Path

import gguf
import numpy as np
import pytest
from safetensors.numpy import save_file

from core.errors import ModelBroken
from core.files.weights_header import read_bytes, read_header

NOTE = np.frombuffer(b'{"format": "nvfp4"}', np.uint8)


def written(path: Path, form: str) -> Path:
    if form == "safetensors":
        save_file({"first": np.zeros(7, np.float32), "note": NOTE}, path)
    else:
        writer = gguf.GGUFWriter(path, "flux")
        writer.add_tensor("first", np.zeros(7, np.float32))
        writer.add_tensor("note", NOTE.view(np.int8))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
    return path


@pytest.mark.parametrize("name", ["a.safetensors", "a.gguf", "A.SFT"])
@pytest.mark.parametrize("form", ["safetensors", "gguf"])
def test_the_content_tells_the_format(form: str, name: str, tmp_path: Path) -> None:
    header = read_header(written(tmp_path / name, form))
    assert header.shape("first") == (7,)
    assert read_bytes(header, "note", 100) == NOTE.tobytes()


def test_a_large_tensor_and_a_changed_file_are_refused(tmp_path: Path) -> None:
    header = read_header(written(tmp_path / "a.safetensors", "safetensors"))
    with pytest.raises(ModelBroken, match="more bytes"):
        read_bytes(header, "first", 20)
    written(tmp_path / "a.safetensors", "gguf")
    with pytest.raises(ModelBroken, match="changed"):
        read_bytes(header, "note", 100)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    for name in ("a.safetensors", "a.gguf"):
        with pytest.raises(ModelBroken, match="missing"):
            read_header(tmp_path / name)
