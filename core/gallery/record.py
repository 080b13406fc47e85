"""Reads one picture file for the index: its size, its recipe and its marks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

from core.errors import UnreadablePicture
from core.gallery.marks import NO_MARKS, Marks
from core.gallery.order import batch_of, number_of
from core.grid.grid import SHEET_SCRIPT
from core.pictures.dimensions import opened, size_in
from core.pictures.metadata import PARAMETERS, recipe_in
from core.pictures.text_chunks import texts_in
from core.recipes.recipe import Recipe
from core.recipes.told import facet_values
from core.request.json_codec import request_to_json
from core.request.request import Size
from core.request.settings import SETTINGS
from core.request.settings.size import SIZE

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".avif")
LONGEST_TEXT = 20_000
_LONGEST_NAME = 300
_SAME_MOMENT_S = 3.0
NO_SIZE = Size(0, 0)
UNTOLD = "?"
"""Begins a batch that was concluded from settings."""

_DRAWN = {"prompt": "template", "negative_prompt": "negative_template"}
_WITH_FACET = tuple(setting for setting in SETTINGS if setting.facet is not None)


@dataclass(frozen=True, slots=True)
class FileState:
    """A picture in a folder's listing; when it changes, the file is read again.

    Attributes:
        directory: inside the library folder, parted by "/"; "" for the folder itself.
        marks_stamp: as `MarkStore.stamp`.
    """

    directory: str
    name: str
    size_bytes: int
    modified_ns: int
    marks_stamp: int = 0
    has_film: bool = False

    @property
    def identity(self) -> tuple[str, int, int]:
        """Equal as long as the picture itself is unchanged, whatever lies beside it."""
        return self.name, self.size_bytes, self.modified_ns


@dataclass(frozen=True, slots=True)
class Record:
    """One picture as it goes into the index; texts are bounded and can be stored.

    Attributes:
        facets: names of settings, each with a value; one that has several occurs as often.
        kept_step: the step that a kept one shows, 0 for finished pictures.
        number: as `core.gallery.order.number_of`.
        batch: as in `core.film.film.Film`; where no recipe tells it, `UNTOLD` and what pictures of one request
            have in common.
        is_sheet: it has the pictures of a grid side by side; its size is no picture's.
        enlarged: by how much an upscaler made it larger, 0 for not.
    """

    state: FileState
    size: Size = NO_SIZE
    created_ms: int = 0
    day: int = 0
    facets: tuple[tuple[str, str], ...] = ()
    steps: int = 0
    seed: int | None = None
    run: str = ""
    parent_run: str = ""
    parent_step: int = 0
    parent_changes: str = ""
    program: str = ""
    prompt: str = ""
    negative_prompt: str = ""
    kept_step: int = 0
    batch: str = ""
    number: int | None = None
    is_sheet: bool = False
    enlarged: float = 0.0
    problem: str = ""
    marks: Marks = field(default=NO_MARKS)


def read_record(path: Path, state: FileState, marks: Marks) -> Record:
    """Reads a picture file; one that is damaged gets a record that says so."""
    size, problem, unmapped = NO_SIZE, "", ""
    recipe: Recipe | None = None
    try:
        with opened(path) as file:
            size = size_in(file, path)
            recipe, unmapped = _recipe(file, path)
    except UnreadablePicture as error:
        problem = error.reason
    created = _created(recipe, state.modified_ns)
    day = _day(created)
    if recipe is None:
        facets = () if problem else ((SIZE.name, SIZE.words(size)),)
        return Record(
            state, size, int(created * 1000), day, facets, problem=problem, prompt=_text(unmapped), marks=marks
        )
    request, parent = recipe.request, recipe.parent
    is_sheet = recipe.others.get("Script") == SHEET_SCRIPT
    return Record(
        state=state,
        size=size,
        created_ms=int(created * 1000),
        day=day,
        facets=tuple(facet for facet in _facets(recipe, size) if not (is_sheet and facet[0] == SIZE.name)),
        steps=0 if "steps" in recipe.untold else request.steps,
        seed=request.seed,
        run=_name(recipe.run),
        parent_run=_name(parent.run) if parent else "",
        parent_step=parent.step if parent else 0,
        parent_changes=_name(parent.changes) if parent else "",
        program=_name(recipe.program),
        kept_step=0 if recipe.stage == "final" else recipe.step,
        is_sheet=is_sheet,
        enlarged=request.upscaler.factor if request.upscaler is not None else 0.0,
        batch=_name(batch_of(recipe) or _likely_batch(recipe)),
        number=number_of(recipe),
        prompt=_text(request.prompt),
        negative_prompt=_text(request.negative_prompt),
        marks=marks,
    )


def _facets(recipe: Recipe, size: Size) -> Iterator[tuple[str, str]]:
    """Yields the values of the settings that the gallery filters by; the size is that of the file."""
    for setting in _WITH_FACET:
        values = (setting.words(size),) if setting is SIZE else facet_values(recipe, setting)
        for value in values if len(values) < 2 else dict.fromkeys(values):
            if name := _name(value):
                yield setting.name, name


def _likely_batch(recipe: Recipe) -> str:
    """Returns a name that pictures share which differ only in their seeds, and in the prompts drawn by these."""
    request = recipe.request
    if "seed" in recipe.untold or recipe.others.get("Script") == SHEET_SCRIPT:
        return ""
    drawn = {name for name in _DRAWN if getattr(request, _DRAWN[name])}
    content = request_to_json(replace(request, upscaler=None), recipe.untold | drawn | {"seed"})
    text = json.dumps([content, recipe.model.hash or recipe.model.name, recipe.program], sort_keys=True)
    return UNTOLD + blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _recipe(file: BinaryIO, path: Path) -> tuple[Recipe | None, str]:
    """Returns the recipe, or the text of one that nobody can map, so that its words are still found."""
    with suppress(UnreadablePicture):
        return recipe_in(file, path), ""
    with suppress(UnreadablePicture):
        return None, texts_in(file, path).get(PARAMETERS, "")
    return None, ""


def _created(recipe: Recipe | None, modified_ns: int) -> float:
    """Returns seconds since 1970. A recipe tells whole seconds: where the file agrees, its own time tells more."""
    modified = modified_ns / 1e9
    if recipe is None or recipe.created is None:
        return modified
    created = recipe.created.timestamp()
    return modified if abs(modified - created) < _SAME_MOMENT_S else created


def _day(created: float) -> int:
    try:
        return datetime.fromtimestamp(created).date().toordinal()
    except (ValueError, OverflowError, OSError):
        return 1


def _name(text: str) -> str:
    return " ".join(_text(text[:_LONGEST_NAME]).split())


def _text(text: str) -> str:
    return text[:LONGEST_TEXT].replace("\0", "").encode("utf-8", "ignore").decode()
