"""A recipe names the autoencoder so that it is found again, here and in other programs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from core.recipes.differences import differences
from core.recipes.parameters import from_parameters, to_parameters
from core.recipes.recipe import ModelIdentity, Recipe
from core.request.json_codec import request_from_json, request_to_json
from core.request.request import Autoencoder, GenerationRequest

SHA256 = "0123456789abcdef" * 4
REQUEST = GenerationRequest(
    "a house", seed=1, autoencoder=Autoencoder("/home/somebody/ft-mse.safetensors", SHA256)
)


def recipe(request: GenerationRequest = REQUEST) -> Recipe:
    return Recipe(request, ModelIdentity("m", "M", "stable_diffusion", "ab"), created=datetime.now().astimezone())


def test_our_json_has_its_name_without_folders_and_its_hash() -> None:
    content = request_to_json(REQUEST)
    assert content["autoencoder"] == {"name": "ft-mse", "sha256": SHA256}
    assert request_from_json(content).autoencoder == Autoencoder("ft-mse", SHA256)


def test_the_models_own_is_not_told() -> None:
    own = replace(REQUEST, autoencoder=None)
    assert "autoencoder" not in request_to_json(own)
    assert "VAE" not in to_parameters(recipe(own))
    assert request_from_json(request_to_json(own)).autoencoder is None


def test_the_parameters_text_tells_it_as_other_programs_do() -> None:
    text = to_parameters(recipe())
    assert "VAE: ft-mse, VAE hash: 0123456789" in text
    read = from_parameters(text)
    assert read.request.autoencoder == Autoencoder("ft-mse", "0123456789")
    assert "VAE" not in read.others


def test_what_other_programs_write_is_read() -> None:
    text = "cat\nSteps: 20, Sampler: Euler, CFG scale: 7, VAE hash: 735E4C3A44, VAE: ft-mse-840000.safetensors"
    assert from_parameters(text).request.autoencoder == Autoencoder("ft-mse-840000", "735e4c3a44")


@pytest.mark.parametrize("vae", ["Automatic", "None", ""])
def test_a_setting_that_means_the_models_own_is_none(vae: str) -> None:
    text = f"cat\nSteps: 20, Sampler: Euler, CFG scale: 7, VAE: {vae}"
    assert from_parameters(text).request.autoencoder is None


@pytest.mark.parametrize("hostile", ["../../etc/passwd", "C:\\windows\\x"])
def test_a_path_from_outside_becomes_a_name(hostile: str) -> None:
    read = request_from_json({"autoencoder": {"name": hostile, "sha256": ""}}).autoencoder
    assert read is not None
    assert read.name == read.key


@pytest.mark.parametrize(
    "damaged", ["x", [], {"name": 3}, {"name": "x", "sha256": "zz"}, {"name": "x", "sha256": None}]
)
def test_a_damaged_one_is_told(damaged: object) -> None:
    with pytest.raises(ValueError, match="autoencoder"):
        request_from_json({"autoencoder": damaged})


def test_a_difference_is_shown() -> None:
    (found,) = differences(REQUEST, replace(REQUEST, autoencoder=None))
    assert str(found) == "autoencoder ft-mse → the model's own"
