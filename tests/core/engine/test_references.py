"""A run with pictures beside its prompt: in recipe and film, branched, resumed, and refused where it cannot be."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.engine import families
from core.engine.decoding.decoding import to_pixels
from core.engine.devices.device import plan as device_plan
from core.engine.engine import Engine
from core.engine.loading.references import encoded_references
from core.engine.sampling.tensors import to_model_range
from core.errors import InvalidRequest, UnreadablePicture
from core.film.writer import FilmWriter
from core.grid.planning import check, plan
from core.models.catalogue import Catalogue
from core.pictures.metadata import read_recipe
from core.pictures.reference import size_of
from core.pictures.saving import save_as
from core.recipes.parameters import from_parameters, to_parameters
from core.request.json_codec import request_from_json, request_to_json
from core.request.local_json import request_from_settings, request_to_settings
from core.request.request import STARTER_MODEL, GenerationRequest, Reference, Size
from core.runs.branch import Branch
from core.runs.events import ImageReady, Loading, Phase
from core.runs.operations import Decode, Generate, GenerateBranch, OpenFilm, result_of
from tests.tiny_families import TINY_MODELS


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    folder = tmp_path_factory.mktemp("models")
    for name in ("flux2_klein", "qwen_image_edit", "z_image"):
        TINY_MODELS[name].make(folder / name)
    return Catalogue((folder,))


@pytest.fixture(scope="module")
def engine(catalogue: Catalogue) -> Engine:
    return Engine(catalogue, "cpu", "float32")


@pytest.fixture
def request_with_two(tmp_path: Path) -> GenerationRequest:
    for number in range(2):
        Image.effect_noise((40, 40), 60 + number).convert("RGB").save(tmp_path / f"{number}.png")
    references = tuple(Reference(str(tmp_path / f"{number}.png")) for number in range(2))
    return GenerationRequest(
        "make it winter",
        model="flux2_klein",
        size=Size(64, 64),
        sampler="euler",
        steps=4,
        seed=7,
        references=references,
    )


def made(engine: Engine, request: GenerationRequest) -> ImageReady:
    *_, last = engine.run(Generate(request))
    assert isinstance(last, ImageReady)
    return last


def test_pictures_and_their_order_change_the_picture_and_stand_in_its_recipe(
    engine: Engine, request_with_two: GenerationRequest, tmp_path: Path
) -> None:
    both = made(engine, request_with_two)
    other_way = made(engine, replace(request_with_two, references=request_with_two.references[::-1]))
    none = made(engine, replace(request_with_two, references=()))
    latents = [one.film.frames[-1].denoised for one in (both, none, other_way)]
    assert not np.array_equal(latents[0], latents[1])
    assert not np.array_equal(latents[0], latents[2])
    again = made(engine, request_with_two)
    assert np.array_equal(both.image.pixels, again.image.pixels)
    save_as(both.image, tmp_path / "made.png")
    read = from_parameters(to_parameters(both.image.recipe)).request.references
    assert [(one.path, len(one.sha256)) for one in read] == [("0.png", 10), ("1.png", 10)]
    told = read_recipe(tmp_path / "made.png").request.references
    assert [one.path for one in told] == ["0.png", "1.png"]
    assert [one.sha256 for one in told] == [one.sha256 for one in both.film.request.references]
    assert all(len(one.sha256) == 64 for one in told)


@pytest.mark.parametrize("model", ["flux2_klein", "qwen_image_edit"])
def test_a_film_from_the_disk_is_replayed_and_branches_to_the_same_picture(
    model: str, engine: Engine, catalogue: Catalogue, request_with_two: GenerationRequest, tmp_path: Path
) -> None:
    size = size_of(request_with_two.references[0], catalogue.find(model).limits)
    ready = made(engine, replace(request_with_two, model=model, size=size, guidance_scale=4.0))
    assert ready.image.pixels.shape[:2] == (40, 40)
    with FilmWriter(tmp_path / "a.film.safetensors", ready.film) as writer:
        for frame in ready.film.frames:
            writer.write(frame)
        path = writer.finish()
    assert path is not None
    film = result_of(engine, OpenFilm(path)).film
    assert all(
        np.array_equal(one.denoised, again.denoised)
        for one, again in zip(ready.film.frames, film.frames, strict=True)
    )
    *_, last = engine.run(GenerateBranch(Branch(film, 2, film.request)))
    assert isinstance(last, ImageReady)
    assert np.array_equal(last.image.pixels, ready.image.pixels)


def test_another_autoencoder_between_two_events_costs_nothing_but_its_time(
    engine: Engine, request_with_two: GenerationRequest
) -> None:
    request = replace(request_with_two, prompt="make it spring")
    events = engine.run(Generate(request))
    assert any(isinstance(event, Loading) and event.phase is Phase.reading_prompt for event in events)
    loaded = engine._context._loaded  # pyright: ignore[reportPrivateUsage]
    assert loaded is not None
    loaded.family.set_autoencoder(loaded.family.autoencoder(), loaded.family.latent_rgb)  # as for another film
    *_, last = events
    assert isinstance(last, ImageReady)
    assert np.array_equal(last.image.pixels, made(engine, request).image.pixels)


def test_a_file_that_has_changed_meanwhile_is_told(engine: Engine, request_with_two: GenerationRequest) -> None:
    ready = made(engine, request_with_two)
    known = ready.film.request.references
    Image.effect_noise((40, 40), 99).convert("RGB").save(known[0].path)
    assert np.array_equal(
        made(engine, replace(request_with_two, references=known)).image.pixels, ready.image.pixels
    )
    with pytest.raises(UnreadablePicture, match="has changed"):
        made(engine, replace(request_with_two, references=(replace(known[0], sha256="0" * 64),)))


def test_they_are_refused_where_a_model_does_not_take_them(
    engine: Engine, request_with_two: GenerationRequest
) -> None:
    with pytest.raises(InvalidRequest, match="reference"):
        made(engine, replace(request_with_two, model="z_image"))
    with pytest.raises(InvalidRequest, match="at most 4"):
        made(engine, replace(request_with_two, references=request_with_two.references * 3))
    with pytest.raises(UnreadablePicture, match="is not known"):
        made(engine, replace(request_with_two, references=(Reference("0.png"),)))


def test_json_keeps_them_and_only_the_users_own_says_where_they_lie(request_with_two: GenerationRequest) -> None:
    hashed = tuple(replace(one, sha256="ab" * 32) for one in request_with_two.references)
    request = replace(request_with_two, references=hashed)
    assert request_from_settings(request_to_settings(request)) == request
    told = request_from_json(request_to_json(request)).references
    assert [(one.path, one.sha256) for one in told] == [("0.png", "ab" * 32), ("1.png", "ab" * 32)]
    assert "references" not in request_to_json(replace(request, references=()))
    for damaged in ("x", [1], [{"name": 1}], [{"name": "a", "sha256": "zz"}]):
        with pytest.raises(ValueError, match="damaged"):
            request_from_json({**request_to_json(request), "references": damaged})


def test_a_grid_is_refused_before_its_first_picture_where_one_is_gone(
    catalogue: Catalogue, request_with_two: GenerationRequest
) -> None:
    grid = plan(request_with_two, [("steps", "3-4")])
    check(grid, catalogue)
    Path(request_with_two.references[1].path).unlink()
    with pytest.raises(UnreadablePicture):
        check(grid, catalogue)


@pytest.mark.parametrize("size", [Size(101, 134), Size(65, 63), Size(80, 64)])
def test_the_picture_has_the_size_of_its_source_and_no_pixel_is_elsewhere(
    size: Size, catalogue: Catalogue, request_with_two: GenerationRequest, tmp_path: Path
) -> None:
    """The last step is taken for an edit that changes nothing: the latent of the source itself."""
    path = tmp_path / "source.png"
    Image.effect_noise((size.width, size.height), 60).convert("RGB").save(path)
    reference = Reference(str(path))
    model = catalogue.find("flux2_klein")
    assert size_of(reference, model.limits) == size
    engine = Engine(catalogue, "cpu", "float32")
    request = replace(request_with_two, references=(reference,), size=size)
    ready = made(engine, request)
    assert ready.image.pixels.shape[:2] == (size.height, size.width)
    save_as(ready.image, tmp_path / "made.png")
    with Image.open(tmp_path / "made.png") as saved:
        assert saved.size == (size.width, size.height)
    step = model.limits.size_step
    film = ready.film
    full = size.rounded_up(step)
    assert film.frames[0].denoised.shape[1:] == (full.height // step, full.width // step)
    family = families.load(model, device_plan("cpu", "float32"))
    with torch.inference_mode():
        known = encoded_references(family, request, torch.device("cpu"))
        latent = family.references[known.references[0].sha256]
        identity = to_pixels(family.decode(latent))[: size.height, : size.width]
    frame = replace(film.frames[-1], denoised=latent[0].numpy())
    decoded = result_of(engine, Decode(film, frame.denoised))
    assert np.abs(decoded.astype(int) - identity).max() <= 2  # films are in float16
    assert decoded.shape[:2] == (size.height, size.width)
    with FilmWriter(tmp_path / "a.film.safetensors", film) as writer:
        for one in film.frames:
            writer.write(one)
        written = writer.finish()
    assert written is not None
    opened = result_of(engine, OpenFilm(written)).film
    *_, last = engine.run(GenerateBranch(Branch(opened, 2, opened.request)))
    assert isinstance(last, ImageReady)
    assert np.array_equal(last.image.pixels, ready.image.pixels)


def test_an_edit_that_changes_nothing_is_not_shifted_by_a_pixel() -> None:
    """Goes through the trained autoencoder of the starter model, in a size that it does not take."""
    model = Catalogue(()).find(STARTER_MODEL)
    family = families.load(model, device_plan("cpu", "float32"))
    with Image.open(model.folder / "sample.png") as postcard:
        pixels = np.asarray(postcard.convert("RGB").resize((131, 117)).crop((3, 2, 124, 111)))
    height, width = pixels.shape[:2]
    with torch.inference_mode():
        again = to_pixels(family.decode(family.encode(to_model_range(pixels), None)))
    assert again.shape[:2] == tuple(-(-side // 8) * 8 for side in (height, width))
    again = again[:height, :width].astype(int)

    def error(down: int, right: int) -> float:
        """Of the inner picture against the source, as if it had been shifted."""
        inner = pixels[4 + down : height - 4 + down, 4 + right : width - 4 + right].astype(int)
        return float(np.abs(again[4:-4, 4:-4] - inner).mean())

    errors = {(down, right): error(down, right) for down in range(-3, 4) for right in range(-3, 4)}
    assert min(errors, key=errors.__getitem__) == (0, 0)


def test_a_reference_that_is_gone_is_found_among_the_copies_by_its_hash(
    catalogue: Catalogue, request_with_two: GenerationRequest, tmp_path: Path
) -> None:
    kept = Catalogue(catalogue.places().model_folders, sources=tmp_path / "sources")
    ready = made(Engine(kept, "cpu", "float32"), request_with_two)
    copies = sorted((tmp_path / "sources").glob("*/*"))
    assert {path.name for path in copies} == {"0.png", "1.png"}
    assert [path.read_bytes() for path in copies] == sorted(
        (Path(one.path).read_bytes() for one in request_with_two.references),
        key=lambda content: hashlib.sha256(content).hexdigest(),
    )
    for reference in request_with_two.references:
        Path(reference.path).unlink()
    again = made(Engine(kept, "cpu", "float32"), ready.film.request)  # after a restart
    assert np.array_equal(again.image.pixels, ready.image.pixels)
    read = from_parameters(to_parameters(ready.image.recipe)).request
    request = replace(read, model=ready.film.request.model)
    assert np.array_equal(made(Engine(kept, "cpu", "float32"), request).image.pixels, ready.image.pixels)
    copies[0].write_bytes(copies[1].read_bytes())  # a copy that was changed is none
    with pytest.raises(UnreadablePicture):
        made(Engine(kept, "cpu", "float32"), ready.film.request)
