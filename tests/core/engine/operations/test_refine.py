"""Refining: image to image in tiles without seams, for every family, and what its recipe tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from core.engine.engine import Engine
from core.engine.sampling import schedulers
from core.engine.sampling.denoising import Timestep
from core.engine.sampling.guidance import combine
from core.engine.sampling.tensors import to_model_range
from core.engine.upscaling import pieces, refining
from core.errors import InvalidRequest, ModelMissing, OutOfMemory
from core.models.catalogue import Catalogue
from core.pictures.metadata import read_recipe
from core.pictures.picture import GeneratedImage
from core.pictures.pixels import Pixels
from core.pictures.saving import save_as
from core.recipes.parameters import from_parameters
from core.recipes.recipe import ModelIdentity, Recipe
from core.recipes.refinement import LARGEST_SIDE, Refinement
from core.request.request import STARTER_MODEL, GenerationRequest, Size, Upscaler
from core.request.settings import SETTINGS
from core.runs.enlargement import Enlarge, EnlargeFiles
from core.runs.events import Advanced, ImageReady, Loading, Phase
from core.runs.operations import Generate, result_of
from core.runs.refining import Refining, check_refining, memory_of_whole
from core.upscalers.library import OF_STARTER
from tests.tiny_families import TINY_MODELS, smallest_request

REQUEST = GenerationRequest("a red house", model="tiny", size=Size(64, 64), steps=4, seed=5, guidance_scale=3.0)


def image(request: GenerationRequest = REQUEST, width: int = 150, height: int = 90) -> GeneratedImage:
    pixels = np.random.default_rng(1).integers(0, 256, (height // 6, width // 6, 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC))
    return GeneratedImage(smooth, Recipe(request, ModelIdentity(request.model, "", "", "")))


@pytest.fixture(scope="module")
def engine(models: Path) -> Engine:
    return Engine(Catalogue((models,)), device="cpu", dtype="float32")


def refined(engine: Engine, of: GeneratedImage, refining: Refining) -> GeneratedImage:
    return result_of(engine, Enlarge(of, None, refining))


def test_a_picture_of_any_size_is_refined_and_says_so(engine: Engine, tmp_path: Path) -> None:
    before = image()
    events = list(engine.run(Enlarge(before, None, Refining(Refinement(0.5, 64)))))
    after = events[-1].result  # pyright: ignore[reportAttributeAccessIssue]
    assert after.pixels.shape == before.pixels.shape and not np.array_equal(after.pixels, before.pixels)
    assert Loading(Phase.refining) in events
    told = [event for event in events if isinstance(event, Advanced)]
    assert [event.done for event in told] == list(range(1, told[-1].total + 1))
    recipe = after.recipe
    assert recipe.refined == Refinement(0.5, 64)
    assert recipe.request == REQUEST and recipe.model.hash and recipe.device == "cpu"
    save_as(after, tmp_path / "a.png")
    assert read_recipe(tmp_path / "a.png").refined == Refinement(0.5, 64)
    with Image.open(tmp_path / "a.png") as file:
        text = file.info["parameters"]
    for entry in ("Denoising strength: 0.5", "Ultimate SD upscale upscaler: None"):
        assert entry in text
    assert "Ultimate SD upscale tile_width: 64, Ultimate SD upscale tile_height: 64" in text
    read = from_parameters(text)
    assert read.refined == Refinement(0.5, 64) and read.request.source is None
    assert not any("Ultimate" in key for key in read.others)


def test_one_tile_that_is_the_whole_picture_is_plain_image_to_image(engine: Engine) -> None:
    before = image(width=64, height=64)
    after = refined(engine, before, Refining(Refinement(0.5)))
    assert np.array_equal(after.pixels, _plainly(engine, before))


def _plainly(engine: Engine, before: GeneratedImage) -> Pixels:
    """The mean of the encoding, noise of the seed, the last half of the steps, written down once more."""
    context = engine._context  # pyright: ignore[reportPrivateUsage]
    with torch.inference_mode():
        model = drained(context.prepare(REQUEST))
        calls = drained(context.read_prompt(model, model.request, 2))
        sampling = schedulers.build(REQUEST.sampler, model.family.scheduler_config_for(REQUEST), 4, 2)
        x0 = model.family.encode(to_model_range(before.pixels), None)
        x = sampling.noised(x0, torch.randn(x0.shape, generator=torch.Generator().manual_seed(5)))
        for number, t in enumerate(sampling.timesteps):
            prediction = calls.at(number)(sampling.scale(x, t), Timestep(t, float(t)))
            guided = combine(prediction, REQUEST.guidance_scale)
            x = sampling.step(guided, t, x, [torch.Generator().manual_seed(5)])
        return model.decode(x)[0]


def drained(work):  # pyright: ignore
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def test_the_order_of_the_tiles_does_not_matter(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Refining(Refinement(0.5, 64))
    plain = refined(engine, image(), asked).pixels.astype(int)
    monkeypatch.setattr(refining, "pieces", backwards)
    assert np.abs(refined(engine, image(), asked).pixels - plain).max() <= 1


def backwards(*how: Any) -> list[pieces.Piece]:
    return pieces.pieces(*how)[::-1]


@pytest.mark.parametrize("name", sorted(TINY_MODELS))
def test_each_family_refines(name: str, tmp_path: Path) -> None:
    TINY_MODELS[name].make(tmp_path / "one")
    catalogue = Catalogue((tmp_path,))
    request = smallest_request(catalogue.find("one"), steps=2)
    side = request.size.width
    before = image(request, side * 2 - 3, side + 5)
    engine = Engine(catalogue, device="cpu", dtype="float32")
    after = refined(engine, before, Refining(Refinement(0.5, side)))
    assert after.pixels.shape == before.pixels.shape and after.recipe.refined == Refinement(0.5, side)


def test_a_picture_that_goes_around_still_does(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one colour and without noise it has no edge: half of its width away everything is the same."""
    monkeypatch.setattr(refining, "start_noise", no_noise)
    grey = np.full((64, 160, 3), 90, np.uint8)
    asked = Refining(Refinement(0.5, 64))
    around, cut = (
        refined(engine, replace(image(replace(REQUEST, seamless=one)), pixels=grey), asked).pixels.astype(int)
        for one in ("x", "")
    )
    assert np.abs(np.roll(around, 80, axis=1) - around).max() <= 1
    assert np.abs(np.roll(cut, 80, axis=1) - cut).max() > 1


def no_noise(shape: tuple[int, ...], _generators: object) -> torch.Tensor:
    return torch.zeros(1, *shape)


def test_memory_that_runs_out_ends_in_smaller_tiles_or_a_sentence(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = refining.refined
    tried: list[int] = []

    def short_of_memory(least: int) -> Callable[..., object]:
        def work(model, *rest):  # pyright: ignore
            tried.append(model.request.size.width)
            if tried[-1] > least:
                raise torch.OutOfMemoryError
            return (yield from plain(model, *rest))

        return work

    monkeypatch.setattr("core.engine.operations.enlarge.refined", short_of_memory(64))
    after = refined(engine, image(width=200, height=200), Refining(Refinement(0.5, 128)))
    assert tried == [128, 64] and after.recipe.refined == Refinement(0.5, 64)
    monkeypatch.setattr("core.engine.operations.enlarge.refined", short_of_memory(0))
    with pytest.raises(OutOfMemory):
        refined(engine, image(width=200, height=200), Refining(Refinement(0.5, 128)))


def test_stopping_leaves_nothing_behind(engine: Engine) -> None:
    asked = Enlarge(image(), None, Refining(Refinement(0.5, 64)))
    work = engine.run(asked)
    assert next(event for event in work if isinstance(event, Advanced)).done == 1
    work.close()
    again = result_of(engine, asked)
    assert np.array_equal(again.pixels, result_of(engine, asked).pixels)


@pytest.mark.parametrize(
    ("of", "asked", "field"),
    [
        (image(), Refining(Refinement(0.1)), "refine"),
        (image(), Refining(Refinement(0.0)), "refine"),
        (image(), Refining(Refinement(float("nan"))), "refine"),
        (image(), Refining(Refinement(0.5, 8)), "tile"),
        (image(width=LARGEST_SIDE + 6, height=6), Refining(Refinement(0.5)), "refining"),
        (image(replace(REQUEST, model="")), Refining(Refinement(0.5)), "model"),
    ],
)
def test_refinements_that_cannot_be_are_refused_before_a_model_is_loaded(
    models: Path, of: GeneratedImage, asked: Refining, field: str
) -> None:
    engine = Engine(Catalogue((models,)), device="cpu", dtype="float32")
    events = engine.run(Enlarge(of, None, asked))
    with pytest.raises(InvalidRequest) as caught:
        assert not list(events)
    assert caught.value.field == field


def test_more_memory_than_there_is_is_told_with_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    size = Size(8192, 8192)
    assert memory_of_whole(size) < 4 * 2**30
    monkeypatch.setattr("core.runs.refining.BYTES_PER_PIXEL", 2**50)
    with pytest.raises(OutOfMemory) as caught:
        check_refining(REQUEST, size, Refinement(0.5))
    assert caught.value.needed == memory_of_whole(size) and caught.value.free


def test_pictures_without_a_recipe_take_the_settings_that_come_along(engine: Engine, tmp_path: Path) -> None:
    Image.fromarray(image().pixels).save(tmp_path / "photo.png")
    asked = Refining(Refinement(0.5, 64), replace(REQUEST, prompt="a green tree", seed=None))
    after = result_of(engine, EnlargeFiles((tmp_path / "photo.png",), None, refining=asked))
    request = after.recipe.request
    assert (request.prompt, request.model, request.steps) == (
        "a green tree",
        "tiny",
        4,
    ) and request.seed is not None
    assert {"prompt", "model", "seed", "sampler"}.isdisjoint(after.recipe.untold)
    assert "size" in after.recipe.untold
    assert after.recipe.enlarged_from is not None and after.recipe.enlarged_from.name == "photo.png"


def test_others_words_seed_and_model_take_the_place_of_the_pictures_own(engine: Engine) -> None:
    before = image(replace(REQUEST, template="a {red|blue} house"))
    asked = Refining(Refinement(0.5, 64), prompt="a tree", seed=9)
    request = refined(engine, before, asked).recipe.request
    assert (request.prompt, request.seed, request.template, request.model) == ("a tree", 9, "", "tiny")
    elsewhere = image(replace(REQUEST, model="of somebody else", prompt="a mill"))
    with pytest.raises(ModelMissing):
        refined(engine, elsewhere, Refining(Refinement(0.5, 64)))
    asked = Refining(Refinement(0.5, 64), replace(REQUEST, prompt="", steps=2), is_own=False)
    request = refined(engine, elsewhere, asked).recipe.request
    assert (request.prompt, request.model, request.steps) == ("a mill", "tiny", 2)


def test_a_picture_that_is_refined_twice_keeps_what_was_told(engine: Engine) -> None:
    once = refined(engine, image(width=64, height=64), Refining(Refinement(0.5, 64)))
    twice = refined(engine, once, Refining(Refinement(0.75, 64)))
    assert twice.recipe.refined == Refinement(0.75, 64) and "strength 0.5" in twice.recipe.note


def test_every_setting_is_the_pictures_the_refinements_or_left_alone() -> None:
    """A new setting must be thought about: one that changes the tiles is to be taken over."""
    from core.runs.refining import _OF_MODEL, _OF_PICTURE  # pyright: ignore[reportPrivateUsage]

    taken = {*_OF_MODEL, *(name for names in _OF_PICTURE for name in names)}
    alone = {"size", "count", "source", "mask", "references", "controls", "upscaler", "hires"}
    alone |= {"variation", "seamless"}
    assert taken | alone >= {setting.name for setting in SETTINGS}


def test_the_starter_models_pictures_get_no_seams(starter_engine: Engine) -> None:
    """Over the borders of tiles the gradient grows no more than elsewhere on the grid of the autoencoder."""
    ratios: list[float] = []
    for seed, prompt in enumerate(("a red house at the sea", "a green tree on a hill at night")):
        *_, ready = starter_engine.run(Generate(GenerationRequest(prompt, seed=seed)))
        assert isinstance(ready, ImageReady) and ready.image.request.model == STARTER_MODEL
        large = result_of(starter_engine, Enlarge(ready.image, Upscaler(OF_STARTER)))
        after = refined(starter_engine, large, Refining(Refinement(0.2)))
        assert after.pixels.shape == (512, 512, 3) and after.recipe.refined == Refinement(0.2, 128)
        ratios.append(_at_borders(after.pixels) / _at_borders(large.pixels))
    assert np.mean(ratios) <= 1.0


@pytest.fixture(scope="module")
def starter_engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return Engine(Catalogue((tmp_path_factory.mktemp("no others"),)), device="cpu")


def _at_borders(pixels: Pixels) -> float:
    """The mean gradient over borders of tiles, by that over the other places of the latent's grid."""
    edges = {
        edge for one in pieces.pieces((64, 64), (16, 16), 4) for edge in (int(one.rows[0]), int(one.rows[-1]) + 1)
    }
    found: list[float] = []
    for axis in (0, 1):
        steps = np.abs(np.diff(pixels.astype(float), axis=axis)).mean(axis=(1 - axis, 2))
        at, off = (
            [steps[place * 8 - 1] for place in range(1, 64) if (place in edges) is is_at]
            for is_at in (True, False)
        )
        found.append(float(np.mean(at) / np.mean(off)))
    return float(np.mean(found))
