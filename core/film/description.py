"""All that a film file tells of its run besides tensors, as JSON: request, model, scheduler, colours, extras."""

import json
from dataclasses import asdict
from typing import Any, cast, get_args

import numpy as np

from core.film.extras import extras_from_json, extras_to_json
from core.film.film import Film, PredictionType, Schedule, SecondPass
from core.film.latent_rgb import LatentRgb
from core.film.layout import LARGEST_LATENT, Malformed
from core.language.words import tr
from core.recipes.recipe import ModelIdentity, Parent
from core.request.json_codec import request_from_json, request_to_json
from core.request.request import STEPS, Size
from core.request.samplers import SAMPLERS, Space
from core.request.settings.emphasis import LANGUAGE_KEY, PROMPT_LANGUAGE, as_before_languages

LONGEST_CONFIG = 2**20
DEEPEST_CONFIG = 4
LONGEST_NAME = 1000
MOST_TRAIN_TIMESTEPS = 100_000
MOST_STEPS = 2 * STEPS[-1]
"""Of both passes together."""

_SCHEDULERS = tuple(dict.fromkeys(name for sampler in SAMPLERS.values() for name in sampler.schedulers))


def describe(film: Film) -> str:
    """Returns the JSON of a film's header. Raises Malformed if the scheduler's configuration is no plain JSON."""
    _check_config(film.scheduler_config)
    if film.second is not None:
        _check_config(film.second.scheduler_config)
    colours = film.latent_rgb
    return json.dumps(
        {
            "request": request_to_json(film.request),
            LANGUAGE_KEY: PROMPT_LANGUAGE,
            "model": asdict(film.model),
            "prediction_type": film.prediction_type,
            "space": film.space,
            "scheduler": film.scheduler,
            "scheduler_config": film.scheduler_config,
            "latent_rgb": {"matrix": colours.matrix.tolist(), "bias": colours.bias.tolist()},
            "run": film.run,
            "parent": None if film.parent is None else asdict(film.parent),
            "skipped_steps": film.skipped_steps,
            "computed_by": film.computed_by,
            **({"batch": film.batch} if film.batch else {}),
            **({"second_pass": asdict(film.second)} if film.second else {}),
            **({"extras": extras_to_json(film.extras)} if film.extras else {}),
        },
        separators=(",", ":"),
    )


def read_description(text: str, schedule: Schedule, channels: int) -> Film:
    """Reads what `describe` wrote: the film, still without frames. Raises Malformed."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Malformed(tr("its header is damaged")) from error
    if not isinstance(content, dict):
        raise Malformed(tr("its header is damaged"))
    content = cast("dict[str, Any]", content)
    config = content.get("scheduler_config")
    _check_config(config)
    request = _request(content)
    second = _second(content["second_pass"], schedule) if "second_pass" in content else None
    if (second is None) is not (request.hires is None):
        raise Malformed(tr("its second pass is not that of its request"))
    return Film(
        request=request,
        model=ModelIdentity(
            *(_name(content.get("model"), key) for key in ("key", "name", "family", "hash")),
            parts=_parts(content["model"].get("parts", {})),
        ),
        prediction_type=_one_of(get_args(PredictionType), content, "prediction_type"),
        space=_one_of(get_args(Space), content, "space"),
        scheduler=_one_of(_SCHEDULERS, content, "scheduler"),
        scheduler_config=cast("dict[str, Any]", config),
        schedule=schedule,
        latent_rgb=_colours(content, channels),
        run=_name(content, "run"),
        batch=_name(content, "batch") if "batch" in content else "",
        parent=_parent(content.get("parent")),
        skipped_steps=_steps(content.get("skipped_steps")),
        computed_by=_name(content, "computed_by") if "computed_by" in content else "",
        extras=extras_from_json(content.get("extras", {})),
        second=second,
    )


def _second(value: object, schedule: Schedule) -> SecondPass:
    content = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    first_call, size, shape = (content.get(name) for name in ("first_call", "size", "shape"))
    numbers: list[Any] = [first_call, *(shape if isinstance(shape, list) else ())]
    numbers += [size.get(name) for name in ("width", "height")] if isinstance(size, dict) else []
    are_whole = all(type(number) is int and number > 0 for number in numbers)
    if not are_whole or len(numbers) != 6 or not 0 < numbers[0] < schedule.calls:
        raise Malformed(tr("its second pass has no place, size or shape"))
    if any(length > most for length, most in zip(numbers[1:4], LARGEST_LATENT, strict=True)):
        raise Malformed(tr("its second pass has no place, size or shape"))
    config = content.get("scheduler_config")
    _check_config(config)
    return SecondPass(
        numbers[0],
        Size(*numbers[4:]),
        (numbers[1], numbers[2], numbers[3]),
        _steps(content.get("steps")),
        _steps(content.get("skipped_steps")),
        _one_of(_SCHEDULERS, content, "scheduler"),
        cast("dict[str, Any]", config),
        _one_of(get_args(Space), content, "space"),
    )


def _request(content: dict[str, Any]) -> Any:
    request = content.get("request")
    if not isinstance(request, dict):
        raise Malformed(tr("its request is missing"))
    try:
        read = request_from_json(cast("dict[str, Any]", request))
    except ValueError as error:
        raise Malformed(str(error)) from error
    return read if LANGUAGE_KEY in content else as_before_languages(read)


def _name(content: object, key: str) -> str:
    value = cast("dict[str, Any]", content).get(key) if isinstance(content, dict) else None
    if not isinstance(value, str) or len(value) > LONGEST_NAME:
        raise Malformed(tr("its {key} is missing", key=key))
    return value


def _parts(value: object) -> dict[str, str]:
    """Reads names and hashes of parts; films from before they were told have none."""
    told = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    return {part: text for part, text in told.items() if isinstance(text, str) and len(text) <= LONGEST_NAME}


def _one_of(allowed: tuple[str, ...], content: dict[str, Any], key: str) -> Any:
    value = content.get(key)
    if not isinstance(value, str) or value not in allowed:
        raise Malformed(
            tr(
                "{key} is {value!s:.40}; expected one of {allowed}",
                key=key,
                value=value,
                allowed=", ".join(allowed),
            )
        )
    return value


def _parent(parent: object) -> Parent | None:
    if parent is None:
        return None
    if not isinstance(parent, dict):
        raise Malformed(tr("its parent is not given as run, step and changes"))
    content = cast("dict[str, Any]", parent)
    return Parent(_name(content, "run"), _steps(content.get("step")), _name(content, "changes"))


def _steps(value: object) -> int:
    if not isinstance(value, int) or not 0 <= value <= MOST_STEPS:
        raise Malformed(tr("{value!s:.40} is not a number of steps", value=value))
    return value


def _colours(content: dict[str, Any], channels: int) -> LatentRgb:
    try:
        colours = LatentRgb.from_json(content.get("latent_rgb"))
        colours.joined(channels)
    except (ValueError, KeyError, TypeError) as error:
        raise Malformed(tr("its map to colours is damaged, or does not fit its latents")) from error
    if not np.isfinite(colours.matrix).all():
        raise Malformed(tr("its map to colours is damaged"))
    return colours


def _check_config(config: object) -> None:
    if not isinstance(config, dict) or not _is_plain(cast("object", config), DEEPEST_CONFIG):
        raise Malformed(tr("the scheduler's configuration is not made of plain values"))
    if len(json.dumps(config)) > LONGEST_CONFIG:
        raise Malformed(
            tr(
                "the scheduler's configuration is longer than {longest_config} characters",
                longest_config=LONGEST_CONFIG,
            )
        )
    timesteps = cast("dict[str, Any]", config).get("num_train_timesteps", 1000)
    if not isinstance(timesteps, int) or not 1 <= timesteps <= MOST_TRAIN_TIMESTEPS:
        raise Malformed(tr("{timesteps!s:.40} is not a number of training timesteps", timesteps=timesteps))


def _is_plain(value: object, depth: int) -> bool:
    if depth == 0:
        return False
    match value:
        case None | bool() | int() | float() | str():
            return True
        case list() | tuple():
            return all(_is_plain(item, depth - 1) for item in cast("list[object]", value))
        case dict():
            entries = cast("dict[object, object]", value)
            return all(isinstance(key, str) and _is_plain(item, depth - 1) for key, item in entries.items())
        case _:
            return False
