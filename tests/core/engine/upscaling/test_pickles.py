"""Pickles of upscalers: read without running what they contain, and only once."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from core.engine.upscaling.reading import read_network
from core.errors import UpscalerBroken
from tests.tiny_upscalers import compact, esrgan


class Hostile:
    """Makes a file when it is unpickled by a reader that runs what it reads."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.marker,)


@pytest.mark.parametrize("envelope", [None, "params_ema", "params", "state_dict"])
@pytest.mark.parametrize("is_legacy", [False, True])
def test_a_pickle_gives_the_network_of_its_weights(envelope: str | None, is_legacy: bool, tmp_path: Path) -> None:
    weights = esrgan(spelling="numbered")
    content = weights if envelope is None else {envelope: weights, "iter": 3}
    torch.save(content, tmp_path / "up.pth", _use_new_zipfile_serialization=not is_legacy)
    network, kind = read_network(tmp_path / "up.pth", "a" * 64, tmp_path / "kept")
    assert kind.architecture == "ESRGAN"
    kept = load_file(tmp_path / "kept" / f"{'a' * 64}.safetensors")
    assert kept.keys() == weights.keys()
    (tmp_path / "up.pth").write_bytes(b"not read again")
    again, _ = read_network(tmp_path / "up.pth", "a" * 64, tmp_path / "kept")
    x = torch.rand(1, 3, 4, 4)
    assert torch.equal(network(x), again(x))


@pytest.mark.parametrize("is_torch", [False, True])
def test_a_pickle_with_a_program_is_refused_and_not_run(is_torch: bool, tmp_path: Path) -> None:
    marker, content = tmp_path / "ran", {"params": compact(), "hook": Hostile(tmp_path / "ran")}
    if is_torch:
        torch.save(content, tmp_path / "up.pth")
    else:
        (tmp_path / "up.pth").write_bytes(pickle.dumps(content))
    with pytest.raises(UpscalerBroken, match=r"perhaps a program|no file of PyTorch"):
        read_network(tmp_path / "up.pth", "b" * 64, tmp_path / "kept")
    assert not marker.exists()
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize("content", [b"", b"\x80", b"PK\x03\x04", b"hello" * 100])
def test_what_is_no_pickle_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "up.pth").write_bytes(content)
    with pytest.raises(UpscalerBroken):
        read_network(tmp_path / "up.pth", "", None)


@pytest.mark.parametrize("share", [0.2, 0.9, 0.999])
def test_a_pickle_cut_off_is_refused(share: float, tmp_path: Path) -> None:
    torch.save(compact(), tmp_path / "up.pth")
    whole = (tmp_path / "up.pth").read_bytes()
    (tmp_path / "up.pth").write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(UpscalerBroken):
        read_network(tmp_path / "up.pth", "", None)


@pytest.mark.parametrize("content", [[1, 2], {"a": 1}, {"params": 3}, {"a": torch.zeros(2)}, torch.zeros(3)])
def test_other_content_is_no_upscaler(content: object, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "up.pth")
    with pytest.raises(UpscalerBroken, match="not an upscaler"):
        read_network(tmp_path / "up.pth", "c" * 64, tmp_path / "kept")
    assert not (tmp_path / "kept").exists()
