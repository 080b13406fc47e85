"""The requests that wait, kept between starts: versioned JSON in which a damaged entry costs only itself.

A file that cannot be used, as a whole or in part, is put aside and not overwritten.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from core.errors import QueueUnreadable, UnreadablePicture
from core.files.atomic import DISK, FileSystem, words_of, write_file
from core.grid.folder import made, read_grid
from core.grid.operation import MakeGrid
from core.language.words import tr
from core.paths import Folders
from core.recipes.refinement import Refinement, refinement_from_json
from core.request.json_values import list_of, object_of, parse_json, text_of, whole_of
from core.request.local_json import request_from_settings, request_to_settings
from core.request.request import COUNT, LARGEST_SEED, GenerationRequest
from core.request.settings.upscaler import LARGEST_SIDE
from core.runs.enlargement import EnlargeFiles
from core.runs.operations import BranchPoint, Generate, Operation, Resume
from core.runs.queued import QueuedRun
from core.runs.refining import Refining

FORMAT = 1
FILE_NAME = "queue.json"
DAMAGED_NAME = "queue.damaged.json"
MOST_RUNS = 100_000


@dataclass(frozen=True, slots=True)
class StoredQueue:
    """The requests of an earlier start.

    Attributes:
        problem: why some or all of them could not be read, None where nothing was wrong.
    """

    runs: tuple[QueuedRun, ...] = ()
    problem: QueueUnreadable | None = None


def save_queue(runs: tuple[QueuedRun, ...], folders: Folders, disk: FileSystem = DISK) -> None:
    """Writes the requests that can be kept: those in `_can_be_kept`. Raises SaveFailed."""
    content = {"format": FORMAT, "runs": [_to_json(run) for run in runs if _can_be_kept(run.operation)]}
    write_file(folders.data / FILE_NAME, json.dumps(content, indent=1).encode(), disk)


def load_queue(folders: Folders) -> StoredQueue:
    """Reads the requests that waited at the last end."""
    path = folders.data / FILE_NAME
    try:
        entries = _entries(path.read_text("utf-8"))
    except FileNotFoundError:
        return StoredQueue()
    except (OSError, ValueError, RecursionError) as error:
        reason = words_of(error) if isinstance(error, OSError) else str(error)
        return StoredQueue((), _put_aside(path, reason))
    reason, lost, runs = "", 0, list[QueuedRun]()
    for number, entry in enumerate(entries):
        try:
            runs.append(_from_json(object_of(entry, tr("an entry")), number))
        except (ValueError, TypeError, KeyError) as error:
            reason, lost = str(error), lost + 1
    kept = tuple(run for run in runs if run.operation.pictures)
    if lost:
        return StoredQueue(
            kept,
            _put_aside(
                path, tr("{lost} of {count} requests: {reason}", lost=lost, count=len(entries), reason=reason)
            ),
        )
    return StoredQueue(kept)


def _entries(text: str) -> list[Any]:
    content = object_of(parse_json(text), tr("the file"))
    newest = whole_of(content.get("format"), "format", range(1, 1_000_000))
    if newest > FORMAT:
        raise ValueError(
            tr(
                "it is of a newer Emulsion (format {newest}; this one reads up to {format})",
                newest=newest,
                format=FORMAT,
            )
        )
    return list_of(content.get("runs"), "runs")[:MOST_RUNS]


def _can_be_kept(operation: Operation[Any]) -> bool:
    return isinstance(operation, Generate | Resume | MakeGrid | EnlargeFiles)


def _to_json(run: QueuedRun) -> dict[str, Any]:
    more: dict[str, Any] = {}
    if isinstance(run.operation, Resume):
        more = {"film": str(run.operation.path)}
        if run.operation.branch_at is not None:
            more["branch"] = asdict(run.operation.branch_at)
    elif isinstance(run.operation, EnlargeFiles):
        paths = [str(run.operation.paths[number]) for number in run.numbers]
        more = {"enlarge": paths, "longer_side": run.operation.longer_side}
        if (refining := run.operation.refining) is not None:
            more["refine"] = {**asdict(refining), "settings": refining.settings is not None}
    elif isinstance(run.operation, Generate) and run.operation.batch:
        more = {"batch": run.operation.batch}
    elif isinstance(run.operation, MakeGrid):
        more = {
            "grid": str(run.operation.place),
            "numbers": [run.operation.numbers[number] for number in run.numbers],
        }
    return {
        **more,
        "request": request_to_settings(_request_of(run.operation)),
        "count": run.count,
        "first_seed": run.first_seed,
        "hold_after": run.hold_after,
        "begun": run.begun,
        "passed": run.passed,
        "problem": run.problem,
    }


def _request_of(operation: Operation[Any]) -> GenerationRequest | None:
    if isinstance(operation, EnlargeFiles):
        settings = operation.refining.settings if operation.refining is not None else None
        return replace(settings or GenerationRequest(""), upscaler=operation.upscaler)
    return operation.made


def _enlarging_from_json(content: Mapping[str, Any], request: GenerationRequest, number: int) -> QueuedRun:
    """Returns the files that are still to be enlarged. Raises ValueError."""
    paths = tuple(Path(text_of(path, "enlarge")) for path in list_of(content["enlarge"], "enlarge"))
    longer_side = whole_of(content.get("longer_side", 0), "longer_side", range(LARGEST_SIDE + 1))
    upscaler, refining = request.upscaler, _refining_from_json(content.get("refine"), request)
    if (upscaler is None and refining is None) or not paths:
        raise ValueError(tr("it names no upscaler"))
    problem = text_of(content.get("problem", ""), "problem")
    operation = EnlargeFiles(paths, upscaler, longer_side, refining)
    return QueuedRun(number + 1, operation, len(paths), is_on_hold=True, problem=problem)


def _refining_from_json(value: object, settings: GenerationRequest) -> Refining | None:
    """Returns a refinement with these settings, if it has some. Raises ValueError."""
    if value is None:
        return None
    content = object_of(value, "refine")
    how, prompt, seed = refinement_from_json(content.get("how")), content.get("prompt"), content.get("seed")
    return Refining(
        how or Refinement(),
        replace(settings, upscaler=None) if content.get("settings") is True else None,
        is_own=content.get("is_own") is not False,
        prompt=None if prompt is None else text_of(prompt, "prompt"),
        seed=None if seed is None else whole_of(seed, "seed", range(LARGEST_SEED + 1)),
    )


def _grid_from_json(content: Mapping[str, Any], number: int) -> QueuedRun:
    """Returns the pictures of a grid that are not in its folder yet. Raises ValueError for a folder without it."""
    place = Path(text_of(content.get("grid"), "grid"))
    try:
        grid, place = read_grid(place)
    except UnreadablePicture as error:
        raise ValueError(str(error)) from error
    there = made(grid, place)
    numbers = list_of(content.get("numbers"), "numbers")
    wanted = dict.fromkeys(whole_of(each, "a number", range(grid.count)) for each in numbers)
    left = tuple(each for each in wanted if each not in there)
    problem = text_of(content.get("problem", ""), "problem")
    return QueuedRun(number + 1, MakeGrid(grid, place, left), len(left), is_on_hold=True, problem=problem)


def _from_json(content: Mapping[str, Any], number: int) -> QueuedRun:
    if "grid" in content:
        return _grid_from_json(content, number)
    request_json = object_of(content.get("request"), "request")
    text_of(request_json.get("prompt"), "prompt")
    request = request_from_settings(request_json)
    assert request is not None
    if "enlarge" in content:
        return _enlarging_from_json(content, request, number)
    batch = text_of(content.get("batch", ""), "batch")
    count = whole_of(content.get("count", 1), "count", COUNT)
    first_seed, hold_after = content.get("first_seed"), content.get("hold_after")
    begun, passed = content.get("begun", 0), list_of(content.get("passed", []), "passed")
    begun = whole_of(begun, "begun", range(count + bool(passed)))
    return QueuedRun(
        id=number + 1,
        operation=Generate(request, batch=batch) if content.get("film") is None else _resume(content, request),
        count=count,
        first_seed=None if first_seed is None else whole_of(first_seed, "first_seed", range(LARGEST_SEED + 1)),
        hold_after=None if hold_after is None else whole_of(hold_after, "hold_after", range(1, 101)),
        begun=begun,
        passed=tuple(sorted({whole_of(number, "passed", range(begun)) for number in passed})),
        is_on_hold=True,
        problem=text_of(content.get("problem", ""), "problem"),
    )


def _resume(content: Mapping[str, Any], request: GenerationRequest) -> Resume:
    """Returns a run to be taken up, or a branch of one. Raises ValueError."""
    film = text_of(content["film"], "film")
    if "branch" not in content:
        return Resume(Path(film), request)
    told = object_of(content["branch"], "branch")
    left, noise = told.get("remaining_steps"), told.get("fresh_noise", 0.0)
    if isinstance(noise, bool) or not isinstance(noise, int | float) or not 0 <= noise <= 1:
        raise ValueError(f"fresh_noise is {noise!r}; expected 0 to 1")
    point = BranchPoint(
        call=whole_of(told.get("call"), "call", range(100_000)),
        remaining_steps=None if left is None else whole_of(left, "remaining_steps", range(1, 100_000)),
        fresh_noise=float(noise),
        noise_seed=whole_of(told.get("noise_seed", 0), "noise_seed", range(LARGEST_SEED + 1)),
    )
    return Resume(Path(film), request, branch_at=point)


def _put_aside(path: Path, reason: str) -> QueueUnreadable:
    aside = path.with_name(DAMAGED_NAME)
    try:
        aside.write_bytes(path.read_bytes())
    except OSError as error:
        return QueueUnreadable(
            path, tr("{reason}; it could not be copied either: {words}", reason=reason, words=words_of(error))
        )
    return QueueUnreadable(aside, reason)
