"""Runs that look at pictures by IP-Adapters: their films, their files, and all that may be wrong with them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from core.control.maps import maps_from_extras
from core.control.preprocessors import CLIP_PX
from core.engine.engine import Engine
from core.engine.networks.image_prompts import share
from core.engine.weights import ip_adapter_files
from core.errors import ControlBroken, InvalidRequest, WrongFamily
from core.film.reader import SUFFIX
from core.film.writer import FilmWriter
from core.film_export.pictures import control_picture
from core.models.catalogue import Catalogue
from core.models.memory_plan import Placement
from core.recipes.parameters import from_parameters, to_parameters
from core.request.control import Control
from core.request.request import GenerationRequest, Size
from core.runs.branch import Branch
from core.runs.events import Loading, Phase
from core.runs.operations import Generate, GenerateBranch, OpenFilm, RecordAttention, result_of
from tests import tiny, tiny_controls, tiny_ip_adapters
from tests.core.engine.test_branching import assert_same_frames, on_disk, ready

SIZE = Size(32, 24)
REQUEST = GenerationRequest(
    "a red house", "fog", model="tiny", size=SIZE, sampler="ddim", steps=5, guidance_scale=4.0, seed=5
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny model, IP-Adapters and a ControlNet, and the encoder in ComfyUI's place."""
    models = tmp_path_factory.mktemp("prompts") / "models"
    tiny.stable_diffusion(models / "tiny")
    for kind in tiny_ip_adapters.PROJECTIONS:
        tiny_ip_adapters.save(models / "tiny", models / "ipadapter", kind, kind)
    tiny_controls.save(tiny_controls.controlnet(models / "tiny"), models / "controlnet", "lines")
    tiny_ip_adapters.save_encoder(models, is_lone=True)
    return models


@pytest.fixture
def engine(library: Path) -> Engine:
    return made_with(library)


def made_with(library: Path, memory: Placement | None = None) -> Engine:
    return Engine(Catalogue((library,)), "cpu", "float32", memory, collect=lambda: None)


def shown(tmp_path: Path, name: str = "plus", preprocessor: str = "none", **how: Any) -> GenerationRequest:
    drawing = tiny_controls.picture(tmp_path, Size(50, 41))
    return replace(REQUEST, controls=(Control(name, str(drawing), preprocessor=preprocessor, **how),))


def picture(engine: Engine, request: GenerationRequest) -> np.ndarray:
    return ready(list(engine.run(Generate(request)))).image.pixels


@pytest.mark.parametrize("sampler", ["euler_a", "heun"])
def test_a_film_keeps_the_picture_and_goes_on_without_it_to_the_same_bits(
    sampler: str, engine: Engine, library: Path, tmp_path: Path
) -> None:
    request = replace(shown(tmp_path, start=0.2, end=0.8, weight=0.7), sampler=sampler)
    whole = ready(list(engine.run(Generate(request))))
    assert whole.film.request.controls[0].preprocessor == "picture"
    writer = FilmWriter(tmp_path / f"begun{SUFFIX}", whole.film)
    for frame in whole.film.frames[:3]:
        writer.write(frame)
    writer.close()  # no `finish`: the process has died
    Path(request.controls[0].path).unlink()
    other = made_with(library)
    film = result_of(other, OpenFilm(writer.part_path)).film
    (kept,) = maps_from_extras(film.request.controls, film.extras).values()
    assert kept.shape == (CLIP_PX, CLIP_PX, 3)
    again = ready(list(other.run(GenerateBranch(Branch(film, len(film.frames), film.request)))))
    assert np.array_equal(again.image.pixels, whole.image.pixels)
    assert_same_frames(result_of(other, OpenFilm(on_disk(whole.film, tmp_path))).film, whole.film)


def test_a_branch_with_another_weight_differs(engine: Engine, tmp_path: Path) -> None:
    film = ready(list(engine.run(Generate(shown(tmp_path))))).film
    changed = replace(film.request, controls=(replace(film.request.controls[0], weight=0.3),))
    branched = ready(list(engine.run(GenerateBranch(Branch(film, 2, changed)))))
    assert np.array_equal(branched.film.frames[1].guided, film.frames[1].guided)
    assert not np.array_equal(branched.film.frames[2].guided, film.frames[2].guided)


def test_each_part_and_a_controlnet_beside_it_make_pictures_of_their_own(engine: Engine, tmp_path: Path) -> None:
    whole, style = shown(tmp_path), shown(tmp_path, preprocessor="style")
    lines = replace(whole.controls[0], name="lines")
    asked = (whole, style, replace(REQUEST, controls=(lines,)), replace(whole, controls=(*whole.controls, lines)))
    made = [picture(engine, request).tobytes() for request in (*asked, REQUEST)]
    assert len(set(made)) == len(made)
    assert picture(engine, REQUEST).tobytes() == made[-1], "nothing is left of it"


@pytest.mark.parametrize("size", [SIZE, Size(24, 40)], ids=str)
def test_clip_sees_the_picture_alike_whatever_size_is_made(
    size: Size, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, seen = ip_adapter_files.seen_by_clip, list[np.ndarray]()

    def watched(encoder: Any, pixels: np.ndarray, *how: Any) -> Any:
        seen.append(pixels)
        return plain(encoder, pixels, *how)

    monkeypatch.setattr("core.engine.loading.control_nets.seen_by_clip", watched)
    request = replace(shown(tmp_path), size=size)
    film = ready(list(made_with(library).run(Generate(request)))).film
    (kept,) = maps_from_extras(film.request.controls, film.extras).values()
    assert len(seen) == 1
    assert np.array_equal(seen[0], kept)


def test_its_picture_and_the_map_of_a_controlnet_are_shown_together(engine: Engine, tmp_path: Path) -> None:
    whole = shown(tmp_path, end=0.5)
    lines = replace(whole.controls[0], name="lines", end=1.0)
    film = ready(list(engine.run(Generate(replace(whole, controls=(*whole.controls, lines)))))).film
    both, later = (control_picture(film, film.frames[call]) for call in (0, -1))
    assert both is not None
    assert later is not None
    assert both.shape == later.shape == (SIZE.height, SIZE.width, 3)
    assert not np.array_equal(both, later)


def test_another_use_of_the_model_between_two_moments_takes_nothing_away(engine: Engine, tmp_path: Path) -> None:
    """Somebody else's run may come while one has been prepared and its prompt is not read yet."""
    request = shown(tmp_path)
    run = engine.run(Generate(request))
    while next(run) != Loading(Phase.reading_prompt):
        pass
    picture(engine, replace(REQUEST, prompt="a boat", steps=2))
    made = ready(list(run)).image.pixels
    assert np.array_equal(made, picture(engine, request))


def test_where_words_act_is_recorded_beside_it(engine: Engine, tmp_path: Path) -> None:
    request = shown(tmp_path)
    watched = ready(list(engine.run(Generate(request, attention=True))))
    plain = ready(list(engine.run(Generate(request))))
    assert np.array_equal(watched.image.pixels, plain.image.pixels)
    assert result_of(engine, RecordAttention(plain.film)) is not None


@pytest.mark.parametrize("placement", Placement)
def test_every_placement_makes_the_same_picture(placement: Placement, library: Path, tmp_path: Path) -> None:
    request = shown(tmp_path)
    expected = picture(made_with(library), request)
    assert np.array_equal(picture(made_with(library, placement), request), expected)


@pytest.mark.parametrize(
    ("name", "preprocessor", "words"),
    [("plus", "canny", "one of picture, style, layout with"), ("lines", "style", "one of none, canny")],
)
def test_a_preprocessor_for_another_kind_is_told(
    name: str, preprocessor: str, words: str, engine: Engine, tmp_path: Path
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        picture(engine, shown(tmp_path, name, preprocessor))
    assert words in caught.value.allowed


def test_one_of_another_family_is_refused_with_both_names(engine: Engine, library: Path, tmp_path: Path) -> None:
    weights = load_file(library / "ipadapter" / "plus.safetensors")
    wide = {name: one.new_zeros(one.shape[0], 2048) if "_ip." in name else one for name, one in weights.items()}
    save_file(wide, tmp_path / "xl.safetensors")
    with pytest.raises(WrongFamily) as caught:
        picture(engine, shown(tmp_path, str(tmp_path / "xl.safetensors")))
    assert caught.value.made_for == "Stable Diffusion XL"


def test_a_missing_encoder_is_told_by_name_before_anything_is_loaded(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ip_adapter_files, "load_file", None)
    weights = load_file(library / "ipadapter" / "plain.safetensors")
    weights["image_proj.proj.weight"] = weights["image_proj.proj.weight"].new_zeros(8, 1024)
    save_file(weights, tmp_path / "other.safetensors")
    with pytest.raises(ControlBroken, match=r"CLIP ViT-H, the half of CLIP that reads pictures \(1024 wide\)"):
        picture(made_with(library), shown(tmp_path, str(tmp_path / "other.safetensors")))


@pytest.mark.parametrize("mark", ["ip_adapter.0.to_q_lora.down.weight", "image_proj.proj.2.weight"])
def test_those_for_faces_are_refused_by_name(mark: str, engine: Engine, library: Path, tmp_path: Path) -> None:
    weights = load_file(library / "ipadapter" / "plain.safetensors")
    save_file({**weights, mark: weights["image_proj.norm.weight"].clone()}, tmp_path / "face.safetensors")
    with pytest.raises(ControlBroken, match="FaceID"):
        picture(engine, shown(tmp_path, str(tmp_path / "face.safetensors")))


def test_clip_goes_to_the_processor_where_memory_runs_out(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = picture(made_with(library), shown(tmp_path))
    plain, calls = ip_adapter_files.seen_by_clip, list[str]()

    def short(encoder: Any, *how: Any) -> Any:
        calls.append(next(encoder.parameters()).device.type)
        if len(calls) == 1:
            raise torch.OutOfMemoryError
        return plain(encoder, *how)

    monkeypatch.setattr("core.engine.loading.control_nets.seen_by_clip", short)
    assert np.array_equal(picture(made_with(library), shown(tmp_path)), expected)
    assert len(calls) == 2


def test_one_with_other_layers_is_told(engine: Engine, library: Path, tmp_path: Path) -> None:
    weights = load_file(library / "ipadapter" / "plain.safetensors")
    last = max(name for name in weights if "to_v_ip" in name)
    save_file({name: one for name, one in weights.items() if name != last}, tmp_path / "cut.safetensors")
    with pytest.raises(ControlBroken, match="other layers"):
        picture(engine, shown(tmp_path, str(tmp_path / "cut.safetensors")))


@pytest.mark.parametrize("preprocessor", ["picture", "style", "layout"])
def test_the_parameters_text_tells_it(preprocessor: str, engine: Engine, tmp_path: Path) -> None:
    recipe = ready(list(engine.run(Generate(shown(tmp_path, preprocessor=preprocessor, weight=0.5))))).image.recipe
    (read,) = from_parameters(to_parameters(recipe)).request.controls
    assert (read.name, read.preprocessor, read.weight) == ("plus", preprocessor, 0.5)


def test_style_and_layout_act_in_the_layers_of_instantstyle() -> None:
    style, layout = "up_blocks.0.attentions.1.transformer_blocks.0.attn2", "down_blocks.2.attentions.1.x.attn2"
    other = "up_blocks.0.attentions.2.transformer_blocks.0.attn2"
    assert [share("style", name, is_xl=True) for name in (style, layout, other)] == [1, 0, 0]
    assert [share("layout", name, is_xl=True) for name in (style, layout, other)] == [0, 1, 0]
    assert [share("picture", name, is_xl=True) for name in (style, layout, other)] == [1, 1, 1]
    first, middle = "down_blocks.2.attentions.0.x.attn2", "mid_block.attentions.0.x.attn2"
    assert [share("layout", name, is_xl=False) for name in (first, layout, middle)] == [0.25, 1, 0]
    last = "up_blocks.3.attentions.2.x.attn2"
    assert [share("style", name, is_xl=False) for name in (last, layout, middle)] == [1, 0, 0]
