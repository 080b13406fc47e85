"""Films of the branches that wait, beside the queue's file: what they leave may be deleted, or was never kept."""

from collections.abc import Iterable
from pathlib import Path

from core.film.film import Film
from core.film.reader import SUFFIX
from core.film.writer import FilmWriter
from core.paths import Folders
from core.runs.branch import Branch
from core.runs.operations import BranchPoint, GenerateBranch, Resume
from core.runs.queued import QueuedRun

FOLDER_NAME = "queued films"


class QueuedFilms:
    """For one thread at a time."""

    def __init__(self, folders: Folders) -> None:
        self._folder = folders.data / FOLDER_NAME

    def on_disk(self, operation: GenerateBranch) -> Resume | None:
        """Returns a branch as one of a film on the disk, written now if it was not; None for one without steps.

        Raises SaveFailed.
        """
        branch = operation.branch
        if not branch.film.frames:
            return None
        path = self._folder / f"{branch.film.run}-{len(branch.film.frames)}{SUFFIX}"
        if not path.exists():
            _write(branch.film, path)
        return Resume(path, branch.request, branch_at=_point(branch))

    def remove_all_but(self, runs: Iterable[QueuedRun]) -> None:
        """Removes the films that no run needs."""
        needed = {run.operation.path for run in runs if isinstance(run.operation, Resume)}
        for path in self._folder.glob("*") if self._folder.is_dir() else ():
            if path not in needed:
                path.unlink(missing_ok=True)


def _write(film: Film, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = FilmWriter(path, film)
    try:
        for frame in film.frames:
            writer.write(frame)
        writer.finish()
    except BaseException:
        writer.discard()
        raise


def _point(branch: Branch) -> BranchPoint:
    return BranchPoint(branch.call, branch.remaining_steps, branch.fresh_noise, branch.noise_seed)
