"""Whatever a family is: it generates, and film, branch, replay, recipe and a picture to begin with work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.models.modeling_utils import ModelMixin
from PIL import Image

from core.engine.engine import Engine
from core.families import FAMILIES
from core.film.writer import FilmWriter
from core.film_export.pictures import PICTURES
from core.models.catalogue import Catalogue, Model
from core.pictures.metadata import read_recipe
from core.pictures.saving import save_as
from core.request.request import GenerationRequest, Source
from core.runs.branch import Branch
from core.runs.events import Event, ImageReady, PreviewMode, Stepped
from core.runs.operations import EncodePicture, Generate, GenerateBranch, OpenFilm, PredictOnce, result_of
from tests.tiny_families import TINY_MODELS, smallest_request


class Run:
    """One run of a tiny model, with the engine that made it."""

    def __init__(self, folder: Path, name: str) -> None:
        catalogue = Catalogue((folder,))
        self.model: Model = catalogue.find(name)
        self.engine = Engine(catalogue, "cpu", "float32")
        self.request: GenerationRequest = smallest_request(self.model, steps=6)
        self.events: list[Event] = list(self.engine.run(Generate(self.request, attention=True)))
        self.ready = last_of(self.events)


def last_of(events: list[Event]) -> ImageReady:
    assert isinstance(events[-1], ImageReady)
    return events[-1]


@pytest.fixture(scope="module", params=TINY_MODELS)
def run(request: pytest.FixtureRequest, one_of_each: Path) -> Run:
    return Run(one_of_each, request.param)


def test_its_film_shows_every_step_in_every_view(run: Run) -> None:
    film = run.ready.film
    sigmas = film.schedule.sigmas
    assert len({frame.step for frame in film.frames}) == run.request.steps
    assert (np.diff(sigmas[np.isfinite(sigmas)]) <= 0).all()
    for picture in PICTURES.values():
        assert picture(film, film.frames[2]).shape[-1] == 3


def test_a_step_does_not_ask_its_network_for_the_dtype(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Diffusers' property looks through all layers for it, for milliseconds."""
    dtype, asked = ModelMixin.dtype, list[object]()

    def counted(network: Any) -> torch.dtype:
        asked.append(network)
        return dtype.__get__(network)

    monkeypatch.setattr(ModelMixin, "dtype", property(counted))
    counts = list[int]()
    for steps in (2, 5):
        asked.clear()
        list(run.engine.run(Generate(replace(run.request, steps=steps), PreviewMode.linear)))
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_words_act_where_the_family_says_so(run: Run) -> None:
    maps = [event.attention for event in run.events if isinstance(event, Stepped)]
    assert all((one is not None) == FAMILIES[run.model.family].has_attention_words for one in maps)
    for one in maps:
        assert one is None or [word.text for word in one.words] == ["a", "red", "house"]


def test_a_branch_without_changes_ends_in_the_same_picture(run: Run) -> None:
    again = last_of(list(run.engine.run(GenerateBranch(Branch(run.ready.film, 3, run.ready.film.request)))))
    assert np.array_equal(again.image.pixels, run.ready.image.pixels)
    assert run.ready.image.pixels.std() > 0


def test_it_branches_with_another_sampler(run: Run) -> None:
    other = next(key for key in ("unipc", "euler") if key != run.request.sampler)
    branch = Branch(run.ready.film, 2, replace(run.ready.film.request, sampler=other))
    assert np.isfinite(last_of(list(run.engine.run(GenerateBranch(branch)))).film.frames[-1].denoised).all()


def test_its_film_is_replayed_from_the_disk_to_the_bit(run: Run, tmp_path: Path) -> None:
    film = run.ready.film
    with FilmWriter(tmp_path / "a.film.safetensors", film) as writer:
        for frame in film.frames:
            writer.write(frame)
        path = writer.finish()
    assert path is not None
    replayed = result_of(run.engine, OpenFilm(path)).film
    for frame, rebuilt in zip(film.frames, replayed.frames, strict=True):
        assert np.array_equal(frame.noisy, rebuilt.noisy)
        assert np.array_equal(frame.denoised, rebuilt.denoised)


def test_its_recipe_makes_the_same_picture_again(run: Run, tmp_path: Path) -> None:
    save_as(run.ready.image, tmp_path / "a.png")
    recipe = read_recipe(tmp_path / "a.png")
    assert recipe is not None
    assert recipe.model.family == run.model.family
    again = last_of(list(run.engine.run(Generate(recipe.request))))
    assert np.array_equal(again.image.pixels, run.ready.image.pixels)


def test_a_picture_begins_a_run_and_goes_forward_to_noise(run: Run, tmp_path: Path) -> None:
    size = run.request.size
    Image.effect_noise((size.width, size.height), 60).convert("RGB").save(tmp_path / "photo.png")
    request = replace(run.request, source=Source(str(tmp_path / "photo.png"), 0.5))
    begun = last_of(list(run.engine.run(Generate(request)))).film
    assert len({frame.step for frame in begun.frames}) == 3
    trip = result_of(run.engine, EncodePicture(request)).trip
    noise = np.random.default_rng(1).standard_normal(trip.latent.shape).astype(np.float32)
    for t in (10, 999):
        assert np.isfinite(
            result_of(run.engine, PredictOnce(run.request, trip, trip.noised(t, noise), t)).latent
        ).all()


def test_only_guidance_with_a_second_prediction_reads_the_negative_prompt(run: Run) -> None:
    other = last_of(list(run.engine.run(Generate(replace(run.request, negative_prompt="rain, night")))))
    differs = not np.array_equal(other.image.pixels, run.ready.image.pixels)
    assert differs == run.model.capabilities.has_negative_prompt
