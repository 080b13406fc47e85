"""A copy of a model is whole or not there, and leaves behind what could run code."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import InvalidRequest, ModelBroken, SaveFailed
from core.models.catalogue import Catalogue
from core.models.importing import Copying, copy_model, find_models
from tests import tiny


def copy_of(source: Path, folder: Path) -> Path:
    steps = copy_model(source, folder)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def test_a_folder_is_copied_without_what_could_run_code(tmp_path: Path) -> None:
    source = tiny.stable_diffusion(tmp_path / "elsewhere" / "dreams")
    (source / "unet" / "weights.bin").write_bytes(b"\x80\x02")
    (source / "run.py").write_text("raise SystemExit", "utf-8")
    target = copy_of(source, tmp_path / "models")
    assert target == tmp_path / "models" / "dreams"
    copied = {path.relative_to(target) for path in target.rglob("*") if path.is_file()}
    here = {path.relative_to(source) for path in source.rglob("*") if path.is_file()}
    assert here - copied == {Path("unet/weights.bin"), Path("run.py")}
    assert Catalogue((tmp_path / "models",)).find("dreams").folder == target


def test_a_copy_tells_how_far_it_is_and_can_be_left(tmp_path: Path) -> None:
    source = tmp_path / "large.safetensors"
    source.write_bytes(os.urandom(9 * 2**20))
    steps = copy_model(source, tmp_path / "models")
    assert next(steps) == Copying(4 * 2**20, 9 * 2**20)
    steps.close()
    assert list((tmp_path / "models").iterdir()) == []
    target = copy_of(source, tmp_path / "models")
    assert target.read_bytes() == source.read_bytes()


def test_a_name_that_is_taken_is_left_alone(tmp_path: Path) -> None:
    source, other = tmp_path / "a.safetensors", tmp_path / "models" / "a.safetensors"
    other.parent.mkdir()
    source.write_bytes(b"new")
    other.write_bytes(b"old")
    with pytest.raises(InvalidRequest, match="not taken"):
        copy_of(source, other.parent)
    assert other.read_bytes() == b"old"


def test_a_disk_without_room_is_told_before_anything_is_written(tmp_path: Path) -> None:
    source = tmp_path / "huge.safetensors"
    with source.open("wb") as file:
        file.truncate(2**43)  # takes no room
    with pytest.raises(SaveFailed, match="are needed"):
        copy_of(source, tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_what_cannot_be_used_is_told_beside_what_can(tmp_path: Path) -> None:
    tiny.stable_diffusion(tmp_path / "here" / "good")
    (tmp_path / "here" / "page.safetensors").write_bytes(b"<!DOCTYPE html>")
    found = find_models(Catalogue(()), tmp_path / "here")
    assert [model.key for model in found.models] == ["good"]
    assert ["web page" in error.reason for error in found.refused] == [True]
    with pytest.raises(ModelBroken, match="missing"):
        find_models(Catalogue(()), tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelBroken, match="no model in it"):
        find_models(Catalogue(()), tmp_path / "empty")


@pytest.mark.parametrize(
    ("make", "left"), [(tiny.stable_diffusion, None), (tiny.z_image, "tokenizer_config.json")]
)
def test_a_folder_without_the_words_of_its_tokenizer_is_told_by_the_import(
    tmp_path: Path, make: Callable[[Path], Path], left: str | None
) -> None:
    for file in (make(tmp_path / "here" / "dreams") / "tokenizer").iterdir():
        if file.name != left:
            file.unlink()
    with pytest.raises(ModelBroken, match="words of its tokenizer"):
        find_models(Catalogue(()), tmp_path / "here")
