from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.recent.recipe_card import LONGEST_PROMPT, LONGEST_WORD, RecipeCard, facts
from core.recipes.recipe import Recipe, signed
from core.recipes.refinement import Refinement
from core.request.request import Autoencoder, GenerationRequest, Lora, Source
from tests import fakes


@pytest.fixture
def recipe() -> Recipe:
    film = fakes.film(GenerationRequest("a <b>red</b> house", negative_prompt="people", seed=7))
    return signed(fakes.image(film, "final", 20).recipe, datetime(2026, 11, 21, 12, 0, tzinfo=UTC))


@pytest.fixture
def card(qtbot: QtBot) -> RecipeCard:
    card = RecipeCard()
    qtbot.addWidget(card)
    assert card.isHidden()
    return card


def label(card: RecipeCard, name: str) -> QLabel:
    found = card.findChild(QLabel, name)
    assert isinstance(found, QLabel)
    return found


def test_a_recipe_is_shown_in_the_words_of_the_controls(recipe: Recipe) -> None:
    text = facts(recipe)
    for words in ("Negative prompt: people", "Seed 7", "128 × 128 · DDIM", "20 steps · guidance 4", "A model"):
        assert words in text


def test_a_refined_picture_says_how_much(recipe: Recipe) -> None:
    assert "Refined: strength 0.25, in tiles of 128 px" in facts(replace(recipe, refined=Refinement(0.25, 128)))


def test_a_kept_step_says_which(recipe: Recipe) -> None:
    assert "Kept at step 8 of 20" in facts(replace(recipe, stage="denoised", step=8))


def test_a_source_picture_is_named(recipe: Recipe) -> None:
    request = replace(recipe.request, source=Source("photo.jpg", 0.6))
    assert "Starts from photo.jpg, strength 0.6" in facts(replace(recipe, request=request))


def test_the_name_of_a_file_fits_into_a_line(recipe: Recipe) -> None:
    source = Source("214429-2268155938-a-lighthouse-by-the-sea.png", 0.6)
    told = facts(replace(recipe, request=replace(recipe.request, source=source)))
    assert "Starts from 214429-…-sea.png, strength" in told
    assert max(map(len, told.split())) <= LONGEST_WORD + 1  # with a comma


def test_loras_are_named_with_their_weights(recipe: Recipe) -> None:
    request = replace(recipe.request, loras=(Lora("ink", 0.8), Lora("snow", -0.5)))
    told = facts(replace(recipe, request=request)).split("\n")
    assert "LoRA ink 0.8, snow -0.5" in told


def test_text_from_files_is_plain_text(card: RecipeCard, recipe: Recipe) -> None:
    card.show_recipe(recipe)
    prompt = label(card, "recipePrompt")
    assert prompt.text() == "a <b>red</b> house"
    assert prompt.textFormat() is Qt.TextFormat.PlainText


def test_a_very_long_prompt_does_not_fill_the_window(card: RecipeCard, recipe: Recipe) -> None:
    card.show_recipe(replace(recipe, request=replace(recipe.request, prompt="word " * 5000)))
    assert len(label(card, "recipePrompt").text()) == LONGEST_PROMPT


def test_the_button_asks_for_the_settings(card: RecipeCard, recipe: Recipe, qtbot: QtBot) -> None:
    card.show_recipe(recipe)
    button = card.findChild(QPushButton, "useSettingsButton")
    assert isinstance(button, QPushButton)
    with qtbot.waitSignal(card.use_asked) as asked:
        button.click()
    assert asked.args == [recipe.request, frozenset()]


def test_a_picture_without_recipe_says_so_and_offers_nothing(card: RecipeCard) -> None:
    card.show_recipe(None)
    assert label(card, "recipePrompt").text() == "No recipe"
    button = card.findChild(QPushButton, "useSettingsButton")
    assert isinstance(button, QPushButton)
    assert button.isHidden()


def test_another_autoencoder_is_named(recipe: Recipe) -> None:
    request = replace(recipe.request, autoencoder=Autoencoder("soft", "0123456789"))
    assert "Autoencoder soft" in facts(replace(recipe, request=request)).split("\n")


def test_settings_that_are_not_told_are_not_shown_and_not_used(
    card: RecipeCard, recipe: Recipe, qtbot: QtBot
) -> None:
    told = replace(recipe, untold=frozenset({"steps", "sampler", "guidance_scale"}))
    card.show_recipe(told)
    text = label(card, "recipeFacts").text()
    assert "steps" not in text
    assert "guidance" not in text
    button = card.findChild(QPushButton, "useSettingsButton")
    assert isinstance(button, QPushButton)
    with qtbot.waitSignal(card.use_asked) as asked:
        button.click()
    assert asked.args == [told.request, told.untold]
