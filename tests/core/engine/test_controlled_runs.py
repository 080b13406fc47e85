"""Runs that are guided by other pictures: their films, their files, and all that may be wrong with them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.models.controlnets.controlnet import ControlNetModel
from PIL import Image

from core.control.maps import EXTRA, maps_from_extras
from core.engine.engine import Engine
from core.engine.prompt_calls import prompt_calls
from core.errors import ControlBroken, ControlMissing, InvalidRequest, OutOfMemory, UnreadablePicture, WrongFamily
from core.film.reader import SUFFIX
from core.film.writer import FilmWriter
from core.models.catalogue import Catalogue
from core.models.memory_plan import Placement
from core.prompt.timeline import timeline
from core.request.control import Control
from core.request.hires import Hires
from core.request.request import GenerationRequest, Lora, Size
from core.runs.branch import Branch
from core.runs.events import Stepped
from core.runs.operations import Generate, GenerateBranch, OpenFilm, RecordAttention, result_of
from tests import tiny, tiny_controls
from tests.core.engine.test_branching import assert_same_frames, on_disk, ready

SIZE = Size(32, 24)
REQUEST = GenerationRequest(
    "a red house", "fog", model="tiny", size=SIZE, sampler="ddim", steps=5, guidance_scale=4.0, seed=5
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with tiny models, and networks for control in every form that there is."""
    models = tmp_path_factory.mktemp("controls") / "models"
    tiny.stable_diffusion(models / "tiny")
    tiny.stable_diffusion_xl(models / "tiny-xl")
    for name, model in (("", "tiny"), ("xl-", "tiny-xl")):
        net = tiny_controls.controlnet(models / model)
        folder = models / "controlnet"
        tiny_controls.save(net, folder, f"{name}folder")
        tiny_controls.save_lone(net, folder, f"{name}lone")
        tiny_controls.save_lone(net, folder, f"{name}original", original=True)
        tiny_controls.save_lone(net, folder, f"{name}inside", original=True, prefix="control_model.")
    tiny.lora(models / "loras" / "ink.safetensors", tiny.unet(), "unet")
    return models


@pytest.fixture
def engine(library: Path) -> Engine:
    return made_with(library)


def made_with(library: Path, memory: Placement | None = None, sources: Path | None = None) -> Engine:
    catalogue = Catalogue((library,), sources=sources)
    return Engine(catalogue, "cpu", "float32", memory, collect=lambda: None)


def guided(tmp_path: Path, name: str = "folder", **how: Any) -> GenerationRequest:
    drawing = tmp_path / "drawing.png"
    if not drawing.exists():
        tiny_controls.picture(tmp_path, Size(50, 41))
    return replace(REQUEST, controls=(Control(name, str(drawing), **how),))


def picture(engine: Engine, request: GenerationRequest) -> np.ndarray:
    return ready(list(engine.run(Generate(request)))).image.pixels


@pytest.mark.parametrize("form", ["lone", "original", "inside"])
@pytest.mark.parametrize("model", ["", "xl-"])
def test_every_form_of_a_file_makes_the_same_picture(
    form: str, model: str, engine: Engine, tmp_path: Path
) -> None:
    request = replace(guided(tmp_path, f"{model}folder"), model="tiny-xl" if model else "tiny")
    expected = picture(engine, request)
    other = replace(request, controls=(replace(request.controls[0], name=f"{model}{form}"),))
    assert np.array_equal(picture(engine, other), expected)
    assert not np.array_equal(picture(engine, replace(request, controls=())), expected)


@pytest.mark.parametrize("sampler", ["euler_a", "heun"])
def test_a_film_keeps_the_map_and_goes_on_without_picture_to_the_same_bits(
    sampler: str, engine: Engine, library: Path, tmp_path: Path
) -> None:
    request = replace(guided(tmp_path, start=0.2, end=0.8, preprocessor="canny", weight=0.7), sampler=sampler)
    whole = ready(list(engine.run(Generate(request))))
    writer = FilmWriter(tmp_path / f"begun{SUFFIX}", whole.film)
    for frame in whole.film.frames[:3]:
        writer.write(frame)
    writer.close()  # no `finish`: the process has died
    Path(request.controls[0].path).unlink()
    other = made_with(library)
    film = result_of(other, OpenFilm(writer.part_path)).film
    (kept,) = maps_from_extras(film.request.controls, film.extras).values()
    assert kept.shape == (SIZE.height, SIZE.width, 3)
    again = ready(list(other.run(GenerateBranch(Branch(film, len(film.frames), film.request)))))
    assert np.array_equal(again.image.pixels, whole.image.pixels)
    assert again.image.recipe.request.controls[0].sha256 == whole.image.recipe.request.controls[0].sha256
    assert_same_frames(result_of(other, OpenFilm(on_disk(whole.film, tmp_path))).film, whole.film)


def test_a_branch_with_another_weight_differs_from_its_call_on(engine: Engine, tmp_path: Path) -> None:
    film = ready(list(engine.run(Generate(guided(tmp_path))))).film
    (control,) = film.request.controls
    changed = replace(film.request, controls=(replace(control, weight=0.3),))
    branched = ready(list(engine.run(GenerateBranch(Branch(film, 2, changed)))))
    assert branched.film.parent is not None
    assert branched.film.parent.changes == "control"
    assert np.array_equal(branched.film.frames[2].noisy, film.frames[2].noisy)
    assert not np.array_equal(branched.film.frames[3].noisy, film.frames[3].noisy)
    without = ready(list(engine.run(GenerateBranch(Branch(film, 2, replace(film.request, controls=()))))))
    assert not any(name.startswith(EXTRA) for name in without.film.extras)


def test_a_copy_of_the_picture_is_found_by_its_hash(library: Path, tmp_path: Path) -> None:
    engine = made_with(library, sources=tmp_path / "sources")
    request = guided(tmp_path)
    first = ready(list(engine.run(Generate(request))))
    Path(request.controls[0].path).unlink()
    assert np.array_equal(picture(engine, first.image.recipe.request), first.image.pixels)


def test_a_lora_acts_beside_it(engine: Engine, tmp_path: Path) -> None:
    request = guided(tmp_path)
    plain, loras = picture(engine, request), (Lora("ink"),)
    with_lora = picture(engine, replace(request, loras=loras))
    assert not np.array_equal(with_lora, plain)
    assert not np.array_equal(with_lora, picture(engine, replace(REQUEST, loras=loras)))
    assert np.array_equal(picture(engine, request), plain)


def test_a_run_keeps_its_network_while_others_use_the_model(engine: Engine, tmp_path: Path) -> None:
    request = guided(tmp_path)
    expected = picture(engine, request)
    going = engine.run(Generate(request))
    next(event for event in going if isinstance(event, Stepped))
    picture(engine, REQUEST)  # lets go of the network meanwhile
    assert np.array_equal(ready(list(going)).image.pixels, expected)
    film = ready(list(engine.run(Generate(request)))).film
    assert result_of(engine, RecordAttention(film)) is not None


def test_a_second_pass_is_guided_too_each_by_its_own_part(engine: Engine, tmp_path: Path) -> None:
    request = replace(guided(tmp_path, end=0.5), hires=Hires(scale=2.0, steps=4, strength=0.7))
    whole = ready(list(engine.run(Generate(request))))
    without = ready(list(engine.run(Generate(replace(request, controls=())))))
    assert whole.image.pixels.shape == without.image.pixels.shape
    assert not np.array_equal(whole.image.pixels, without.image.pixels)
    calls = prompt_calls(timeline(request), request, 0, lambda one: one.controls, (request,))  # pyright: ignore[reportArgumentType]
    second = replace(calls, second_from=5)
    assert [bool(second.at(call)) for call in range(9)] == [
        True,
        True,
        False,
        False,
        False,
        True,
        True,
        False,
        False,
    ]
    film = result_of(engine, OpenFilm(on_disk(whole.film, tmp_path))).film
    assert_same_frames(film, whole.film)


@pytest.mark.parametrize("placement", Placement)
def test_every_placement_makes_the_same_picture(placement: Placement, library: Path, tmp_path: Path) -> None:
    request = guided(tmp_path)
    assert np.array_equal(picture(made_with(library, placement), request), picture(made_with(library), request))


def test_one_that_guides_another_kind_of_model_is_refused_before_its_weights_are_read(
    engine: Engine, tmp_path: Path
) -> None:
    with pytest.raises(WrongFamily) as told:
        picture(engine, guided(tmp_path, "xl-lone"))
    assert told.value.made_for != told.value.family


@pytest.mark.parametrize("original", [False, True])
def test_one_for_latents_of_another_scale_is_refused_before_its_weights_are_read(
    original: bool, library: Path, tmp_path: Path
) -> None:
    hint = (*tiny_controls.HINT, 8)
    net = tiny_controls.controlnet(library / "tiny", conditioning_embedding_out_channels=hint)
    path = tiny_controls.save_lone(net, tmp_path, "other", original=original)
    with pytest.raises(ControlBroken, match=r"8 times smaller .* of tiny are 4 times") as told:
        picture(made_with(library), guided(tmp_path, str(path)))
    assert told.value.path == path


def test_another_file_of_its_name_is_not_taken_for_it(engine: Engine, library: Path, tmp_path: Path) -> None:
    with pytest.raises(ControlMissing) as told:
        picture(engine, guided(tmp_path, "lone", network="0" * 64))
    assert told.value.is_other
    with pytest.raises(ControlMissing) as told:
        picture(engine, guided(tmp_path, "nothing"))
    assert "folder" in told.value.known
    assert told.value.folders == (library / "controlnet",)


def test_one_that_was_renamed_is_found_by_its_hash(engine: Engine, tmp_path: Path) -> None:
    made = ready(list(engine.run(Generate(guided(tmp_path, "lone")))))
    (used,) = made.image.recipe.request.controls
    request = guided(tmp_path, "other name", network=used.network)
    assert np.array_equal(picture(engine, request), made.image.pixels)


@pytest.mark.parametrize(
    ("mode", "size"), [("RGBA", (30, 20)), ("I;16", (40, 30)), ("L", (1, 1)), ("P", (3, 200)), ("1", (9, 9))]
)
@pytest.mark.parametrize("preprocessor", ["none", "canny", "lineart", "tile"])
def test_pictures_of_every_kind_are_taken(
    mode: str, size: tuple[int, int], preprocessor: str, engine: Engine, tmp_path: Path
) -> None:
    values = np.random.default_rng(1).integers(0, 2**16, (size[1], size[0]))
    made = Image.fromarray(values.astype(np.uint16)) if mode == "I;16" else Image.new(mode, size)
    made.save(tmp_path / "drawing.png")
    assert picture(engine, guided(tmp_path, preprocessor=preprocessor)).shape == (SIZE.height, SIZE.width, 3)


def test_a_broken_picture_is_told(engine: Engine, tmp_path: Path) -> None:
    request = guided(tmp_path)
    path = Path(request.controls[0].path)
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(UnreadablePicture):
        picture(engine, request)
    path.unlink()
    with pytest.raises(UnreadablePicture, match="choose it again"):
        picture(engine, request)
    tiny_controls.picture(tmp_path, SIZE, seed=1)
    with pytest.raises(UnreadablePicture, match="has changed"):
        picture(engine, replace(request, controls=(replace(request.controls[0], sha256="0" * 10),)))


@pytest.mark.parametrize("how", [{"weight": 3.0}, {"start": 0.5, "end": 0.5}, {"end": 1.5}, {"values": (-1.0,)}])
def test_numbers_out_of_range_are_told(how: dict[str, Any], engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest):
        picture(engine, guided(tmp_path, preprocessor="canny", **how))


def test_running_out_of_memory_in_it_ends_in_a_sentence_and_the_next_picture_is_made(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = guided(tmp_path)
    expected = picture(engine, request)

    def full(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    with monkeypatch.context() as patch, pytest.raises(OutOfMemory):
        patch.setattr(ControlNetModel, "forward", full)
        picture(engine, request)
    assert np.array_equal(picture(engine, request), expected)
