"""Encoded prompts on the disk: the same bits, and text encoders that are not loaded."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.checkpoints.cache import CheckpointCache
from core.engine.engine import Engine
from core.engine.families import Family
from core.engine.loading import load as loading
from core.engine.loading.loaded_model import LoadedModel
from core.families import FAMILIES
from core.grid.operation import MakeGrid
from core.grid.planning import plan
from core.models.catalogue import Catalogue
from core.models.memory_plan import Placement
from core.pictures.pixels import Pixels
from core.prompt.encodings import Encodings
from core.request.request import GenerationRequest, Lora
from core.runs.events import ImageReady, PreviewMode
from core.runs.operations import Generate
from tests import tiny
from tests.tiny_families import TINY_MODELS, smallest_request


def kept_in(folder: Path, most_bytes: int = 2**20) -> Encodings:
    return Encodings(folder, most_bytes, least_weights=0)


MEMORY = CheckpointCache()


def engine_with(models: Path, encodings: Encodings | None, placement: Placement | None = None) -> Engine:
    """Returns an engine for which the encoders have been hashed, as they are after the first run of a model."""
    for file in models.glob("*/text_encoder*/*.safetensors"):
        MEMORY.sha256_of(file)
    return Engine(Catalogue((models,), MEMORY), "cpu", "float32", placement, encodings=encodings)


def picture(engine: Engine, request: GenerationRequest, *following: GenerationRequest) -> Pixels:
    *_, last = engine.run(Generate(request, PreviewMode.linear, following=following))
    assert isinstance(last, ImageReady)
    return last.image.pixels


def loaded_of(engine: Engine) -> LoadedModel:
    loaded = engine._context._loaded  # pyright: ignore[reportPrivateUsage]
    assert loaded is not None
    return loaded


def has_encoders(engine: Engine) -> bool:
    loaded = loaded_of(engine)
    parts = loaded.family.parts()
    encoders = [parts[name] for name in FAMILIES[loaded.model.family].text_encoders if name in parts]
    return any(weight.numel() for encoder in encoders for weight in encoder.parameters())


@pytest.mark.parametrize("model", TINY_MODELS)
def test_a_text_that_was_read_before_gives_the_same_picture_without_its_encoders(
    one_of_each: Path, tmp_path: Path, model: str
) -> None:
    request = smallest_request(Catalogue((one_of_each,)).find(model), steps=2)
    other = replace(request, prompt="a blue boat")
    kept = kept_in(tmp_path)
    expected = picture(engine_with(one_of_each, kept), request)  # as without any: nothing is there yet
    again = engine_with(one_of_each, kept)
    assert np.array_equal(picture(again, request), expected)
    assert not has_encoders(again)
    lean = loaded_of(again).memory.weights
    assert np.array_equal(picture(again, other), picture(engine_with(one_of_each, None), other))
    assert has_encoders(again)
    assert loaded_of(again).memory.weights > lean, "the plan counts what is loaded"


def test_the_first_texts_of_a_model_wait_for_the_hash_of_its_encoders(models: Path, tmp_path: Path) -> None:
    request = smallest_request(Catalogue((models,)).find("tiny"), steps=1)
    catalogue, kept = Catalogue((models,)), kept_in(tmp_path)
    engine = Engine(catalogue, "cpu", "float32", encodings=kept)
    expected = picture(engine, request)
    for file in (models / "tiny" / "text_encoder").glob("*.safetensors"):
        catalogue.memory.sha256_of(file)
    engine.close()
    assert kept.size() > 0
    again = Engine(catalogue, "cpu", "float32", encodings=kept)
    assert np.array_equal(picture(again, request), expected)
    assert not has_encoders(again)


@pytest.fixture(scope="module")
def asked(one_of_each: Path) -> GenerationRequest:
    return smallest_request(Catalogue((one_of_each,)).find("z_image"), steps=1)


def _cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _flipped(content: bytes) -> bytes:
    return content[:-1] + bytes([content[-1] ^ 1])


def _other_dtype(content: bytes) -> bytes:
    return content.replace(b'"F32"', b'"I32"')


def _emptied(_content: bytes) -> bytes:
    return b""


def _other_file(_content: bytes) -> bytes:
    return b"\xff" * 64


@pytest.mark.parametrize("damage", [_cut, _flipped, _other_dtype, _emptied, _other_file])
def test_a_damaged_file_is_encoded_anew(
    one_of_each: Path, tmp_path: Path, asked: GenerationRequest, damage: Callable[[bytes], bytes]
) -> None:
    expected = picture(engine_with(one_of_each, kept_in(tmp_path)), asked)
    files = {file: file.read_bytes() for file in tmp_path.glob("*.safetensors")}
    for file, whole in files.items():
        file.write_bytes(damage(whole))
    assert np.array_equal(picture(engine_with(one_of_each, kept_in(tmp_path)), asked), expected)
    assert {file: file.read_bytes() for file in files} == files


@pytest.mark.parametrize(
    ("model", "change"),
    [("z_image", {"weight_bits": 8}), ("stable_diffusion_1", {"model": "stable_diffusion_2"})],
)
def test_other_weights_have_encodings_of_their_own(
    one_of_each: Path, tmp_path: Path, model: str, change: dict[str, Any]
) -> None:
    request = smallest_request(Catalogue((one_of_each,)).find(model), steps=1)
    other = replace(request, **change)
    expected = picture(engine_with(one_of_each, None), other)
    picture(engine_with(one_of_each, kept_in(tmp_path)), request)
    assert np.array_equal(picture(engine_with(one_of_each, kept_in(tmp_path)), other), expected)


def test_a_lone_file_beside_the_folders_of_a_model_is_not_taken_for_one(models: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(models / "tiny", tmp_path / "models" / "tiny"))
    (folder / "tokenizer.json").write_text("{}")
    request = smallest_request(Catalogue((tmp_path / "models",)).find("tiny"), steps=1)
    picture(engine_with(tmp_path / "models", kept := kept_in(tmp_path / "kept")), request)
    assert kept.size() > 0


def test_a_lora_that_changes_the_text_encoder_keeps_nothing(models: Path, tmp_path: Path) -> None:
    request = GenerationRequest("abc", model="tiny", size=smallest_request(Catalogue((models,)).find("tiny")).size)
    request = replace(request, sampler="ddim", steps=1, seed=5)
    place = tmp_path / "loras" / "words.safetensors"
    tiny.lora(place, tiny.text_encoder(99), "text_encoder")
    with_lora = replace(request, loras=(Lora(str(place)),))
    kept = kept_in(tmp_path / "kept")
    plain, changed = (picture(engine_with(models, None), one) for one in (request, with_lora))
    assert not np.array_equal(plain, changed)
    engine = engine_with(models, kept)
    assert np.array_equal(picture(engine, with_lora), changed)
    assert kept.size() == 0
    assert np.array_equal(picture(engine, request), plain)
    assert kept.size() > 0
    assert np.array_equal(picture(engine_with(models, kept), with_lora), changed)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Returns the names of the parts that were read after a model had been loaded, as they are read."""
    read: list[str] = []

    def counted(model: Any, kinds: Any, plan: Any, absent: Any = ()) -> Any:
        read.extend(kinds)
        return work(model, kinds, plan, absent)

    work = loading.load_parts
    monkeypatch.setattr(loading, "load_parts", counted)
    return read


@pytest.mark.parametrize("keeps", [True, False])
def test_the_prompts_of_what_waits_are_read_in_one_visit(
    one_of_each: Path, tmp_path: Path, asked: GenerationRequest, reads: list[str], keeps: bool
) -> None:
    waiting = [replace(asked, prompt=prompt) for prompt in ("{a|b} hat", "a boat", "{never")]
    engine = engine_with(one_of_each, kept_in(tmp_path) if keeps else None, Placement.drop_encoder)
    shown = [picture(engine, asked, *waiting), *(picture(engine, one) for one in waiting)]
    assert reads == ["text_encoder"]
    bare = engine_with(one_of_each, None)
    for one, pixels in zip((asked, *waiting), shown, strict=True):
        assert np.array_equal(pixels, picture(bare, one))


@pytest.mark.parametrize("is_named", [True, False])
def test_nothing_is_read_ahead_that_would_be_gone_when_its_turn_comes(
    one_of_each: Path, tmp_path: Path, asked: GenerationRequest, monkeypatch: pytest.MonkeyPatch, is_named: bool
) -> None:
    """Neither where the folder is too small for all, nor while the hashes that name the files are unknown."""
    read: list[Any] = []
    encode = Family._encode  # pyright: ignore[reportPrivateUsage]

    def counted(family: Family, text: Any) -> Any:
        read.append(text)
        return encode(family, text)

    def unknown(_file: Path) -> str:
        return ""

    monkeypatch.setattr(Family, "_encode", counted)
    picture(engine_with(one_of_each, first := kept_in(tmp_path / "first")), asked)
    room = 10 * first.size() // len(read) if is_named else 2**20
    engine = engine_with(one_of_each, kept_in(tmp_path / "kept", room), Placement.drop_encoder)
    if not is_named:
        monkeypatch.setattr(MEMORY, "sha256_if_known", unknown)
    waiting = [replace(asked, prompt=f"{number} boats") for number in range(40)]
    read.clear()
    for number, one in enumerate(waiting[:3]):
        picture(engine, one, *waiting[number + 1 :])
    assert len(read) == len(set(read))


def test_the_prompts_of_a_grid_are_read_in_one_visit(
    one_of_each: Path, tmp_path: Path, asked: GenerationRequest, reads: list[str]
) -> None:
    grid = plan(replace(asked, prompt="a red hat"), [("search-replace", "red,blue,green")])
    engine = engine_with(one_of_each, None, Placement.drop_encoder)
    operation = MakeGrid(grid, tmp_path / "grid", grid.order)
    for number in range(operation.pictures):  # as the window does
        list(engine.run(operation.part(number)))
    assert reads == ["text_encoder"]
