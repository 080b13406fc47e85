"""Runs of transformers that are guided by other pictures: films, placements, packed weights, and errors."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.models.controlnets.controlnet_flux import FluxControlNetModel
from diffusers.models.controlnets.controlnet_qwenimage import QwenImageControlNetModel
from diffusers.models.controlnets.controlnet_z_image import ZImageControlNetModel
from safetensors.torch import load_file, save_file

from core.control.file import read_control
from core.control.maps import EXTRA
from core.engine.engine import Engine
from core.engine.families import Family
from core.errors import ControlBroken, InvalidRequest, OutOfMemory, UnreadablePicture, WrongFamily
from core.film.reader import SUFFIX
from core.film.writer import FilmWriter
from core.models.catalogue import Catalogue
from core.models.memory_plan import Placement
from core.request.control import Control
from core.request.hires import Hires
from core.request.request import GenerationRequest, Size, Source
from core.runs.branch import Branch
from core.runs.events import Stepped
from core.runs.operations import Generate, GenerateBranch, OpenFilm, result_of
from tests import packed_weights, tiny, tiny_block_controls, tiny_controls
from tests.core.engine.test_branching import assert_same_frames, on_disk, ready

SIZE = Size(64, 80)
WEIGHTS = "transformer/diffusion_pytorch_model.safetensors"


@dataclass(frozen=True)
class Kind:
    """A family: how its tiny model is saved, and ControlNets for it; the class that computes them."""

    model: Callable[[Path], Path]
    nets: Callable[[Path, Path], object]
    network: Any


def _flux_nets(model: Path, folder: Path) -> None:
    tiny_block_controls.save_lone(tiny_block_controls.flux_controlnet(model, num_mode=7), folder, "union")
    tiny_block_controls.save_lone(tiny_block_controls.xlabs_controlnet(model), folder, "other", xlabs=True)


def _qwen_nets(model: Path, folder: Path) -> None:
    for layers, name in ((2, "union"), (1, "other")):
        tiny_block_controls.save_lone(tiny_block_controls.qwen_controlnet(model, layers=layers), folder, name)


def _z_image_nets(model: Path, folder: Path) -> None:
    new, old = (tiny_block_controls.z_image_controlnet(model, way) for way in ("control_noise_refiner", None))
    tiny_block_controls.save_z_image(new, new, folder, "union")
    tiny_block_controls.save_z_image(old, new, folder, "other")


KINDS = {
    "flux1": Kind(tiny_block_controls.flux1, _flux_nets, FluxControlNetModel),
    "qwen_image": Kind(tiny_block_controls.qwen_image, _qwen_nets, QwenImageControlNetModel),
    "z_image": Kind(tiny_block_controls.z_image, _z_image_nets, ZImageControlNetModel),
}


@dataclass(frozen=True)
class Place:
    kind: Kind
    models: Path

    def engine(self, memory: Placement | None = None) -> Engine:
        return Engine(Catalogue((self.models,)), "cpu", "float32", memory, collect=lambda: None)

    def request(self, folder: Path, **how: Any) -> GenerationRequest:
        drawing = folder / "drawing.png"
        if not drawing.exists():
            tiny_controls.picture(folder, Size(50, 41))
        values: dict[str, Any] = {"name": "union", "path": str(drawing), "preprocessor": "canny", **how}
        return GenerationRequest(
            "a red house",
            model="tiny",
            size=SIZE,
            sampler="euler",
            steps=4,
            guidance_scale=3.5,
            seed=5,
            controls=(Control(**values),),
        )


@pytest.fixture(scope="module", params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Place:
    kind, models = KINDS[request.param], tmp_path_factory.mktemp("controls") / "models"
    kind.nets(kind.model(models / "tiny"), models / "model_patches")
    return Place(kind, models)


@pytest.fixture
def engine(place: Place) -> Engine:
    return place.engine()


def picture(engine: Engine, request: GenerationRequest) -> np.ndarray:
    return ready(list(engine.run(Generate(request)))).image.pixels


def test_it_acts_and_leaves_nothing_behind(place: Place, engine: Engine, tmp_path: Path) -> None:
    request = place.request(tmp_path)
    plain = picture(engine, replace(request, controls=()))
    guided = picture(engine, request)
    both = replace(request, controls=(*request.controls, replace(request.controls[0], name="other", weight=0.4)))
    assert not np.array_equal(guided, plain)
    assert not np.array_equal(picture(engine, both), guided)
    assert np.array_equal(picture(engine, replace(request, controls=())), plain)
    assert np.array_equal(picture(engine, request), guided)


def test_a_run_that_died_goes_on_without_the_picture_to_the_same_bits(
    place: Place, engine: Engine, tmp_path: Path
) -> None:
    request = place.request(tmp_path, start=0.2, end=0.8, weight=0.7)
    whole = ready(list(engine.run(Generate(request))))
    writer = FilmWriter(tmp_path / f"begun{SUFFIX}", whole.film)
    for frame in whole.film.frames[:2]:
        writer.write(frame)
    writer.close()  # no `finish`: the process has died
    Path(request.controls[0].path).unlink()
    other = place.engine()
    film = result_of(other, OpenFilm(writer.part_path)).film
    again = ready(list(other.run(GenerateBranch(Branch(film, len(film.frames), film.request)))))
    assert np.array_equal(again.image.pixels, whole.image.pixels)
    (used,) = again.image.recipe.request.controls
    assert (used.sha256, used.type) == (whole.image.recipe.request.controls[0].sha256, used.type)
    assert_same_frames(result_of(other, OpenFilm(on_disk(whole.film, tmp_path))).film, whole.film)


def test_a_branch_differs_from_its_call_on(place: Place, engine: Engine, tmp_path: Path) -> None:
    film = ready(list(engine.run(Generate(place.request(tmp_path))))).film
    (control,) = film.request.controls
    changed = replace(film.request, controls=(replace(control, weight=0.3),))
    branched = ready(list(engine.run(GenerateBranch(Branch(film, 2, changed))))).film
    assert branched.parent is not None and branched.parent.changes == "control"
    assert np.array_equal(branched.frames[2].noisy, film.frames[2].noisy)
    assert not np.array_equal(branched.frames[3].noisy, film.frames[3].noisy)
    without = ready(list(engine.run(GenerateBranch(Branch(film, 2, replace(film.request, controls=())))))).film
    assert not any(name.startswith(EXTRA) for name in without.extras)


def test_a_run_keeps_its_network_while_others_use_the_model(place: Place, engine: Engine, tmp_path: Path) -> None:
    request = place.request(tmp_path)
    expected = picture(engine, request)
    going = engine.run(Generate(request))
    next(event for event in going if isinstance(event, Stepped))
    picture(engine, replace(request, controls=()))  # lets go of the network meanwhile
    assert np.array_equal(ready(list(going)).image.pixels, expected)


def test_both_passes_and_a_picture_to_begin_with_are_guided(place: Place, engine: Engine, tmp_path: Path) -> None:
    photo = tiny_controls.picture(tmp_path, SIZE, 8, "photo.png")
    request = replace(place.request(tmp_path), source=Source(str(photo), 0.7))
    for one in (request, replace(place.request(tmp_path), hires=Hires(scale=1.5, steps=3, strength=0.7))):
        without = picture(engine, replace(one, controls=()))
        assert without.shape == picture(engine, one).shape
        assert not np.array_equal(picture(engine, one), without)


@pytest.mark.parametrize("placement", Placement)
def test_every_placement_makes_the_same_picture(
    placement: Placement, place: Place, engine: Engine, tmp_path: Path
) -> None:
    request, other = place.request(tmp_path), place.engine(placement)
    assert np.array_equal(picture(other, request), picture(engine, request))
    plain = replace(request, controls=())  # lets go of it
    assert np.array_equal(picture(other, plain), picture(engine, plain))


def test_a_packed_transformer_is_guided_as_what_its_weights_mean(place: Place, tmp_path: Path) -> None:
    models = tmp_path / "models"
    shutil.copytree(place.models, models)
    for name in ("packed", "meant"):
        shutil.copytree(models / "tiny", models / name)
    weights = load_file(models / "tiny" / WEIGHTS)
    save_file(packed_weights.write(models / "packed" / WEIGHTS, weights, "fp8"), models / "meant" / WEIGHTS)
    engine, request = Engine(Catalogue((models,)), "cpu", "float32", collect=lambda: None), place.request(tmp_path)
    packed, meant = (picture(engine, replace(request, model=name)) for name in ("packed", "meant"))
    assert np.array_equal(packed, meant)
    assert not np.array_equal(packed, picture(engine, replace(request, model="packed", controls=())))
    bits = replace(request, weight_bits=8)
    assert not np.array_equal(picture(engine, bits), picture(engine, replace(bits, controls=())))


def test_the_map_is_encoded_once_for_a_run(
    place: Place, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = place.request(tmp_path, start=0.3)
    asked: list[tuple[int, ...]] = []
    encode = Family.encode_map

    def count(family: Family, pixels: torch.Tensor) -> torch.Tensor:
        asked.append(tuple(pixels.shape))
        return encode(family, pixels)

    monkeypatch.setattr(Family, "encode_map", count)
    picture(engine, replace(request, prompt="[a red:a blue:0.5] house"))
    picture(engine, request)
    assert asked == [(1, 3, SIZE.height, SIZE.width)]


def test_a_network_for_another_kind_of_model_is_refused_both_ways(place: Place, tmp_path: Path) -> None:
    other = tiny.stable_diffusion(tmp_path / "models" / "sd")
    net = tiny_controls.save_lone(tiny_controls.controlnet(other), tmp_path, "sd-net")
    for folder, model, path in (
        (place.models, "tiny", net),
        (tmp_path / "models", "sd", place.models / "model_patches" / "union.safetensors"),
    ):
        request = replace(place.request(tmp_path, name=str(path)), model=model)
        with pytest.raises(WrongFamily) as told:
            picture(Place(place.kind, folder).engine(), request)
        assert told.value.made_for and told.value.made_for != told.value.family


def test_running_out_of_memory_in_it_or_in_encoding_its_map_ends_in_a_sentence(
    place: Place, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = place.request(tmp_path)
    expected = picture(engine, request)

    def full(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    for kind, name in ((place.kind.network, "forward"), (Family, "encode_map")):
        tiny_controls.picture(tmp_path, Size(50, 41), seed=len(name))  # another one, which is not known
        with monkeypatch.context() as patch, pytest.raises(OutOfMemory):
            patch.setattr(kind, name, full)
            picture(engine, request)
    tiny_controls.picture(tmp_path, Size(50, 41))
    assert np.array_equal(picture(engine, request), expected)


def test_a_broken_picture_and_a_broken_network_are_told(place: Place, engine: Engine, tmp_path: Path) -> None:
    request = place.request(tmp_path)
    path = Path(request.controls[0].path)
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(UnreadablePicture):
        picture(engine, request)
    tiny_controls.picture(tmp_path, Size(50, 41))
    whole = (place.models / "model_patches" / "union.safetensors").read_bytes()
    for content in (whole[:-100], whole[:100], b""):
        (tmp_path / "cut.safetensors").write_bytes(content)
        with pytest.raises(ControlBroken):
            picture(engine, place.request(tmp_path, name=str(tmp_path / "cut.safetensors")))


def test_one_for_inpainting_and_a_union_without_its_type_are_told(tmp_path: Path) -> None:
    kind, models = KINDS["flux1"], tmp_path / "models"
    kind.nets(kind.model(models / "tiny"), models / "controlnet")
    weights = load_file(models / "controlnet" / "union.safetensors")
    seen = "controlnet_x_embedder.weight"
    weights[seen] = torch.cat([weights[seen], weights[seen][:, :4]], dim=1)  # as alimama's, which sees a mask, too
    save_file(weights, tmp_path / "inpaint.safetensors")
    with pytest.raises(ControlBroken, match="inpainting"):
        read_control(tmp_path / "inpaint.safetensors")
    place = Place(kind, models)
    with pytest.raises(InvalidRequest, match="one of canny, tile, depth"):
        picture(place.engine(), place.request(tmp_path, preprocessor="none"))
    poses = place.request(tmp_path, preprocessor="none", type="pose")
    kept = ready(list(place.engine().run(Generate(poses)))).image.recipe.request.controls[0]
    assert kept.type == "pose"
    depth = replace(poses, controls=(replace(poses.controls[0], type="depth"),))
    assert not np.array_equal(picture(place.engine(), poses), picture(place.engine(), depth))
