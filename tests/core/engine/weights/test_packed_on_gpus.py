"""Files with packed weights make the processor's pictures on GPUs, and wait for nothing but the film there."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from core.engine.weights.packed_layers import Packed, pack
from core.models.catalogue import Catalogue, Model
from core.models.memory_plan import Placement
from core.pictures.pixels import Pixels
from core.request.request import GenerationRequest
from tests import packed_weights
from tests.core.engine.devices.test_every_setting import run
from tests.core.engine.weights.test_forms import ALL as ALL_FORMS
from tests.core.engine.weights.test_forms import COLUMNS, ROWS, source
from tests.core.engine.weights.test_packed_files import ALL
from tests.on_gpus import GPUS, ROUNDED, distance, engine_on
from tests.tiny_families import SINGLE_FILES, TINY_MODELS, smallest_request

COMMON = ("fp8", "scaled fp8, new", "nf4", "Q8_0")
"""Forms in which files of every family are about."""

PAIRS = [(name, form) for name in SINGLE_FILES for form in (ALL if name == "z_image" else COMMON)]


class Files:
    """Packed files of tiny models, each written when it is asked for, and the processor's pictures of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.packed = cache(self._packed)
        self.expected = cache(self._expected)
        self._plain = cache(self._written)

    def _written(self, name: str) -> packed_weights.Weights:
        one, whole = TINY_MODELS[name], self._folder / name / "whole" / name
        assert one.write is not None
        one.make(whole)
        if one.has_layout:
            away = shutil.ignore_patterns("*.safetensors")
            shutil.copytree(whole, self._folder / name / "layouts" / name, ignore=away)
        return load_file(one.write(whole, self._folder / name / "plain.safetensors"))

    def _packed(self, name: str, form: str) -> tuple[Catalogue, Model]:
        plain, own = self._plain(name), self._folder / name
        path = own / f"{form}.{'gguf' if form in packed_weights.GGUF_TYPES else 'safetensors'}"
        packed_weights.write(path, plain, form)
        catalogue = Catalogue((own / "whole", path), layouts=own / "layouts")
        return catalogue, catalogue.find(str(path))

    def request(self, name: str, form: str) -> GenerationRequest:
        return smallest_request(self.packed(name, form)[1], steps=3)

    def _expected(self, name: str, form: str) -> Pixels:
        (pixels,), _ = run(engine_on("cpu", catalogue=self.packed(name, form)[0]), self.request(name, form))
        return pixels


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("packed"))


@pytest.mark.parametrize("device", ["mps", "cuda"])
@pytest.mark.parametrize(("name", "form"), PAIRS)
def test_a_packed_file_makes_the_processors_picture(files: Files, name: str, form: str, device: str) -> None:
    request, expected = files.request(name, form), files.expected(name, form)
    with GPUS[device]() as gpu:
        engine = engine_on(device, catalogue=files.packed(name, form)[0])
        (pixels,), counts = run(engine, request, gpu)
        network = engine._context._loaded.family.network()  # pyright: ignore
        assert any(isinstance(layer, Packed) for layer in network.modules())
    assert distance(pixels, expected) <= ROUNDED
    waits = {"to cpu": 1, "item": 0, gpu.here: 0}
    assert {way: counts[-2][way] for way in waits} == waits  # what comes after it was launched before


@pytest.mark.parametrize("placement", Placement)
@pytest.mark.parametrize("form", COMMON)
def test_every_placement_makes_it_too(files: Files, form: str, placement: Placement) -> None:
    request, expected = files.request("z_image", form), files.expected("z_image", form)
    with GPUS["cuda"]():
        engine = engine_on("cuda", placement=placement, catalogue=files.packed("z_image", form)[0])
        for _ in range(2):
            (pixels,), _ = run(engine, request)
            assert distance(pixels, expected) <= ROUNDED


@pytest.mark.parametrize("device", GPUS)
@pytest.mark.parametrize("form", ALL_FORMS)
def test_every_form_is_unpacked_there(tmp_path: Path, form: str, device: str) -> None:
    one, _ = source(tmp_path, form)
    x, asked = torch.randn(2, 5, COLUMNS), torch.tensor([[3, 3, 0], [ROWS - 1, 1, 2]])
    layers: list[torch.nn.Module] = []
    for layer in (torch.nn.Linear(COLUMNS, ROWS), torch.nn.Embedding(ROWS, COLUMNS)):
        pack(layer, one.weight.form, one.read(), torch.float32)
        layers.append(layer.requires_grad_(requires_grad=False))
    with torch.inference_mode():
        expected = [layer(given) for layer, given in zip(layers, (x, asked), strict=True)]
        with GPUS[device]() as gpu:
            for layer, given, right in zip(layers, (x, asked), expected, strict=True):
                there = layer.to(gpu.device)(given.to(gpu.device)).cpu()
                torch.testing.assert_close(there, right, rtol=1e-5, atol=1e-6)
