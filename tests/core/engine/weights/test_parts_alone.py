"""A network's file makes its picture with parts that are files of their own, without any model or connection."""

from __future__ import annotations

import json
import shutil
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from core.engine.engine import Engine
from core.models.catalogue import Catalogue
from core.pictures.pixels import Pixels
from core.request.request import GenerationRequest
from core.runs.events import ImageReady, PartsAway
from core.runs.operations import Generate
from tests import original_flows, tiny_flows
from tests.tiny_families import SINGLE_FILES, TINY_MODELS, smallest_request

APART = tuple(name for name in SINGLE_FILES if not TINY_MODELS[name].has_layout)
PARTS = ("text_encoder", "text_encoder_2", "text_encoder_3", "vae")


@pytest.fixture(autouse=True)
def no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every connection fails; progress bars would leave a thread behind."""

    def refuse(*_arguments: Any, **_options: Any) -> None:
        raise AssertionError("a connection was tried")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    transformers.utils.logging.disable_progress_bar()


class Place:
    """A model as a folder elsewhere, and a folder of models that has its network's file and its parts alone."""

    def __init__(self, root: Path, family: str, folder: Path) -> None:
        self.folder, self.models = folder, root / "models"
        self.network = self.models / "dreams.safetensors"
        self._layouts = root / "layouts"
        shutil.copytree(folder, self._layouts / family, ignore=shutil.ignore_patterns("*.safetensors"))

    def take(self, *parts: str) -> None:
        """Puts the weights of parts into files of their own."""
        (self.models / "text_encoders").mkdir(exist_ok=True)
        for part in parts:
            for file in (self.folder / part).glob("*.safetensors"):
                shutil.copy(file, self.models / "text_encoders" / f"own_{part}.safetensors")

    def generate(self) -> tuple[GenerationRequest, Pixels, list[Any]]:
        catalogue = Catalogue((self.models,), layouts=self._layouts)
        request = smallest_request(catalogue.find("dreams"), steps=2)
        *events, ready = Engine(catalogue, "cpu", "float32").run(Generate(request))
        assert isinstance(ready, ImageReady)
        return request, ready.image.pixels, events

    def expected(self, request: GenerationRequest) -> Pixels:
        """Returns the picture of the folder."""
        engine = Engine(Catalogue((self.folder,)), "cpu", "float32")
        (*_, ready) = engine.run(Generate(replace(request, model=self.folder.name)))
        assert isinstance(ready, ImageReady)
        return ready.image.pixels


@pytest.mark.parametrize("name", APART)
def test_parts_in_files_of_their_own_make_the_picture_of_the_folder(name: str, tmp_path: Path) -> None:
    one = TINY_MODELS[name]
    assert one.write is not None
    place = Place(tmp_path, one.family, one.make(tmp_path / "elsewhere" / name))
    one.write(place.folder, place.network)
    place.take(*PARTS)
    request, pixels, _ = place.generate()
    assert np.array_equal(pixels, place.expected(request))


def test_a_file_of_large_is_built_by_its_shapes_with_the_configurations_of_medium(tmp_path: Path) -> None:
    large = tiny_flows.stable_diffusion_3(tmp_path / "elsewhere" / "large", is_medium=False, has_t5=False)
    medium = tiny_flows.stable_diffusion_3(tmp_path / "elsewhere" / "medium")
    torch.nn.init.eye_(clip_l := load_file(large / "text_encoder" / "model.safetensors")["text_projection.weight"])
    rewrite(large / "text_encoder" / "model.safetensors", {"text_projection.weight": clip_l})
    place = Place(tmp_path, "stable_diffusion_3", medium)
    original_flows.stable_diffusion_3(large, place.network, with_encoders=True)
    place.folder = large
    request, pixels, _ = place.generate()
    assert (request.steps, request.skip_layers) == (2, 0.0)
    assert np.array_equal(pixels, place.expected(request))


def rewrite(file: Path, changes: dict[str, torch.Tensor]) -> None:
    save_file({**load_file(file), **changes}, file)


def test_a_part_in_several_files_is_judged_by_all_of_them(tmp_path: Path) -> None:
    one = TINY_MODELS["qwen_image"]
    assert one.write is not None
    place = Place(tmp_path, one.family, one.make(tmp_path / "elsewhere" / "qwen"))
    one.write(place.folder, place.network)
    place.take("vae")
    divided = place.models / "text_encoders" / "qwen_vl"
    shutil.copytree(place.folder / "text_encoder", divided, ignore=shutil.ignore_patterns("*.safetensors"))
    weights = load_file(place.folder / "text_encoder" / "model.safetensors")
    halves = [{name: one for name, one in weights.items() if ("visual" in name) is sees} for sees in (True, False)]
    files = [f"model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    for file, half in zip(files, halves, strict=True):
        save_file(half, divided / file)
    index = {name: file for file, half in zip(files, halves, strict=True) for name in half}
    (divided / "model.safetensors.index.json").write_text(json.dumps({"weight_map": index}), "utf-8")
    request, pixels, _ = place.generate()
    assert np.array_equal(pixels, place.expected(request))


@pytest.mark.parametrize("has_t5", [True, False])
def test_stable_diffusion_3_reads_with_the_encoders_in_its_file(has_t5: bool, tmp_path: Path) -> None:
    folder = tiny_flows.stable_diffusion_3(tmp_path / "elsewhere" / "sd3", has_t5=has_t5)
    place = Place(tmp_path, "stable_diffusion_3", folder)
    original_flows.stable_diffusion_3(folder, place.network, with_encoders=True)
    request, pixels, events = place.generate()
    assert any(isinstance(event, PartsAway) for event in events) is not has_t5
    assert np.array_equal(pixels, place.expected(request))
