"""Offers runs that were cut off: all can be continued, or discarded, which can be undone."""

from collections.abc import Callable
from pathlib import Path

from app.messages.errors import Message
from app.session.queue import RunQueue
from app.session.set_aside import SetAside
from app.widgets.message_bar import Choice, MessageArea
from core.errors import EmulsionError
from core.film.reader import completed_calls, read_recording
from core.film.stored import unfinished
from core.request.request import GenerationRequest
from core.runs.operations import Resume

UNFINISHED, DISCARDED = "unfinished", "discarded"
DISCARDED_MS = 60_000
MOST_NAMED = 3


def offer_unfinished(folder: Path | None, queue: RunQueue, area: MessageArea, set_aside: SetAside) -> None:
    """Shows a bar if there are runs in the folder that nobody continues; those that failed wait in the queue."""
    found = unfinished(folder) if folder is not None and folder.is_dir() else []
    in_queue = {run.operation.path for run in queue.entries if isinstance(run.operation, Resume)}
    runs = [run for path in found if path not in in_queue and (run := _read(path)) is not None]
    if not runs:
        return
    several = len(runs) > 1
    names = [f"“{_title(request)}” (step {step} of {request.steps})" for _, request, step in runs[:MOST_NAMED]]
    more = f" and {len(runs) - MOST_NAMED:,} more" if len(runs) > MOST_NAMED else ""

    def resume() -> None:
        for path, request, _ in runs:
            queue.add(Resume(path, request))

    def discard() -> None:
        paths = [path for path, _, _ in runs]
        set_aside.put(paths)

        def undo() -> None:
            set_aside.take_back(paths)
            offer_unfinished(folder, queue, area, set_aside)

        tell_discarded(area, len(paths), undo)

    area.show_message(
        UNFINISHED,
        Message(
            f"{len(runs):,} unfinished pictures" if several else "Unfinished picture",
            f"{', '.join(names)}{more}. You can continue where {'they' if several else 'it'} stopped.",
        ),
        "info",
        (
            Choice("Continue all" if several else "Continue", resume, "continueUnfinishedButton"),
            Choice("Discard all" if several else "Discard", discard, "discardUnfinishedButton"),
        ),
    )


def tell_discarded(area: MessageArea, count: int, undo: Callable[[], None]) -> None:
    """Says that pictures were discarded, and offers to take them back."""
    words = "1 picture discarded" if count == 1 else f"{count:,} pictures discarded"
    area.show_message(
        DISCARDED, Message(words, ""), "info", (Choice("Undo", undo, "undoDiscardButton"),), DISCARDED_MS
    )


def _read(path: Path) -> tuple[Path, GenerationRequest, int] | None:
    """Returns the path, the request and the number of steps that are done; None for a film that is damaged."""
    try:
        film, done = read_recording(path).film, completed_calls(path)
    except EmulsionError:
        return None
    return path, film.request, film.schedule.steps[done - 1] + 1


def _title(request: GenerationRequest) -> str:
    words = " ".join(request.prompt.split()) or "(no prompt)"
    return words if len(words) <= 60 else f"{words[:59]}…"
