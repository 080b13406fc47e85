"""LoRAs are found by name, by hash where the name is gone, and wherever they were used from."""

from __future__ import annotations

import json
import os
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from core.checkpoints.cache import CheckpointCache
from core.errors import LoraBroken, LoraMissing, WrongFamily
from core.lora.file import read_lora
from core.lora.library import LoraLibrary
from core.models.catalogue import Catalogue
from core.models.compatibility import check_loras, fits, kind_of
from core.paths import resources
from core.request.request import STARTER_MODEL, GenerationRequest, Lora


def write_lora(path: Path, width: int = 768, fill: bytes = b"\0", metadata: dict[str, str] | None = None) -> Path:
    """A LoRA of one layer; its text width tells what it was made for."""
    shapes = {
        "lora_unet_x_attn2_to_k.lora_down.weight": (1, width),
        "lora_unet_x_attn2_to_k.lora_up.weight": (4, 1),
    }
    header: dict[str, object] = {"__metadata__": metadata} if metadata else {}
    begin = 0
    for name, (rows, columns) in shapes.items():
        end = begin + rows * columns
        header[name] = {"dtype": "U8", "shape": [rows, columns], "data_offsets": [begin, end]}
        begin = end
    text = json.dumps(header).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(text)) + text + fill * begin)
    return path


def test_they_are_found_in_folders_beside_models_and_in_places_of_the_users_own(tmp_path: Path) -> None:
    models = tmp_path / "models"
    inside = write_lora(models / "loras" / "style" / "ink.safetensors")
    beside = write_lora(tmp_path / "Lora" / "Snow.safetensors")
    single = write_lora(tmp_path / "elsewhere" / "one.safetensors")
    write_lora(tmp_path / "elsewhere" / "not asked for.safetensors")
    library = LoraLibrary((models,), (single, tmp_path / "gone"))
    assert library.files() == (inside, single, beside)
    assert library.has(single)
    assert library.find(Lora("ink")) == inside


def test_what_cannot_be_used_is_listed_with_the_reason(tmp_path: Path) -> None:
    write_lora(tmp_path / "loras" / "ink.safetensors", metadata={"modelspec.trigger_phrase": "inkstyle"})
    (tmp_path / "loras" / "page.safetensors").write_bytes(b"<!DOCTYPE html>")
    good, bad = LoraLibrary((tmp_path,)).look()
    assert good.file is not None
    assert (good.file.made_for, good.file.words) == ("Stable Diffusion 1.x", ("inkstyle",))
    assert bad.file is None
    assert "web page" in bad.problem


def test_what_is_known_is_not_read_again_until_it_changes(tmp_path: Path) -> None:
    path = write_lora(tmp_path / "loras" / "ink.safetensors")
    library = LoraLibrary((tmp_path,))
    (first,) = library.look()
    told = replace(first, problem="from an earlier look")
    assert library.look((told,)) == (told,)
    library.hash_of(path)
    assert library.look((told,)) == (replace(told, hash=library.hash_of(path)),)
    write_lora(path, 2048)
    assert library.look((told,))[0].problem == ""


def test_of_two_with_one_name_the_one_of_the_recipe_is_taken(tmp_path: Path) -> None:
    first = write_lora(tmp_path / "loras" / "ink.safetensors", fill=b"\1")
    second = write_lora(tmp_path / "other" / "ink.safetensors", fill=b"\2")
    library = LoraLibrary((tmp_path,), (tmp_path / "other",))
    assert library.find(Lora("ink")) == first
    assert library.find(Lora("ink", hash=library.hash_of(second))) == second
    assert library.find(Lora("ink", hash="0" * 12)) == first


def test_a_renamed_file_is_found_by_its_hash(tmp_path: Path) -> None:
    told = write_lora(tmp_path / "loras" / "renamed.safetensors", metadata={"sshs_model_hash": "ab" * 32})
    library = LoraLibrary((tmp_path,))
    assert library.find(Lora("before", hash="abababababab")) == told
    with pytest.raises(LoraMissing):
        library.find(Lora("before", hash="0" * 12))


def test_hashes_are_remembered_until_the_file_changes(tmp_path: Path) -> None:
    path = write_lora(tmp_path / "loras" / "ink.safetensors", fill=b"\1")
    file = tmp_path / "known.json"
    first = LoraLibrary((tmp_path,), memory=CheckpointCache(file)).hash_of(path)
    memory = CheckpointCache(file)
    assert memory.lora_hash_if_known(path) == first
    write_lora(path, width=1024, fill=b"\2")
    assert memory.lora_hash_if_known(path) == ""
    assert LoraLibrary((tmp_path,), memory=memory).hash_of(path) != first


def test_the_wrong_kind_of_model_is_told_before_anything_is_loaded(tmp_path: Path) -> None:
    write_lora(tmp_path / "loras" / "xl.safetensors", 2048)
    write_lora(tmp_path / "loras" / "fits.safetensors", 128)
    catalogue = Catalogue((tmp_path,))
    model = catalogue.read(resources() / STARTER_MODEL, STARTER_MODEL)
    request = GenerationRequest("a", loras=(Lora("fits"), Lora("xl", is_on=False)))
    check_loras(request, model, catalogue.loras)
    assert all(
        fits(found.file, kind_of(model)) == (found.name == "fits")
        for found in catalogue.loras.look()
        if found.file is not None
    )
    with pytest.raises(WrongFamily) as refused:
        check_loras(GenerationRequest("a", loras=(Lora("xl"),)), model, catalogue.loras)
    assert (refused.value.made_for, refused.value.family) == ("Stable Diffusion XL", kind_of(model))


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("emb_params",), "a textual inversion"),
        (("text_model.embeddings.token_embedding.weight",), "a text encoder"),
        (
            ("image_proj.proj.weight", "ip_adapter.0.to_q_lora.down.weight"),
            "an IP-Adapter",
        ),
        (("lora_unet_a.b1.weight", "lora_unet_a.b2.weight"), r"a LyCORIS file \(GLoRA\), not supported yet"),
        (("lora_unet_a.hada_w1_a", "lora_unet_a.alpha"), "each of its layers lacks a part"),
        (("a.weight",), "not a LoRA"),
    ],
)
def test_what_is_no_lora_of_use_is_named(tmp_path: Path, names: tuple[str, ...], words: str) -> None:
    path = tmp_path / "a.safetensors"
    save_file({name: np.zeros((2, 2), np.float32) for name in names}, path)
    with pytest.raises(LoraBroken, match=words):
        read_lora(path)


def test_what_a_header_tells_is_remembered_between_starts(tmp_path: Path) -> None:
    paths = [
        write_lora(tmp_path / "loras" / "ink.safetensors", metadata={"modelspec.trigger_phrase": "ink, black"}),
        tmp_path / "loras" / "page.safetensors",
    ]
    paths[1].write_bytes(b"<!DOCTYPE html>")
    first = LoraLibrary((tmp_path,), (), CheckpointCache(tmp_path / "facts.json")).look()
    for path in paths:  # the same file as far as size and time tell
        stat = path.stat()
        path.write_bytes(b"?" * stat.st_size)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    later = LoraLibrary((tmp_path,), (), CheckpointCache(tmp_path / "facts.json"))
    assert later.look() == first
    write_lora(paths[0], 2048)
    assert later.look()[0].file == read_lora(paths[0])
