"""A recipe as lines to be read, each with what of the draft it can replace; and as text for the clipboard."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.messages.stored import changes_text, note_text, stage_text
from app.widgets.field import camel_case
from core.language.words import tr
from core.recipes.recipe import Recipe
from core.recipes.told import UNKNOWN_SAMPLER, can_be_used, words_of
from core.request.request import Size
from core.request.settings import SETTINGS
from core.request.settings.size import SIZE

SHORT_LENGTH = 60


@dataclass(frozen=True, slots=True)
class RecipeField:
    """One line.

    Attributes:
        name: for object names.
        text: plain, from outside.
        changes: fields of the draft with the values they get from `Session.edit`; empty: only to be read.
    """

    name: str
    label: str
    text: str
    changes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    is_prose: bool = False

    @property
    def is_short(self) -> bool:
        """True if it fits beside its label."""
        return not self.is_prose and len(self.text) <= SHORT_LENGTH


def recipe_fields(recipe: Recipe, size: Size | None = None) -> tuple[RecipeField, ...]:
    """Returns all that the recipe tells, the settings first; ``size`` is that of the file, if it is known."""
    request = recipe.request
    fields = [
        RecipeField(
            camel_case(setting.name),
            setting.title,
            size_words(recipe, size) if setting is SIZE else words_of(recipe, setting),
            {setting.name: setting.of(request)} if can_be_used(recipe, setting) else {},
            is_prose=setting.is_prose,
        )
        for setting in SETTINGS
    ]
    if recipe.stage != "final":
        fields.append(
            RecipeField(
                "stage",
                tr("Kept at"),
                tr(
                    "step {step} of {steps} ({stage})",
                    step=recipe.step,
                    steps=request.all_steps,
                    stage=stage_text(recipe.stage),
                ),
            )
        )
    if recipe.parent is not None:
        changes = f", {changes_text(recipe.parent.changes)}" if recipe.parent.changes else ""
        fields.append(
            RecipeField(
                "parent",
                tr("Branch"),
                tr("from step {step}{changes}", step=recipe.parent.step + 1, changes=changes),
            )
        )
    if (origin := recipe.enlarged_from) is not None:
        fields.append(RecipeField("enlargedFrom", tr("Enlarged from"), f"{origin.name} ({origin.sha256[:10]})"))
    if recipe.refined is not None:
        fields.append(RecipeField("refined", tr("Refined"), recipe.refined.words))
    if recipe.seconds:
        device = recipe.device.upper() or tr("a device")
        took = tr("{seconds:.1f} s on {device}", seconds=recipe.seconds, device=device)
        fields.append(RecipeField("seconds", tr("Took"), took))
    fields += [
        RecipeField("computedBy", tr("Made on"), recipe.computed_by),
        RecipeField("program", tr("Program"), recipe.program),
        RecipeField("recipeNote", tr("Note"), note_text(recipe.note)),
        *(RecipeField(f"other{key}", key, text) for key, text in recipe.others.items() if key != UNKNOWN_SAMPLER),
    ]
    return tuple(line for line in fields if line.text)


def size_words(recipe: Recipe, size: Size | None) -> str:
    """Returns the size of a picture's file, and the one that it was made in where that is another."""
    made = words_of(recipe, SIZE)
    if size is None or not size.width or size == recipe.request.size or not made:
        return made
    return tr("{size} (made at {made})", size=SIZE.words(size), made=made)


def recipe_text(recipe: Recipe) -> str:
    """For the clipboard: a line for each field."""
    return "\n".join(f"{line.label}: {line.text}" for line in recipe_fields(recipe))
