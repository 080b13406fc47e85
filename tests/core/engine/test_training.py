"""A chosen prediction type and schedule reach the engine without loading again, and a recipe repeats them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.engine.engine import Engine
from core.errors import InvalidRequest
from core.models.catalogue import Catalogue
from core.models.folders import FixedPlaces
from core.recipes.parameters import from_parameters, to_parameters
from core.recipes.recipe import recipe_to_json
from core.request.request import GenerationRequest, Size
from core.runs.branch import Branch
from core.runs.events import ImageReady, Loading, Phase
from core.runs.operations import Generate, GenerateBranch

REQUEST = GenerationRequest("abc", model="tiny", size=Size(32, 32), sampler="ddim", steps=2, seed=1)
CHOICE = "prediction_type=v_prediction zero_snr=yes"


class Chooser:
    """A catalogue of one folder whose user changes their mind."""

    def __init__(self, folder: Path) -> None:
        self.chosen: dict[str, str] = {}
        self.catalogue = Catalogue(lambda: FixedPlaces((folder,), model_traits=self.chosen))
        self.engine = Engine(self.catalogue, "cpu", "float32")
        self.loads = 0

    def choose(self, training: str) -> None:
        self.chosen[self.catalogue.identified(self.catalogue.find("tiny")).sha256] = training

    def picture(self, request: GenerationRequest = REQUEST) -> ImageReady:
        events = list(self.engine.run(Generate(request)))
        self.loads += sum(event == Loading(Phase.loading_model) for event in events)
        last = events[-1]
        assert isinstance(last, ImageReady)
        return last


@pytest.fixture
def user(models: Path) -> Chooser:
    return Chooser(models / "tiny")


def test_a_choice_changes_the_next_picture_and_taking_it_back_the_one_after(user: Chooser) -> None:
    before = user.picture()
    loads = user.loads
    user.choose(CHOICE)
    chosen = user.picture()
    assert (chosen.film.prediction_type, chosen.film.request.training) == ("v_prediction", CHOICE)
    assert chosen.film.scheduler_config["rescale_betas_zero_snr"] is True
    assert not np.array_equal(before.image.pixels, chosen.image.pixels)
    user.chosen.clear()
    assert np.array_equal(before.image.pixels, user.picture().image.pixels)
    assert user.loads == loads


def test_the_recipe_repeats_the_picture_where_nothing_was_chosen(user: Chooser, models: Path) -> None:
    user.choose(CHOICE)
    made = user.picture()
    recipe = made.image.recipe
    elsewhere = Chooser(models / "tiny")
    for told in (
        recipe_to_json(recipe)["request"]["training"],
        from_parameters(to_parameters(recipe)).request.training,
    ):
        assert told == CHOICE
        again = elsewhere.picture(replace(REQUEST, training=told))
        assert np.array_equal(made.image.pixels, again.image.pixels)
    assert "training" not in recipe_to_json(elsewhere.picture().image.recipe)["request"]


def test_a_recipe_is_repeated_whatever_is_chosen_since(user: Chooser) -> None:
    user.choose("prediction_type=epsilon")
    made = user.picture()
    user.choose(CHOICE)  # begins its steps elsewhere, too
    again = user.picture(made.image.recipe.request)
    assert again.film.scheduler_config == made.film.scheduler_config
    assert np.array_equal(made.image.pixels, again.image.pixels)


def test_a_choice_between_two_pictures_of_a_run_is_for_the_next_run(user: Chooser) -> None:
    second = user.picture(replace(REQUEST, seed=2))
    events = user.engine.run(Generate(replace(REQUEST, count=2)))
    next(event for event in events if isinstance(event, ImageReady))
    user.choose(CHOICE)
    assert user.picture().film.prediction_type == "v_prediction"
    *_, last = events
    assert isinstance(last, ImageReady)
    assert np.array_equal(second.image.pixels, last.image.pixels)


def test_what_the_family_does_not_have_is_refused_before_the_first_step(user: Chooser) -> None:
    with pytest.raises(InvalidRequest, match="shift"):
        user.picture(replace(REQUEST, training="shift=3"))


@pytest.mark.parametrize("sampler", ["ddim", "heun"])
def test_a_run_goes_on_as_it_began_when_the_choice_comes_in_between(user: Chooser, sampler: str) -> None:
    whole = user.picture(replace(REQUEST, sampler=sampler))
    stopped = replace(whole.film, frames=whole.film.frames[:1])
    user.choose(CHOICE)
    resumed = list(user.engine.run(GenerateBranch(Branch(stopped, 1, stopped.request))))[-1]
    assert isinstance(resumed, ImageReady)
    assert np.array_equal(whole.image.pixels, resumed.image.pixels)
    assert resumed.film.request.training == "prediction_type=epsilon zero_snr=no"
    other = replace(stopped.request, sampler="euler")
    branched = list(user.engine.run(GenerateBranch(Branch(stopped, 0, other))))[-1]
    assert isinstance(branched, ImageReady)
    assert branched.film.prediction_type == "epsilon"
