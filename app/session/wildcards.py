"""The wildcards at hand, and what would be drawn of the draft's prompts."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.session.background import BackgroundTasks
from core.errors import WildcardMissing
from core.prompt.drawing import combinations, drawn, settled
from core.request.request import GenerationRequest
from core.wildcards.file import Values
from core.wildcards.library import WildcardLibrary


class Wildcards(QObject):
    """Part of the session. The folders are looked at in the background; a file is read when it is drawn from.

    Attributes:
        names: of all wildcards, as of the last look.

    Signals:
        changed: there may be others.
    """

    changed = Signal()

    def __init__(
        self, background: BackgroundTasks, library: Callable[[], WildcardLibrary] | None, parent: QObject
    ) -> None:
        """``library`` is asked at each look; without one there are no wildcards."""
        super().__init__(parent)
        self.names: tuple[str, ...] = ()
        self._make = library
        self._library: WildcardLibrary | None = None
        self._tasks = background.queue(self, "wildcards")
        self.refresh()

    @Slot(Qt.ApplicationState)
    def refresh_when_active(self, state: Qt.ApplicationState) -> None:
        """Who comes back from an editor may have written one."""
        if state is Qt.ApplicationState.ApplicationActive:
            self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Looks for files again; ``changed`` follows."""
        if self._make is not None:
            library = self._make()
            self._tasks.cancel()
            self._tasks.submit(lambda: (library, library.names()), self._on_looked)

    def values(self, name: str) -> Values:
        """Returns the values of a wildcard. Raises WildcardMissing or WildcardUnusable."""
        if self._library is None:
            raise WildcardMissing(name)
        return self._library.values(name)

    def drawn(self, request: GenerationRequest) -> GenerationRequest:
        """Returns the request as its seed draws it, that of seed 0 for a random one. Raises what `draw` raises."""
        return drawn(request, self.values)

    def combinations(self, request: GenerationRequest, most: int) -> tuple[GenerationRequest, ...]:
        """Returns a request for each combination of its templates, at most so many. Raises what `draw` raises."""
        found = combinations(request.prompt, request.negative_prompt, self.values, most)
        return tuple(settled(request, *texts) for texts in found)

    def _on_looked(self, looked: tuple[WildcardLibrary, tuple[str, ...]]) -> None:
        self._library, self.names = looked
        self.changed.emit()
