"""A copy of a model is whole or not there, and leaves behind what could run code."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import InvalidRequest, ModelBroken, SaveFailed
from core.models.catalogue import Catalogue
from core.models.importing import Copying, copy_model, find_models
from core.request.request import Size
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
    with pytest.raises(SaveFailed, match="needed and"):
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


@pytest.mark.parametrize(
    ("pipeline", "channels", "reason"),
    [
        ("StableDiffusionPipeline", 9, ""),
        ("StableDiffusionInpaintPipeline", 9, ""),
        ("StableDiffusionInstructPix2PixPipeline", 8, "a model for editing pictures"),
        ("StableDiffusionDepth2ImgPipeline", 5, "a model with depth"),
        ("StableDiffusionImg2ImgPipeline", 4, ""),
        ("StableDiffusionInpaintPipeline", 4, ""),
    ],
)
def test_a_folder_is_judged_by_its_network_as_a_file_is(
    tmp_path: Path, pipeline: str, channels: int, reason: str
) -> None:
    folder = tiny.stable_diffusion(tmp_path / "here", in_channels=channels)
    change_json(folder / "model_index.json", _class_name=pipeline)
    if not reason:
        assert find_models(Catalogue(()), folder).models
        return
    with pytest.raises(ModelBroken, match=f"it is {reason}, which Emulsion cannot use yet"):
        find_models(Catalogue(()), folder)


@pytest.mark.parametrize("pipeline", ["StableDiffusionXLPipeline", "StableDiffusionXLImg2ImgPipeline"])
def test_the_folder_of_the_refiner_is_named(tmp_path: Path, pipeline: str) -> None:
    folder = tiny.stable_diffusion_xl(tmp_path / "here")
    change_json(folder / "model_index.json", _class_name=pipeline, text_encoder=[None, None])
    shutil.rmtree(folder / "text_encoder")
    with pytest.raises(ModelBroken, match="it is the refiner"):
        find_models(Catalogue(()), folder)


@pytest.mark.parametrize(
    ("file", "values", "reason"),
    [
        ("vae/config.json", {"scaling_factor": "x"}, "scaling_factor is not a number"),
        ("model_index.json", {"_class_name": None}, "names no pipeline"),
        ("unet/config.json", {"sample_size": [8, 16]}, ""),
    ],
)
def test_odd_configurations_are_told_or_understood(
    tmp_path: Path, file: str, values: dict[str, object], reason: str
) -> None:
    folder = tiny.stable_diffusion(tmp_path / "here")
    change_json(folder / file, **values)
    if not reason:
        assert find_models(Catalogue(()), folder).models[0].defaults.size == Size(64, 64)
        return
    with pytest.raises(ModelBroken, match=reason):
        find_models(Catalogue(()), folder)


def test_a_folder_of_something_else_is_no_damaged_model(tmp_path: Path) -> None:
    with pytest.raises(ModelBroken, match="not a diffusers folder") as broken:
        Catalogue(()).read(tmp_path, "here")
    assert not broken.value.is_damaged


def change_json(path: Path, **values: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | values), "utf-8")
