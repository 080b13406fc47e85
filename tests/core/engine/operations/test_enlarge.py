"""Enlarging: alone, as the end of a run, in the recipe, and when something is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from core.checkpoints.cache import CheckpointCache
from core.engine.engine import Engine
from core.engine.upscaling import enlarging
from core.engine.upscaling.reading import read_network
from core.errors import InvalidRequest, OutOfMemory, UpscalerBroken, UpscalerMissing
from core.models.catalogue import Catalogue
from core.models.upscalers import upscalers_of
from core.pictures.metadata import read_recipe
from core.pictures.saving import save_as
from core.recipes.parameters import from_parameters
from core.request.request import GenerationRequest, Size, Upscaler
from core.runs.branch import Branch
from core.runs.enlargement import Enlarge, picture_of
from core.runs.events import Advanced, ImageReady, Started, UpscalerDiffers
from core.runs.operations import Generate, GenerateBranch, result_of
from core.upscalers.library import OF_STARTER
from tests.core.engine.test_branching import REQUEST
from tests.core.engine.test_inpainting import WIDTH, asked
from tests.tiny_upscalers import compact, esrgan


@pytest.fixture
def catalogue(models: Path, tmp_path: Path) -> Catalogue:
    folder = tmp_path / "models"
    (folder / "upscale_models" / "of others").mkdir(parents=True)
    save_file(esrgan(2), folder / "upscale_models" / "twice.safetensors")
    torch.save({"params": compact()}, folder / "upscale_models" / "of others" / "pickled.pth")
    save_file({"a": torch.zeros(2)}, folder / "upscale_models" / "no upscaler.safetensors")
    return Catalogue((models, folder), CheckpointCache(tmp_path / "kept" / "checkpoints.json"))


@pytest.fixture
def engine(catalogue: Catalogue) -> Engine:
    return Engine(catalogue, device="cpu", dtype="float32")


def picture(folder: Path, width: int = 40, height: int = 30) -> Path:
    pixels = np.random.default_rng(0).integers(256, size=(height, width, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(folder / "found.png")
    return folder / "found.png"


def test_upscalers_are_found_around_the_models(catalogue: Catalogue) -> None:
    files = {file.name: file.kind for file in upscalers_of(catalogue).look()}
    assert list(files) == [OF_STARTER, "pickled", "twice"]
    assert files["pickled"] is None
    assert (twice := files["twice"]) is not None and twice.scale == 2


@pytest.mark.parametrize(
    ("upscaler", "size"),
    [
        (Upscaler("twice"), (80, 60)),
        (Upscaler("twice", 1.5), (60, 45)),
        (Upscaler("twice", 8), (320, 240)),
        (Upscaler("pickled"), (160, 120)),
        (Upscaler(OF_STARTER), (160, 120)),
    ],
)
def test_a_picture_without_a_recipe_is_enlarged(
    engine: Engine, upscaler: Upscaler, size: tuple[int, int], tmp_path: Path
) -> None:
    image = result_of(engine, Enlarge(picture_of(picture(tmp_path)), upscaler))
    assert image.pixels.shape == (size[1], size[0], 3)
    told = image.recipe.request.upscaler
    assert told is not None and told.factor == size[0] / 40 and len(told.sha256) == 64
    assert "prompt" in image.recipe.untold and "upscaler" not in image.recipe.untold
    save_as(image, tmp_path / "large.png")
    assert read_recipe(tmp_path / "large.png").request.upscaler == told


def test_a_run_ends_with_what_enlarging_its_picture_gives(engine: Engine, tmp_path: Path) -> None:
    request = GenerationRequest("a house", model="tiny", size=Size(64, 64), steps=2, seed=1)
    *_, plain = engine.run(Generate(request))
    asked = replace(request, upscaler=Upscaler("twice", 3))
    *events, large = engine.run(Generate(asked))
    assert isinstance(plain, ImageReady) and isinstance(large, ImageReady)
    assert any(isinstance(event, Advanced) for event in events)
    assert np.array_equal(plain.film.frames[-1].denoised, large.film.frames[-1].denoised)
    alone = result_of(engine, Enlarge(plain.image, Upscaler("twice", 3)))
    assert np.array_equal(large.image.pixels, alone.pixels) and large.image.pixels.shape == (192, 192, 3)
    assert large.image.request == alone.request
    save_as(large.image, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as file:
        text = file.info["parameters"]
    assert "Postprocess upscale by: 3, Postprocess upscaler: twice" in text
    read = from_parameters(text).request.upscaler
    assert read is not None and (read.name, read.factor) == ("twice", 3)
    branch = Branch(large.film, 1, replace(large.film.request, guidance_scale=2.0))
    *_, branched = engine.run(GenerateBranch(branch))
    assert isinstance(branched, ImageReady) and branched.image.pixels.shape == (192, 192, 3)


def test_a_finished_picture_that_goes_around_still_does_when_it_is_enlarged(engine: Engine) -> None:
    request = GenerationRequest("a red house", model="tiny", size=Size(64, 64), steps=2, seed=3, seamless="xy")
    images = [
        event.image
        for asked in (request, replace(request, upscaler=Upscaler("twice")))
        for event in engine.run(Generate(asked))
        if isinstance(event, ImageReady)
    ]
    small, large = images
    alone = result_of(engine, Enlarge(small, Upscaler("twice")))
    assert np.array_equal(alone.pixels, large.pixels)


def test_a_picture_that_would_be_too_large_is_refused_before_its_first_step(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The part is small enough, but the whole of it is enlarged."""
    monkeypatch.setattr(enlarging, "LARGEST_SIDE", 2 * WIDTH - 1)
    request = asked(tmp_path, replace(REQUEST, steps=2, upscaler=Upscaler("twice")))
    assert 2 * request.size.width < 2 * WIDTH - 1
    events: list[object] = []
    with pytest.raises(InvalidRequest, match="pixels at most for the longer side"):
        for event in engine.run(Generate(request)):
            events.append(event)
    assert not any(isinstance(event, Started) for event in events)


def test_of_two_passes_the_first_is_a_note(engine: Engine, tmp_path: Path) -> None:
    once = result_of(engine, Enlarge(picture_of(picture(tmp_path)), Upscaler("twice")))
    twice = result_of(engine, Enlarge(once, Upscaler("pickled", 2)))
    assert twice.recipe.request.upscaler == replace(twice.recipe.request.upscaler or Upscaler(""), factor=2.0)
    assert twice.recipe.note == "Enlarged before by twice, 2 times."


def test_another_file_of_the_name_is_told(engine: Engine, tmp_path: Path) -> None:
    events = list(engine.run(Enlarge(picture_of(picture(tmp_path)), Upscaler("twice", 0, "0123456789"))))
    differs = [event for event in events if isinstance(event, UpscalerDiffers)]
    assert len(differs) == 1 and differs[0].asked == "0123456789"


def test_bad_input_is_named(engine: Engine, tmp_path: Path) -> None:
    image = picture_of(picture(tmp_path))
    with pytest.raises(UpscalerMissing, match="missing"):
        result_of(engine, Enlarge(image, Upscaler("missing")))
    with pytest.raises(UpscalerBroken, match="not an upscaler of a kind"):
        result_of(engine, Enlarge(image, Upscaler("no upscaler")))
    wide = replace(image, pixels=np.zeros((2, 5000, 3), np.uint8))
    with pytest.raises(InvalidRequest, match="16384"):
        result_of(engine, Enlarge(wide, Upscaler("pickled")))
    with pytest.raises(InvalidRequest, match="upscale by"):
        list(
            engine.run(
                Generate(GenerationRequest("", model="tiny", size=Size(64, 64), upscaler=Upscaler("twice", 9)))
            )
        )


def test_what_is_no_number_is_told_unless_half_precision_is_to_blame(engine: Engine, tmp_path: Path) -> None:
    weights = compact()
    save_file(weights | {"body.0.bias": weights["body.0.bias"] * torch.nan}, tmp_path / "broken.safetensors")
    with pytest.raises(UpscalerBroken, match="not numbers"):
        result_of(engine, Enlarge(picture_of(picture(tmp_path)), Upscaler(str(tmp_path / "broken.safetensors"))))
    save_file({name: one * 100 for name, one in weights.items()}, tmp_path / "large.safetensors")
    network, kind = read_network(tmp_path / "large.safetensors", "", tmp_path)
    enlarger, tile = enlarging.Enlarger(Catalogue(()), torch.device("cpu")), torch.rand(1, 3, 8, 8)
    exact = enlarger.call(network, kind, tile)
    assert exact.abs().max() > torch.finfo(torch.float16).max
    assert enlarger.call(network.half(), kind, tile).allclose(
        exact, rtol=0.01, atol=float(exact.abs().max()) / 100
    )


def test_tiles_shrink_until_memory_is_enough(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = picture_of(picture(tmp_path, 300, 200))
    whole = result_of(engine, Enlarge(image, Upscaler("twice"))).pixels
    call, most = enlarging.Enlarger.call, 100 * 100

    def short(self: enlarging.Enlarger, network: object, kind: object, tile: torch.Tensor) -> torch.Tensor:
        if tile.shape[2] * tile.shape[3] > most:
            raise torch.OutOfMemoryError
        return call(self, network, kind, tile)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(enlarging.Enlarger, "call", short)
    made = result_of(engine, Enlarge(image, Upscaler("twice"))).pixels
    assert int(np.abs(made.astype(int) - whole).max()) <= 4
    most = 0
    with pytest.raises(OutOfMemory):
        result_of(engine, Enlarge(image, Upscaler("twice")))
