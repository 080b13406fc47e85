"""The lines of a recipe that can be taken over one by one."""

from __future__ import annotations

from app.recent.recipe_card import facts
from app.recent.recipe_fields import recipe_fields
from core.recipes.recipe import ModelIdentity, Recipe
from core.request.request import Autoencoder, GenerationRequest, Lora, Size


def test_loras_are_a_line_of_their_own_that_can_be_taken_over() -> None:
    loras = (Lora("ink", 0.8, "0123456789ab"), Lora("snow", -0.5))
    recipe = Recipe(GenerationRequest("a house", loras=loras), ModelIdentity("m", "m", "stable_diffusion", ""))
    (line,) = [line for line in recipe_fields(recipe) if line.name == "loras"]
    assert (line.label, line.text) == ("LoRA", "ink 0.8, snow -0.5")
    assert line.changes == {"loras": loras}


def test_without_loras_there_is_no_such_line() -> None:
    recipe = Recipe(GenerationRequest("a house"), ModelIdentity("m", "m", "stable_diffusion", ""))
    assert "loras" not in {line.name for line in recipe_fields(recipe)}


def test_another_autoencoder_is_a_line_that_can_be_taken_over() -> None:
    autoencoder = Autoencoder("soft", "0123456789")
    request = GenerationRequest("a house", autoencoder=autoencoder)
    recipe = Recipe(request, ModelIdentity("m", "m", "stable_diffusion", ""))
    (line,) = [line for line in recipe_fields(recipe) if line.name == "autoencoder"]
    assert (line.label, line.text, line.changes) == ("Autoencoder", "soft", {"autoencoder": autoencoder})


def test_settings_that_are_not_told_have_no_line() -> None:
    told = Recipe(
        GenerationRequest("a house"), ModelIdentity("", "", "", ""), untold=frozenset({"steps", "size", "model"})
    )
    names = {line.name for line in recipe_fields(told)}
    assert {"prompt", "guidanceScale"} <= names
    assert not {"steps", "size", "model"} & names


def test_the_size_is_that_of_the_file_and_what_can_be_used_that_of_the_request() -> None:
    recipe = Recipe(GenerationRequest("a house", size=Size(128, 64)), ModelIdentity("m", "m", "", ""))
    for size, words in (
        (None, "128 × 64"),
        (Size(128, 64), "128 × 64"),
        (Size(512, 256), "512 × 256 (made at 128 × 64)"),
    ):
        (line,) = [line for line in recipe_fields(recipe, size) if line.name == "size"]
        assert (line.text, line.changes) == (words, {"size": Size(128, 64)})
        assert words in facts(recipe, size)
