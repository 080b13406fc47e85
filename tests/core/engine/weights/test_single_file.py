"""Every family loads from a folder and from a single file, and makes the same picture, without any connection."""

from __future__ import annotations

import hashlib
import shutil
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers.utils.logging
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from safetensors.torch import load_file, save_file
from transformers import CLIPTokenizer

from core.engine.engine import Engine
from core.engine.weights.components import load_tokenizer
from core.errors import ModelBroken
from core.models.catalogue import Catalogue, Model
from core.models.reading import read_model
from core.paths import resources
from core.pictures.picture import GeneratedImage
from core.prompt.tokens import TokenCounter
from core.request.request import GenerationRequest, Size
from core.runs.events import ImageReady
from core.runs.operations import Generate
from tests import original_names, tiny
from tests.core.engine.weights.test_shipped_layouts import APART
from tests.tiny_families import SECOND, SINGLE_FILES, TINY_MODELS, smallest_request

SIZE = Size(32, 32)


@pytest.fixture(autouse=True)
def connections(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every attempt to connect fails, and is remembered."""
    tried: list[object] = []

    def refuse(_socket: socket.socket, address: object) -> None:
        tried.append(address)
        raise OSError("there is no network")

    def refuse_name(*name: object, **_options: object) -> None:
        tried.append(name)
        raise OSError("there is no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse_name)
    monkeypatch.setattr(socket, "create_connection", refuse_name)
    return tried


@pytest.fixture(autouse=True)
def no_progress_bars() -> None:
    """They leave a thread behind."""
    transformers.utils.logging.disable_progress_bar()


@pytest.fixture(params=SINGLE_FILES)
def layout(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def layouts(layout: str, tmp_path: Path) -> Path:
    """A place like ``resources/families``, with the configurations of a tiny model and no weights."""
    one = TINY_MODELS[layout]
    one.make(tmp_path / "whole" / "folder")
    if one.has_layout:
        shutil.copytree(
            tmp_path / "whole" / "folder",
            tmp_path / "layouts" / layout,
            ignore=shutil.ignore_patterns("*.safetensors"),
        )
    return tmp_path / "layouts"


def write_file(layout: str, folder: Path, file: Path) -> Path:
    write = TINY_MODELS[layout].write
    assert write is not None
    return write(folder, file)


def picture(catalogue: Catalogue, model: Model, weight_bits: int | None = None) -> GeneratedImage:
    request = replace(smallest_request(model), weight_bits=weight_bits)
    last = list(Engine(catalogue, "cpu", "float32").run(Generate(request)))[-1]
    assert isinstance(last, ImageReady)
    return last.image


def test_a_single_file_makes_the_picture_of_its_folder_without_a_connection(
    layout: str, layouts: Path, tmp_path: Path, connections: list[object]
) -> None:
    folder = tmp_path / "whole" / "folder"
    file = write_file(layout, folder, tmp_path / "webui" / "models" / "Stable-diffusion" / "dreams.safetensors")
    catalogue = Catalogue((tmp_path / "whole", tmp_path / "webui"), layouts=layouts)
    found = {model.key: model for model in catalogue.models()}
    assert list(found) == ["starter-model", "folder", "dreams"]
    single = found["dreams"]
    assert (single.file, single.family) == (file, found["folder"].family)
    assert (single.name, single.limits) == ("dreams", found["folder"].limits)
    of_folder = picture(catalogue, found["folder"])
    of_file = picture(catalogue, single)
    assert np.array_equal(of_folder.pixels, of_file.pixels)
    assert of_file.pixels.std() > 0
    packed = [picture(catalogue, model, 8).pixels for model in (found["folder"], single)]
    assert np.array_equal(packed[0], packed[1])
    assert of_file.recipe.model.hash == hashlib.sha256(file.read_bytes()).hexdigest()[:10]
    assert not connections


def test_a_file_elsewhere_is_found_by_its_path(layouts: Path, layout: str, tmp_path: Path) -> None:
    folder = tmp_path / "whole" / "folder"
    file = write_file(layout, folder, tmp_path / "elsewhere" / "dreams.safetensors")
    catalogue = Catalogue((tmp_path / "whole", file), layouts=layouts)
    assert catalogue.find(str(file)).file == file
    assert catalogue.find("dreams").file == file
    assert [model.key for model in catalogue.models()][-1] == "dreams"


def test_a_lone_transformer_asks_for_an_installed_model(tmp_path: Path) -> None:
    file = original_names.z_image(tiny.z_image(tmp_path / "whole" / "z"), tmp_path / "z.safetensors", prefix="")
    with pytest.raises(ModelBroken, match=r"missing: Qwen3 of width 32 \(text encoder\) and an autoencoder"):
        Catalogue(()).find(str(file))
    assert Catalogue((tmp_path / "whole",)).find(str(file)).folder == tmp_path / "whole" / "z"


def test_a_file_says_by_its_tensors_that_it_predicts_velocity(tmp_path: Path) -> None:
    folder = tiny.stable_diffusion_xl(tmp_path / "layouts" / "stable_diffusion_xl", second=SECOND)
    marks = {"v_pred": torch.zeros(0), "ztsnr": torch.zeros(0)}
    file = original_names.stable_diffusion_xl(folder, tmp_path / "v.safetensors", **marks)
    catalogue = Catalogue((file,), layouts=tmp_path / "layouts")
    engine = Engine(catalogue, "cpu", "float32")
    request = GenerationRequest(
        "a house",
        negative_prompt="",
        model="v",
        size=Size(32, 32),
        sampler="ddim",
        steps=2,
        guidance_scale=1.0,
        seed=1,
    )
    last = list(engine.run(Generate(request)))[-1]
    assert isinstance(last, ImageReady)
    assert last.film.prediction_type == "v_prediction"
    assert np.isinf(last.film.schedule.sigmas[0]) or last.film.schedule.sigmas[0] > 1000


def test_missing_weights_are_named(tmp_path: Path) -> None:
    folder = tiny.stable_diffusion(tmp_path / "layouts" / "stable_diffusion_1")
    file = original_names.stable_diffusion_1(folder, tmp_path / "part.safetensors")
    cut = safetensors_without(file, "middle_block.1.proj_in.weight")
    catalogue = Catalogue((cut,), layouts=tmp_path / "layouts")
    request = GenerationRequest(
        "a house",
        negative_prompt="",
        model="part",
        size=Size(32, 32),
        sampler="ddim",
        steps=2,
        guidance_scale=1.0,
        seed=1,
    )
    with pytest.raises(ModelBroken, match="U-Net"):
        list(Engine(catalogue, "cpu", "float32").run(Generate(request)))


def safetensors_without(file: Path, ending: str) -> Path:
    weights: dict[str, Any] = {name: value for name, value in load_file(file).items() if not name.endswith(ending)}
    save_file(weights, file)
    return file


def test_the_layouts_that_ship_are_whole() -> None:
    """Layouts of families whose files lack parts are held by `test_shipped_layouts`."""
    whole = {name for name in SINGLE_FILES if TINY_MODELS[name].has_layout}
    assert {place.name for place in (resources() / "families").iterdir()} == whole | set(APART)
    for place in (resources() / "families" / name for name in sorted(whole)):
        model = read_model(place, place.name)
        assert model.limits.size_step == 8
        assert model.schedule_for()["beta_end"] == 0.012
        for name in ("tokenizer", "tokenizer_2"):
            if (place / name).is_dir():
                words = load_tokenizer(CLIPTokenizer, place / name)
                assert words("a photo of a cat").input_ids == [49406, 320, 1125, 539, 320, 2368, 49407]
                padded = words("", padding="max_length").input_ids
                assert len(padded) == 77
                is_open_clip = place.name == "stable_diffusion_2" or name == "tokenizer_2"
                assert padded[-1] == (0 if is_open_clip else 49407)
        assert TokenCounter.for_model(model).count("a photo of a cat").tokens == 5


@pytest.mark.parametrize("layout", ["stable_diffusion_1", "stable_diffusion_2", "stable_diffusion_xl"])
def test_a_file_for_inpainting_is_built_with_the_configuration_of_an_ordinary_one(
    layout: str, layouts: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "whole" / "inpainting"
    shutil.copytree(tmp_path / "whole" / "folder", folder)
    unet = UNet2DConditionModel.from_pretrained(folder / "unet", local_files_only=True)
    tiny.unet(**{**unet.config, "in_channels": 9}).save_pretrained(folder / "unet")
    file = write_file(layout, folder, tmp_path / "files" / "painter.safetensors")
    catalogue = Catalogue((tmp_path / "whole", tmp_path / "files"), layouts=layouts)
    pictures = [picture(catalogue, catalogue.find(key)) for key in ("inpainting", "painter")]
    assert file.is_file()
    assert np.array_equal(pictures[0].pixels, pictures[1].pixels)
    assert pictures[0].pixels.std() > 0
