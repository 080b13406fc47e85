"""Events of the library: it is open, and marks were changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.gallery.library import LibraryFolder
from core.gallery.marks import MarkChange, Marks


@dataclass(frozen=True, slots=True)
class OpenedLibrary:
    """The library can be asked.

    Attributes:
        index: the folder of the index, for a `Finder`.
        library: the library folders; () when it belongs to another copy of the program.
        fault: why the index begins anew, or "".
        is_new: the index knows no picture yet.
        is_owned: False when another copy of the program has it: it can be read, not changed.
    """

    index: Path
    library: tuple[LibraryFolder, ...]
    fault: str
    is_new: bool
    is_owned: bool


@dataclass(frozen=True, slots=True)
class Marked:
    """Marks were changed.

    Attributes:
        before: by picture, as they were; give it to `LibraryService.restore_marks` to undo.
        change: None when this was an undo itself.
    """

    before: Mapping[int, Marks]
    change: MarkChange | None
