"""Of a repository, the needed files are taken, each once, and nothing that could run code."""

from __future__ import annotations

import pytest

from core.downloads.failures import DownloadFailed, Fault
from core.downloads.listing import Listing, RemoteFile, is_safe_path
from core.downloads.selection import named_files, select_files

TYPICAL = (
    "model_index.json README.md LICENSE.md v1-5-pruned.safetensors v1-5-pruned.ckpt "
    "unet/config.json unet/diffusion_pytorch_model.safetensors unet/diffusion_pytorch_model.fp16.safetensors "
    "unet/diffusion_pytorch_model.non_ema.safetensors unet/diffusion_pytorch_model.bin unet/model.onnx "
    "vae/config.json vae/diffusion_pytorch_model.safetensors vae/diffusion_flax_model.msgpack "
    "text_encoder/config.json text_encoder/model.fp16.safetensors text_encoder/openvino_model.xml "
    "tokenizer/vocab.json tokenizer/merges.txt scheduler/scheduler_config.json "
    "safety_checker/config.json safety_checker/model.safetensors"
)
SHARDED = (
    "model_index.json transformer/config.json transformer/diffusion_pytorch_model.safetensors.index.json "
    "transformer/diffusion_pytorch_model-00001-of-00002.safetensors "
    "transformer/diffusion_pytorch_model-00002-of-00002.safetensors"
)


def listing(names: str) -> Listing:
    return Listing("a/b", "0" * 40, tuple(RemoteFile(name, 1, sha256="0" * 64) for name in names.split()))


def test_one_variant_of_each_part_and_the_index_last() -> None:
    chosen = [file.path for file in select_files(listing(TYPICAL))]
    assert chosen[-1] == "model_index.json"
    assert [path for path in chosen if path.endswith(".safetensors")] == [
        "text_encoder/model.fp16.safetensors",
        "unet/diffusion_pytorch_model.fp16.safetensors",
        "vae/diffusion_pytorch_model.safetensors",
    ]
    assert not any("safety" in path or path.endswith((".bin", ".ckpt", ".onnx", ".xml")) for path in chosen)
    assert {"tokenizer/vocab.json", "tokenizer/merges.txt", "scheduler/scheduler_config.json"} <= set(chosen)


def test_full_precision_can_be_asked_for() -> None:
    chosen = {file.path for file in select_files(listing(TYPICAL), variant="")}
    assert "unet/diffusion_pytorch_model.safetensors" in chosen
    assert "unet/diffusion_pytorch_model.fp16.safetensors" not in chosen


def test_shards_come_with_their_index() -> None:
    assert {file.path for file in select_files(listing(SHARDED))} == set(SHARDED.split())


@pytest.mark.parametrize("names", ["README.md", "model_index.json unet/config.json unet/model.bin"])
def test_what_cannot_be_loaded_is_not_fetched(names: str) -> None:
    with pytest.raises(DownloadFailed) as caught:
        select_files(listing(names))
    assert caught.value.failure.fault is Fault.nothing_to_load


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../x", "a/../../x", "a//b", "c:/x", "a\\b", "a/\0", "a/. /b"]
)
def test_paths_that_leave_their_folder_are_not_safe(path: str) -> None:
    assert not is_safe_path(path)


def test_files_are_taken_by_their_names_or_named_where_they_are_missing() -> None:
    listing = Listing("studio/parts", "c" * 40, (RemoteFile("a/b.safetensors", 1), RemoteFile("c.safetensors", 1)))
    assert named_files(listing, ("c.safetensors",)) == listing.files[1:]
    with pytest.raises(DownloadFailed) as failed:
        named_files(listing, ("gone.safetensors",))
    assert "gone.safetensors" in failed.value.failure.reason
