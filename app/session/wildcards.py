"""The wildcards at hand, and what would be drawn of the draft's prompts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.session.background import BackgroundTasks
from core.errors import WildcardMissing, WildcardUnusable
from core.files.stamps import Stamp, stamp_of
from core.prompt.drawing import combinations, drawn, settled
from core.request.request import GenerationRequest
from core.wildcards.file import Values
from core.wildcards.library import WildcardLibrary
from core.wildcards.tags import NO_TAGS, Tags, read_tags

log = logging.getLogger(__name__)

Files = tuple[tuple[Path, Stamp], ...]
Looked = tuple[WildcardLibrary, tuple[str, ...], Tags, Files]


class Wildcards(QObject):
    """Part of the session. The folders are looked at in the background; a file is read when it is drawn from.

    Attributes:
        names: of all wildcards, as of the last look. tags: of all lists that complete prompts.

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
        self.tags = NO_TAGS
        self._tag_files: Files = ()
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
            library, known, files = self._make(), self.tags, self._tag_files

            def look() -> Looked:
                found = tuple((path, stamp_of(path)) for path in library.tag_files())
                tags = known if found == files else Tags(entry for path, _ in found for entry in _entries(path))
                return library, library.names(), tags, found

            self._tasks.cancel()
            self._tasks.submit(look, self._on_looked)

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

    def _on_looked(self, looked: Looked) -> None:
        self._library, self.names, self.tags, self._tag_files = looked
        self.changed.emit()


def _entries(path: Path) -> Iterator[tuple[str, str, int]]:
    """Yields the tags of a list; one that cannot be read has none."""
    try:
        yield from read_tags(path)
    except WildcardUnusable as error:
        log.info("%s", error)
