"""Phrases that recipes and films keep in English, on the screen in the language of this process."""

import re

from core.language.words import tr

FAILED = "Not finished: "
"""The start of the note of a picture whose run failed near its end; the title of the error follows."""

_FRESH_NOISE = re.compile(r"fresh noise (\d+)% \(seed (\d+)\)")


def stage_text(stage: str) -> str:
    """Returns the stage of a kept step, see `core.recipes.recipe.Recipe.stage`."""
    return {"denoised": tr("denoised"), "noisy": tr("noisy")}.get(stage, stage)


def changes_text(changes: str) -> str:
    """Returns the changes of a branch, see `core.runs.branch.Branch.changes`."""
    return ", ".join(_change(part) for part in changes.split(", "))


def _change(part: str) -> str:
    if found := _FRESH_NOISE.fullmatch(part):
        return tr("fresh noise {share} % (seed {seed})", share=found[1], seed=found[2])
    return tr(part)


def note_text(note: str) -> str:
    """Returns the note of a recipe."""
    if note.startswith(FAILED):
        return tr("Not finished: {reason}.", reason=tr(note.removeprefix(FAILED).removesuffix(".")))
    return tr(note)
