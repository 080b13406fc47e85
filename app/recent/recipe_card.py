"""Shows the recipe of the picture on the canvas; using its settings is a separate act."""

from __future__ import annotations

import re
from typing import Any

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QLabel, QSizePolicy, QWidget

from app.messages.stored import note_text
from app.recent.recipe_fields import size_words
from app.widgets.building import push_button, text_label, vbox
from app.widgets.dates import moment_text
from app.widgets.dialog_body import LOWEST_PX, DialogBody
from core.files.sizes import size_text
from core.language.words import tr
from core.recipes.recipe import Recipe
from core.recipes.told import words_of
from core.request.request import Size
from core.request.setting import Setting
from core.request.settings import SETTINGS
from core.request.settings.mask import MASK
from core.request.settings.size import SIZE
from core.request.settings.source import SOURCE

LONGEST_PROMPT = 400
LONGEST_WORD = 16
_ROWS = (("negative_prompt",), ("seed",), ("size", "sampler"), ("steps", "guidance_scale"))
"""The settings that come first, those that share a line; each of the others has a line of its own."""


class RecipeCard(QFrame):
    """Shows one recipe.

    Signals:
        use_asked: the `GenerationRequest` whose settings the user wants, and `Recipe.untold`.
    """

    use_asked = Signal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recipeCard")
        self.setProperty("role", "card")
        self._recipe: Recipe | None = None
        self._prompt = _label("recipePrompt")
        self._facts = _label("recipeFacts", role="hint")
        self._use = push_button(
            tr("Use settings"),
            self._ask_use,
            name="useSettingsButton",
            tip=tr("Uses the prompt, seed and all settings of this picture. Can be undone."),
        )
        texts = _Texts(vbox(self._prompt, self._facts, spacing=8), tr("Recipe"))
        vbox(texts, self._use, on=self, margins=12, spacing=8)
        self.hide()

    def show_recipe(self, recipe: Recipe | None, film_bytes: int | None = None, size: Size | None = None) -> None:
        """Puts up another recipe; None says that the picture carries none.

        ``film_bytes`` is None without a film, ``size`` that of the picture.
        """
        self._recipe = recipe
        self._prompt.setText(_shortened(recipe.request.prompt or tr("(no prompt)")) if recipe else tr("No recipe"))
        words = facts(recipe, size) if recipe else tr("This picture does not say how it was made.")
        self._facts.setText(
            words if film_bytes is None else tr("{words}\nFilm {size}", words=words, size=size_text(film_bytes))
        )
        self._use.setVisible(recipe is not None)
        self.show()

    def _ask_use(self) -> None:
        if self._recipe is not None:
            self.use_asked.emit(self._recipe.request, self._recipe.untold)


class _Texts(DialogBody):
    """Lines as wide as the card: all of them where the window has the room, and scrolled where not."""

    def __init__(self, layout: QBoxLayout, name: str) -> None:
        super().__init__(layout, name)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self._layout.totalHeightForWidth(self.viewport().width()))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, min(self.sizeHint().height(), LOWEST_PX))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()  # lines wrap elsewhere now


def facts(recipe: Recipe, size: Size | None = None) -> str:
    """Returns the settings in the words of the controls, a few to a line; ``size`` is that of the picture."""
    told = {setting.name: _phrase(recipe, setting) for setting in SETTINGS if setting.name != "prompt"}
    if told[SIZE.name]:
        told[SIZE.name] = size_words(recipe, size)
    rows = [" · ".join(told.pop(name) for name in names if told[name]) for names in _ROWS]
    lines = [line for line in (*rows, *told.values()) if line]
    if recipe.stage != "final":
        lines.append(tr("Kept at step {step} of {steps}", step=recipe.step, steps=recipe.request.all_steps))
    if recipe.refined is not None:
        lines.append(tr("Refined: {words}", words=recipe.refined.words))
    if recipe.created:
        lines.append(moment_text(recipe.created) + (f" · {recipe.program}" if recipe.program else ""))
    if recipe.note:
        lines.append(note_text(recipe.note))
    return "\n".join(lines)


def _phrase(recipe: Recipe, setting: Setting[Any]) -> str:
    words = _shortened(words_of(recipe, setting))
    if setting in (SOURCE, MASK):
        words = re.sub(rf"[^\s,]{{{LONGEST_WORD + 1},}}", _elided, words)
    return setting.phrase(words) if words else ""


def _elided(word: re.Match[str]) -> str:
    """Leaves out the middle of a file's name, for which a line has no room."""
    half = LONGEST_WORD // 2
    return f"{word[0][: half - 1]}…{word[0][-half:]}"


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_PROMPT else text[: LONGEST_PROMPT - 1] + "…"


def _label(name: str, role: str = "") -> QLabel:
    return text_label(name=name, role=role, wraps=True, is_plain=True, is_selectable=True)  # it comes from outside
