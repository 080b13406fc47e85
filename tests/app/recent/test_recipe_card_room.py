"""The recipe beside the canvas is whole in a high window, and scrolled in a low one."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QListWidget, QPushButton, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from app.recent.recipe_card import RecipeCard
from app.widgets.building import stretched, vbox
from core.recipes.recipe import ModelIdentity, Recipe
from core.request.request import GenerationRequest

LONG = Recipe(
    GenerationRequest("a long prompt " * 20, negative_prompt="fog " * 30), ModelIdentity("m", "m", "made_up", "")
)


@pytest.mark.parametrize(("height_px", "is_scrolled"), [(1400, False), (420, True)])
def test_long_texts_are_whole_or_scrolled_and_never_cut(qtbot: QtBot, height_px: int, is_scrolled: bool) -> None:
    pane, card = QWidget(), RecipeCard()
    vbox(stretched(QListWidget()), card, on=pane, margins=16)
    qtbot.addWidget(pane)
    card.show_recipe(LONG)
    pane.resize(260, height_px)
    pane.show()
    (texts,), (button,) = card.findChildren(QScrollArea), card.findChildren(QPushButton)
    bar = texts.verticalScrollBar()
    qtbot.waitUntil(lambda: (bar.maximum() > 0) is is_scrolled)
    assert card.rect().contains(button.geometry())
    assert pane.rect().contains(card.geometry())
