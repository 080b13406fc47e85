"""Notes of a command: sentences beside its results, on standard error at once and kept for ``--json``."""

from app.cli.terminal import Progress
from app.messages.notices import notice_of
from core.runs.events import Event


class Notes:
    """The notes so far.

    Attributes:
        texts: those that hold for all results.
    """

    def __init__(self, progress: Progress) -> None:
        self.texts: list[str] = []
        self._progress = progress

    def add(self, text: str) -> None:
        """Tells it, once."""
        if text not in self.texts:
            self.texts.append(text)
            self.tell(text)

    def tell(self, text: str) -> None:
        """Tells what holds for one result only."""
        self._progress.note(f"emulsion: {text}")

    def follow(self, event: Event) -> None:
        """Tells an event that is a notice; all others are left to the command."""
        if (notice := notice_of(event)) is not None:
            self.add(f"{notice.title}: {notice}")
