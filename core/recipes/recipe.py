"""The recipe of a picture: everything that is needed to make it again, and its JSON form.

The JSON is versioned. Keys that this version does not know are left alone, so that later versions can add some; a
change that makes old readers wrong raises `FORMAT`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

from core.language.words import tr
from core.recipes.refinement import Refinement, refinement_from_json, refinement_to_json
from core.request.json_codec import request_from_json, request_to_json
from core.request.json_values import list_of, number_of, object_of, parse_json, plain_name, text_of, whole_of
from core.request.request import STEPS, GenerationRequest
from core.request.settings import SETTINGS
from core.request.settings.emphasis import LANGUAGE_KEY, PROMPT_LANGUAGE, as_before_languages, has_language
from core.version import VERSION

FORMAT = 1
_TEXTS = ("device", "dtype", "note", "run", "batch", "computed_by", "program")
Stage = Literal["final", "denoised", "noisy"]
_LIBRARIES = ("torch", "diffusers", "transformers")
_STAGES: Mapping[str, Stage] = {"final": "final", "denoised": "denoised", "noisy": "noisy"}


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """Identifies the weights that made a picture.

    Attributes:
        hash: the first 10 hexadecimal digits of the SHA-256 of the network's weights file.
        parts: name and hash of each part that came from a file of its own, by the part.
    """

    key: str
    name: str
    family: str
    hash: str
    parts: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Parent:
    """The run and the step that a branch left.

    Attributes:
        run: `Film.run` of the other.
        step: how many of its steps were taken over.
        changes: what was changed, as a phrase ("prompt, guidance scale"); "" when it was only taken up again.
    """

    run: str
    step: int
    changes: str


@dataclass(frozen=True, slots=True)
class Origin:
    """The picture file that another one was made from by enlarging it: its name, and its SHA-256."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that a picture's file states of its making. Text in it comes from outside: show it as plain text.

    Attributes:
        request: generating this again gives the same picture. Its model is a name, never a path, and "" when
            the file names none; its sampler is one that exists. A picture with a parent needs that run too.
            Settings that the file does not tell have some value: see ``untold``.
            Of a source picture only the name is known, see `core.pictures.source.found`.
        stage: ``final`` after the last step; ``denoised`` (x0) or ``noisy`` (x_t) when kept from step ``step``.
        step: how many steps were done, 1 to ``request.all_steps``; 0 where not told, as all that follows is empty.
        device, dtype: where and in which precision it was computed (``"cpu"``, ``"float32"``).
        computed_by: as in `core.film.film.Film`.
        seconds: how long the steps and the decoding took.
        enlarged_from: the finished picture that was enlarged, None for one that was made in its size.
        refined: the pass in tiles that came after it, with the settings of ``request``; None where there was none.
        note: what else a reader should know ("decoded again in float32"), or "".
        run, parent, batch: as in `core.film.film.Film`.
        created: when, with the time zone.
        program: what wrote it (``"Emulsion 0.1.0"``).
        versions: of the libraries that computed it.
        others: settings that have no place above, as text, under the names that the writer gave them. A number
            out of our range is here under AUTOMATIC1111's name for it, and the nearest one in the request.
        untold: names of the settings that the file does not tell; never shown, found or taken over.
    """

    request: GenerationRequest
    model: ModelIdentity
    stage: Stage = "final"
    step: int = 0
    device: str = ""
    dtype: str = ""
    seconds: float = 0.0
    note: str = ""
    run: str = ""
    parent: Parent | None = None
    batch: str = ""
    computed_by: str = ""
    enlarged_from: Origin | None = None
    refined: Refinement | None = None
    created: datetime | None = None
    program: str = ""
    versions: Mapping[str, str] = field(default_factory=dict[str, str])
    others: Mapping[str, str] = field(default_factory=dict[str, str])
    untold: frozenset[str] = frozenset()


def signed(recipe: Recipe, created: datetime) -> Recipe:
    """Returns the recipe with the time, this program and its libraries, for a picture that is saved now."""
    return replace(
        recipe, created=created.astimezone(), program=f"Emulsion {VERSION}", versions=library_versions()
    )


@cache
def library_versions() -> Mapping[str, str]:
    """Returns the versions of the libraries that pictures depend on; reads them once, without importing them."""
    from importlib import metadata  # 20 ms and more at the start of the window, and needed much later

    versions: dict[str, str] = {}
    for library in _LIBRARIES:
        try:
            versions[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            continue
    return MappingProxyType(versions)


def recipe_to_json(recipe: Recipe) -> dict[str, Any]:
    """Returns the recipe as what the chunk ``emulsion`` holds."""
    return {
        "format": FORMAT,
        "program": recipe.program,
        "created": recipe.created.isoformat(timespec="seconds") if recipe.created else None,
        "request": request_to_json(recipe.request, recipe.untold),
        "model": {key: value for key, value in asdict(recipe.model).items() if value or key != "parts"},
        "stage": recipe.stage,
        "step": recipe.step,
        "device": recipe.device,
        "dtype": recipe.dtype,
        "seconds": round(recipe.seconds, 3),
        "note": recipe.note,
        "run": recipe.run,
        "parent": asdict(recipe.parent) if recipe.parent else None,
        "versions": dict(recipe.versions),
        **({LANGUAGE_KEY: PROMPT_LANGUAGE} if has_language(recipe.request) else {}),
        **({"batch": recipe.batch} if recipe.batch else {}),
        **({"computed_by": recipe.computed_by} if recipe.computed_by else {}),
        **({"enlarged_from": asdict(recipe.enlarged_from)} if recipe.enlarged_from else {}),
        **({"refined": refinement_to_json(recipe.refined)} if recipe.refined else {}),
        **({"others": dict(recipe.others)} if recipe.others else {}),
        **({"untold": sorted(recipe.untold)} if recipe.untold else {}),
    }


def recipe_from_text(text: str) -> Recipe:
    """Reads the content of the chunk ``emulsion``, hostile ones too. Raises ValueError with a sentence."""
    content = object_of(parse_json(text), tr("the recipe"))
    newest = whole_of(content.get("format"), "format", range(1, 1_000_000))
    if newest > FORMAT:
        raise ValueError(
            tr(
                "its recipe has format {newest} of a newer Emulsion; this one reads up to {format}",
                newest=newest,
                format=FORMAT,
            )
        )
    request_json = object_of(content.get("request"), "request")
    model_name = plain_name(text_of(request_json.get("model", ""), "model"))
    request = request_from_json({**request_json, "model": model_name})
    request = request if LANGUAGE_KEY in content else as_before_languages(request)
    untold = {str(name) for name in list_of(content.get("untold", []), "untold")}
    others = {str(key): str(value) for key, value in object_of(content.get("others", {}), "others").items()}
    if (sampler := str(request_json.get("sampler", request.sampler))) != request.sampler:
        others["Sampler"] = sampler
        untold.add("sampler")
    model = object_of(content.get("model"), "model")
    return Recipe(
        request=request,
        model=ModelIdentity(
            *(text_of(model.get(key, ""), key) for key in ("key", "name", "family", "hash")),
            parts={
                str(part): text_of(told, "parts")
                for part, told in object_of(model.get("parts", {}), "parts").items()
            },
        ),
        stage=_STAGES.get(text_of(content.get("stage", ""), "stage"), "final"),
        step=whole_of(content.get("step", request.all_steps), "step", range(2 * STEPS[-1] + 1)),
        seconds=number_of(content.get("seconds", 0), "seconds", 1e9),
        parent=_parent(content.get("parent")),
        enlarged_from=_origin(content.get("enlarged_from")),
        refined=refinement_from_json(content.get("refined")),
        created=_time(content.get("created")),
        versions={
            str(key): str(value) for key, value in object_of(content.get("versions", {}), "versions").items()
        },
        others=others,
        untold=frozenset(untold & {setting.name for setting in SETTINGS}),
        **{key: text_of(content.get(key, ""), key) for key in _TEXTS},
    )


def _parent(value: object) -> Parent | None:
    if value is None:
        return None
    content = object_of(value, "parent")
    return Parent(
        run=text_of(content.get("run"), "run"),
        step=whole_of(content.get("step"), "step", range(2 * STEPS[-1] + 1)),
        changes=text_of(content.get("changes", ""), "changes"),
    )


def _origin(value: object) -> Origin | None:
    if value is None:
        return None
    content = object_of(value, "enlarged_from")
    name, sha256 = (text_of(content.get(key, ""), "enlarged_from") for key in ("name", "sha256"))
    return Origin(plain_name(name), sha256)


def _time(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(value).astimezone() if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        return None
