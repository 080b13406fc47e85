"""The recipe beside the canvas is whole in a high window, and scrolled in a low one."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor
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


def test_the_texts_lie_on_the_card_and_not_on_a_colour_of_their_own(qtbot: QtBot) -> None:
    card = RecipeCard()
    qtbot.addWidget(card)
    card.setStyleSheet(
        "#recipeCard { background: #123456; } QScrollArea { border: none; background: transparent; }"
    )
    card.show_recipe(LONG)
    card.resize(260, 420)
    card.show()
    (texts,) = card.findChildren(QScrollArea)
    picture = card.grab().toImage()
    beside, inside = texts.geometry().topLeft() - QPoint(4, 0), texts.geometry().topLeft()
    assert picture.pixelColor(inside) == picture.pixelColor(beside) == QColor("#123456")
