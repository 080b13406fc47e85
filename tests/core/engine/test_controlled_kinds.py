"""Runs with each kind of network for control: unions, changes of the model's own weights, and pickles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from safetensors.torch import load_file, save_file

from core.checkpoints.cache import FILE_NAME, CheckpointCache
from core.engine.devices.device import plan
from core.engine.engine import Engine
from core.engine.weights.control_files import found_control, read_network
from core.errors import ControlBroken, InvalidRequest, OutOfMemory, WrongFamily
from core.film.reader import SUFFIX
from core.film.writer import FilmWriter
from core.models.catalogue import Catalogue
from core.models.memory_plan import Placement
from core.request.control import Control
from core.request.request import GenerationRequest, Lora, Size
from core.runs.branch import Branch
from core.runs.operations import Generate, GenerateBranch, OpenFilm, result_of
from tests import tiny, tiny_controls, tiny_ip_adapters
from tests.core.engine.test_branching import ready
from tests.core.engine.upscaling.test_pickles import Hostile

SIZE = Size(32, 24)
REQUEST = GenerationRequest(
    "a red house", "fog", model="tiny-xl", size=SIZE, sampler="euler_a", steps=5, guidance_scale=4.0, seed=5
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with tiny models, and one network of each kind."""
    models = tmp_path_factory.mktemp("controls") / "models"
    tiny.stable_diffusion(models / "tiny")
    model, folder = tiny.stable_diffusion_xl(models / "tiny-xl"), models / "controlnet"
    tiny_controls.save_lone(tiny_controls.union(model), folder, "union")
    tiny_controls.save(tiny_controls.union(model, types=8), folder, "promax")
    unet, net = UNet2DConditionModel.from_pretrained(model / "unet"), tiny_controls.controlnet(model)
    save_file(tiny_controls.save_control_lora(net, unet, folder, "lora"), folder / "lora-whole.safetensors")
    save_file(
        tiny_controls.save_difference(net, unet, folder, "difference"), folder / "difference-whole.safetensors"
    )
    save_file(tiny_controls.lllite(unet), folder / "lllite.safetensors")
    tiny_controls.save_lone(net, folder, "xl-original", original=True, prefix="control_model.")
    tiny_ip_adapters.save_encoder(models)
    tiny.lora(models / "loras" / "ink.safetensors", unet, "unet")
    return models


def made_with(library: Path, data: Path, memory: Placement | None = None) -> Engine:
    catalogue = Catalogue((library,), CheckpointCache(data / FILE_NAME))
    return Engine(catalogue, "cpu", "float32", memory, collect=lambda: None)


@pytest.fixture
def engine(library: Path, tmp_path: Path) -> Engine:
    return made_with(library, tmp_path)


def guided(tmp_path: Path, name: str, **how: Any) -> GenerationRequest:
    drawing = tmp_path / "drawing.png"
    if not drawing.exists():
        tiny_controls.picture(tmp_path, Size(50, 41))
    return replace(REQUEST, controls=(Control(name, str(drawing), **how),))


def picture(engine: Engine, request: GenerationRequest) -> np.ndarray:
    return ready(list(engine.run(Generate(request)))).image.pixels


UNION = {"preprocessor": "canny"}
KINDS: dict[str, dict[str, Any]] = {
    "union": UNION,
    "promax": {"type": "tile"},
    "lora": {},
    "difference": {},
    "lllite": {},
}


@pytest.mark.parametrize("name", KINDS)
def test_a_run_that_was_ended_goes_on_and_branches_exactly(
    name: str, engine: Engine, library: Path, tmp_path: Path
) -> None:
    request = guided(tmp_path, name, start=0.2, **KINDS[name])
    whole = ready(list(engine.run(Generate(request))))
    assert not np.array_equal(whole.image.pixels, picture(engine, replace(request, controls=())))
    writer = FilmWriter(tmp_path / f"begun{SUFFIX}", whole.film)
    for frame in whole.film.frames[:3]:
        writer.write(frame)
    writer.close()  # no `finish`: the process has died
    other = made_with(library, tmp_path)
    film = result_of(other, OpenFilm(writer.part_path)).film
    again = ready(list(other.run(GenerateBranch(Branch(film, len(film.frames), film.request)))))
    assert np.array_equal(again.image.pixels, whole.image.pixels)
    weaker = replace(film.request, controls=(replace(film.request.controls[0], weight=0.4),))
    branched = ready(list(other.run(GenerateBranch(Branch(film, 2, weaker)))))
    assert not np.array_equal(branched.image.pixels, whole.image.pixels)
    assert np.array_equal(branched.film.frames[2].noisy, whole.film.frames[2].noisy)


def test_a_union_is_told_what_its_map_shows(engine: Engine, tmp_path: Path) -> None:
    edges = ready(list(engine.run(Generate(guided(tmp_path, "union", preprocessor="canny")))))
    (used,) = edges.image.recipe.request.controls
    assert used.type == "canny", "as its preprocessor tells"
    other = picture(engine, guided(tmp_path, "union", preprocessor="canny", type="depth"))
    assert not np.array_equal(other, edges.image.pixels)
    film = edges.film
    changed = replace(film.request, controls=(replace(used, type="depth"),))
    branched = ready(list(engine.run(GenerateBranch(Branch(film, 2, changed)))))
    assert branched.film.parent is not None
    assert branched.film.parent.changes == "control"
    assert not np.array_equal(branched.film.frames[3].noisy, film.frames[3].noisy)


@pytest.mark.parametrize(
    ("name", "how", "words"),
    [
        ("union", {}, "nothing tells what this one shows: choose one of pose, depth"),
        ("union", {"preprocessor": "tile"}, "nothing tells what this one shows: choose one of pose, depth"),
        ("union", {"type": "repaint"}, "'repaint'; expected one of pose"),
    ],
)
def test_a_type_that_is_not_known_is_told(
    name: str, how: dict[str, Any], words: str, engine: Engine, tmp_path: Path
) -> None:
    with pytest.raises(InvalidRequest) as told:
        picture(engine, guided(tmp_path, name, **how))
    assert words in f"{told.value} {told.value.sentence}"


@pytest.mark.parametrize("placement", Placement)
@pytest.mark.parametrize("name", ["union", "lora", "lllite"])
def test_every_placement_makes_the_same_picture(
    name: str, placement: Placement, engine: Engine, library: Path, tmp_path: Path
) -> None:
    request = guided(tmp_path, name, **KINDS[name])
    assert np.array_equal(picture(made_with(library, tmp_path, placement), request), picture(engine, request))


@pytest.mark.parametrize("name", ["lora", "difference"])
def test_a_change_of_the_model_is_the_network_that_it_makes(name: str, engine: Engine, tmp_path: Path) -> None:
    expected = picture(engine, guided(tmp_path, f"{name}-whole"))
    picture(engine, REQUEST)  # lets go of it; the model's layers have been called now
    assert np.array_equal(picture(engine, guided(tmp_path, name)), expected)


@pytest.mark.parametrize("name", ["lora", "difference"])
def test_it_is_built_on_the_model_without_loras(name: str, engine: Engine, tmp_path: Path) -> None:
    request = replace(guided(tmp_path, f"{name}-whole"), loras=(Lora("ink", 0.8),))
    expected = picture(engine, request)
    picture(engine, replace(REQUEST, loras=request.loras))
    beside = replace(request, controls=(replace(request.controls[0], name=name),))
    assert np.array_equal(picture(engine, beside), expected)


@pytest.mark.parametrize("name", [name for name in KINDS if name != "lllite"])  # whose file here does not tell
def test_another_family_is_refused_with_both_names(name: str, engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(WrongFamily) as told:
        picture(engine, replace(guided(tmp_path, name, **KINDS[name]), model="tiny"))
    assert "" != told.value.made_for != told.value.family


def _flat(weights: dict[str, torch.Tensor]) -> dict[str, Any]:
    return weights


def _in_state_dict(weights: dict[str, torch.Tensor]) -> dict[str, Any]:
    return {"state_dict": weights, "global_step": 7}


def _with_a_model(weights: dict[str, torch.Tensor]) -> dict[str, Any]:
    return weights | {"model.diffusion_model.out.2.weight": torch.zeros(4), "first_stage_model.x": torch.zeros(2)}


@pytest.mark.parametrize("suffix", [".pth", ".ckpt"])
@pytest.mark.parametrize("form", [_flat, _in_state_dict, _with_a_model])
def test_a_pickle_is_read_once_and_makes_the_same_picture(
    form: Callable[[dict[str, torch.Tensor]], dict[str, Any]], suffix: str, library: Path, tmp_path: Path
) -> None:
    engine = made_with(library, tmp_path)
    expected = picture(engine, guided(tmp_path, "xl-original"))
    path = tmp_path / f"mine{suffix}"
    torch.save(form(load_file(library / "controlnet" / "xl-original.safetensors")), path)
    made = ready(list(engine.run(Generate(guided(tmp_path, str(path))))))
    assert np.array_equal(made.image.pixels, expected)
    (copy,) = (tmp_path / "controls").iterdir()
    assert copy.stem == made.image.recipe.request.controls[0].network, "its hash is that of the pickle"
    assert not any(name.startswith("model.") for name in load_file(copy))
    stamp = copy.stat().st_mtime_ns
    assert np.array_equal(picture(made_with(library, tmp_path), guided(tmp_path, str(path))), expected)
    assert copy.stat().st_mtime_ns == stamp


def test_a_folder_with_a_pickle_alone_is_used(library: Path, tmp_path: Path) -> None:
    engine, net = made_with(library, tmp_path), tiny_controls.controlnet(library / "tiny-xl")
    folder = tmp_path / "old"
    net.save_pretrained(folder, safe_serialization=False)
    assert [path.suffix for path in folder.iterdir() if path.name != "config.json"] == [".bin"]
    expected = picture(engine, guided(tmp_path, "xl-original"))
    assert np.array_equal(picture(engine, guided(tmp_path, str(folder))), expected)


def test_pickles_of_adapters_are_read_with_what_is_grouped_in_them(library: Path, tmp_path: Path) -> None:
    model = library / "tiny-xl"
    adapter = tiny_controls.adapter(model, kind="full_adapter_xl", side=8)
    plain = {tiny_controls.adapter_name(name): one.contiguous() for name, one in adapter.state_dict().items()}
    save_file(plain, tmp_path / "t2i.safetensors")
    tiny_ip_adapters.save(model, tmp_path, "ip")
    torch.save({"adapter": plain}, tmp_path / "t2i.pth")
    torch.save(tiny_ip_adapters.weights(model), tmp_path / "ip.bin")
    controls = Catalogue((library,), CheckpointCache(tmp_path / FILE_NAME)).controls
    unet = UNet2DConditionModel.from_pretrained(model / "unet")
    for name, pickled in (("t2i.safetensors", "t2i.pth"), ("ip.safetensors", "ip.bin")):
        plain, read = (
            read_network(found_control(controls, Control(str(tmp_path / one), "")), unet, plan("cpu", "float32"))
            for one in (name, pickled)
        )
        assert all(map(torch.equal, plain.parameters(), read.parameters()))
        assert type(plain) is type(read)


def test_promax_lies_in_one_folder_with_the_union(library: Path, tmp_path: Path) -> None:
    model, place = library / "tiny-xl", tmp_path / "models" / "controlnet" / "controlnet-union-sdxl-1.0"
    tiny_controls.save(tiny_controls.union(model), place.parent, place.name)
    tiny_controls.save_lone(tiny_controls.union(model, 5, 8), place, "diffusion_pytorch_model_promax")
    files = {file.name: file for file in Catalogue((tmp_path / "models",)).controls.look()}
    assert {name: file.modes for name, file in files.items()} == {
        "controlnet-union-sdxl-1.0": 6,
        "diffusion_pytorch_model_promax": 8,
    }
    engine = made_with(library, tmp_path)
    expected = picture(engine, guided(tmp_path, "union", type="depth"))
    assert np.array_equal(picture(engine, guided(tmp_path, str(place), type="depth")), expected)


def test_a_pickle_for_another_family_is_refused_with_both_names(
    engine: Engine, library: Path, tmp_path: Path
) -> None:
    torch.save(load_file(library / "controlnet" / "union.safetensors"), tmp_path / "mine.pth")
    with pytest.raises(WrongFamily):
        picture(engine, replace(guided(tmp_path, str(tmp_path / "mine.pth"), **UNION), model="tiny"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "perhaps a program"),
        ({"a": torch.zeros(2)}, "neither a ControlNet nor a T2I-Adapter"),
        ([1, 2], "neither a ControlNet nor a T2I-Adapter|no tensors|empty"),
        (b"hello" * 100, "perhaps a program|no file of PyTorch"),
        (b"", "no file of PyTorch"),
    ],
)
def test_a_pickle_of_anything_else_is_refused_and_not_run(
    content: object, words: str, engine: Engine, tmp_path: Path
) -> None:
    path, marker = tmp_path / "mine.pth", tmp_path / "ran"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save({"x": torch.zeros(2), "hook": Hostile(marker)} if content is None else content, path)
    with pytest.raises(ControlBroken, match=words):
        picture(engine, guided(tmp_path, str(path)))
    assert not marker.exists()
    assert not [*tmp_path.glob("controls/*")]


@pytest.mark.parametrize("name", ["union", "lora", "pickle"])
def test_running_out_of_memory_while_it_is_read_ends_in_a_sentence_and_the_next_picture_is_made(
    name: str, engine: Engine, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name == "pickle":
        torch.save(load_file(library / "controlnet" / "xl-original.safetensors"), tmp_path / "mine.pth")
    request = guided(tmp_path, str(tmp_path / "mine.pth") if name == "pickle" else name, **KINDS.get(name, {}))

    def full(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    places = {
        "union": "core.engine.weights.control_files.WeightFile.build",
        "lora": "core.engine.weights.control_changes.read_tensor",
        "pickle": "core.engine.weights.pickles.torch.load",
    }
    with monkeypatch.context() as patch, pytest.raises(OutOfMemory):
        patch.setattr(places[name], full)
        picture(engine, request)
    assert not np.array_equal(picture(engine, request), picture(engine, REQUEST))
