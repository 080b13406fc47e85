"""The table of settings holds what a request holds, and everything follows from it for each of its entries."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from core.errors import InvalidRequest
from core.recipes.differences import differences
from core.recipes.parameters import from_parameters, to_parameters
from core.recipes.recipe import ModelIdentity, Recipe
from core.recipes.told import facet_values, words_of
from core.request.control import Control
from core.request.json_codec import request_from_json, request_to_json
from core.request.mask import Margins
from core.request.request import (
    Autoencoder,
    Embedding,
    GenerationRequest,
    Limits,
    Lora,
    Mask,
    Reference,
    Size,
    Source,
    Variation,
)
from core.request.setting import Setting
from core.request.settings import SETTINGS, fitted, validate

REQUEST = GenerationRequest("a house", seed=1)
OTHERS: dict[str, Any] = {
    "prompt": "a boat",
    "negative_prompt": "snow",
    "model": "mine",
    "size": Size(256, 64),
    "sampler": "euler",
    "steps": 7,
    "guidance_scale": 2.5,
    "seed": 2**64 - 1,
    "count": 3,
    "source": Source("photo.png", 0.5, "0123456789"),
    "mask": Mask(
        "mask.png", "0123456789", "whole", 32, "#ff8000", 2.5, is_inverted=True, margins=Margins(1, 0, 3, 4)
    ),
    "references": (Reference("red.png", "0123456789"), Reference("a b.png", "abcdef0123")),
    "loras": (Lora("ink", 0.5, "0123456789ab"),),
    "autoencoder": Autoencoder("soft", "0123456789"),
    "weight_bits": 4,
    "emphasis": "no_norm",
    "embeddings": (Embedding("EasyNegative", "0123456789ab"),),
    "variants": True,
    "template": "a {red|blue} house",
    "negative_template": "{fog|__weather__}",
    "seamless": "x",
    "controls": (
        Control("canny", "red.png", "0123456789", preprocessor="canny", values=(50.0, 150.0), weight=0.8),
        Control("depth", "a b.png", "abcdef0123", start=0.25, end=0.5),
    ),
    "variation": Variation(0.25, 7, Size(256, 64)),
    "skip_layers": 2.5,
    "training": "prediction_type=v_prediction zero_snr=yes",
}
"""Another value than that of `REQUEST` for each setting whose option does not take "2"."""

each_setting = pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)


def other(setting: Setting[Any]) -> Any:
    return OTHERS[setting.name] if setting.name in OTHERS else setting.options[0].read("2", setting.of(REQUEST))


def with_other(setting: Setting[Any]) -> GenerationRequest:
    request = replace(REQUEST, **{setting.name: other(setting)})
    assert request != REQUEST
    return request


def recipe_of(request: GenerationRequest) -> Recipe:
    return Recipe(request, ModelIdentity(request.model, request.model, "", ""), step=request.steps)


def test_the_table_has_the_fields_of_the_request_in_their_order() -> None:
    assert [setting.name for setting in SETTINGS] == [field.name for field in fields(GenerationRequest)]


def test_no_two_settings_share_a_noun_or_an_option() -> None:
    for names in (
        [setting.noun for setting in SETTINGS],
        [option.name for setting in SETTINGS for option in setting.options],
    ):
        assert len(names) == len(set(names))


@each_setting
def test_json_gives_it_back(setting: Setting[Any]) -> None:
    request = with_other(setting)
    assert request_from_json(request_to_json(request)) == request


@each_setting
def test_the_parameters_text_gives_it_back(setting: Setting[Any]) -> None:
    if setting.is_of_picture:
        request = with_other(setting)
        assert from_parameters(to_parameters(recipe_of(request))).request == request


@each_setting
def test_what_says_something_of_a_picture_is_told_and_compared(setting: Setting[Any]) -> None:
    request = with_other(setting)
    assert bool(words_of(recipe_of(request), setting)) == setting.is_of_picture
    assert bool(differences(REQUEST, request)) == setting.is_of_picture


@each_setting
def test_a_default_is_allowed_and_stays_when_it_is_fitted(setting: Setting[Any]) -> None:
    limits = Limits()
    validate(REQUEST, limits)
    own = setting.of(REQUEST)
    assert setting.fit(own, limits, own) == own


@each_setting
def test_a_model_without_an_optional_setting_uses_the_default(setting: Setting[Any]) -> None:
    with_it, without_it = Limits(optional_settings=(setting.name,)), Limits()
    request = with_other(setting)
    if setting.is_optional:
        assert (setting.is_had_by(with_it), setting.is_had_by(without_it)) == (True, False)
        validate(request, with_it)
        assert fitted(request, with_it, REQUEST) == request
        assert fitted(request, without_it, REQUEST) == REQUEST
        with pytest.raises(InvalidRequest, match=setting.noun):
            validate(request, without_it)
    else:
        assert setting.is_had_by(without_it)


def test_the_gallery_finds_pictures_by_what_made_them() -> None:
    recipe = recipe_of(replace(REQUEST, **OTHERS))
    found = {setting.name: values for setting in SETTINGS if (values := facet_values(recipe, setting))}
    assert {name: values for name, values in found.items() if name in OTHERS} == {
        "model": ("mine",),
        "size": ("256 × 64",),
        "sampler": ("Euler",),
        "loras": ("ink",),
        "autoencoder": ("soft",),
        "seamless": ("left to right",),
        "controls": ("canny", "depth"),
    }


def test_what_is_not_known_here_is_told_under_its_own_name() -> None:
    recipe = replace(recipe_of(REQUEST), others={"Sampler": "Odd one"})
    told = {setting.name: (words_of(recipe, setting), facet_values(recipe, setting)) for setting in SETTINGS}
    assert told["sampler"] == ("Odd one (not known here)", ("Odd one",))
