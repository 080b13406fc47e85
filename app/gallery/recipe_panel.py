"""Shows the recipe in the inspector; settings can be copied and used one by one, which can be undone."""

from functools import partial

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from app.recent.recipe_fields import RecipeField, recipe_fields
from app.widgets.building import clear, hbox, push_button, stretched, text_label, vbox
from core.language.words import in_sentence, tr
from core.recipes.recipe import Recipe
from core.request.request import Size

LONGEST_TEXT = 2_000
LABEL_PX = 96


class RecipePanel(QWidget):
    """Shows one recipe.

    Signals:
        settings_asked: the `GenerationRequest` to take over as a whole, and `Recipe.untold`.
        changes_asked: a dict of fields of the draft, for `Session.edit`.
    """

    settings_asked = Signal(object, object)
    changes_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recipePanel")
        self._recipe: Recipe | None = None
        self._use = push_button(
            tr("Use all settings"),
            self._ask_settings,
            name="useAllSettingsButton",
            tip=tr("Uses the prompt, seed and all settings of this picture. Can be undone."),
        )
        self._missing = _text("", "hint")
        self._rows = vbox(spacing=6)
        vbox(self._use, self._missing, self._rows, on=self, spacing=12)

    def show_recipe(self, recipe: Recipe | None, problem: str, size: Size | None = None) -> None:
        """Another recipe; ``problem`` says why the picture cannot be read, or is "". ``size`` is the file's."""
        if problem:
            self._missing.setText(tr("This picture cannot be read: {problem}.", problem=problem))
        else:
            self._missing.setText(tr("This picture does not say how it was made."))
        self._missing.setVisible(recipe is None)
        self._use.setVisible(recipe is not None)
        if recipe is self._recipe and recipe is not None:
            return
        self._recipe = recipe
        clear(self._rows)
        for line in recipe_fields(recipe, size) if recipe is not None else ():
            self._rows.addWidget(self._row(line))

    def _row(self, line: RecipeField) -> QWidget:
        """Short values stand beside their label, longer ones below."""
        row = QWidget()
        value = line.text if len(line.text) <= LONGEST_TEXT else line.text[: LONGEST_TEXT - 1] + "…"
        text = _text(value)
        text.setObjectName(f"{line.name}Value")
        label = _text(line.label[:60], "caption")
        head = hbox(stretched(label, 0 if line.is_short else 1), spacing=8)
        if line.is_short:
            label.setFixedWidth(LABEL_PX)
            head.addWidget(text, 1)
        if line.changes:
            head.addWidget(self._use_button(line))
        column = vbox(head, on=row, spacing=2)
        if not line.is_short:
            column.addWidget(text)
        return row

    def _use_button(self, line: RecipeField) -> QPushButton:
        use = push_button(
            tr("Use"),
            partial(self.changes_asked.emit, dict(line.changes)),
            name=f"{line.name}UseButton",
            kind="chip",
            tip=tr("Uses only the {label}. Can be undone.", label=in_sentence(line.label)),
        )
        use.setAccessibleName(tr("Use {label}", label=in_sentence(line.label)))
        return use

    @Slot()
    def _ask_settings(self) -> None:
        if self._recipe is not None:
            self.settings_asked.emit(self._recipe.request, self._recipe.untold)


def _text(words: str, role: str = "") -> QLabel:
    return text_label(words, role=role, wraps=True, is_plain=True, is_selectable=True)  # recipes come from outside
