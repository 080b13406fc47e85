"""The wildcards that a prompt can name: files in folders beside the models, and in those of other programs."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cached_property, lru_cache
from pathlib import Path

from core.errors import WildcardMissing, WildcardUnusable
from core.wildcards.file import LINES, SUFFIXES, Values, read_values
from core.wildcards.tags import SUFFIX

FOLDER_NAMES = (
    *("wildcards", "Wildcards", "Data/Wildcards"),
    *(f"extensions/{name}/wildcards" for name in ("sd-dynamic-prompts", "stable-diffusion-webui-wildcards")),
    *(f"custom_nodes/{name}/wildcards" for name in ("ComfyUI-Impact-Pack", "comfyui-impact-pack")),
    *(f"custom_nodes/{name}/custom_wildcards" for name in ("ComfyUI-Impact-Pack", "comfyui-impact-pack")),
)
"""In a folder of models, beside it, or beside that: Emulsion's own, Fooocus' and ComfyUI's, SwarmUI's, and those
of extensions of AUTOMATIC1111's program and of ComfyUI."""

TAG_PLACES = ("tags", "extensions/a1111-sd-webui-tagcomplete/tags/danbooru.csv")
"""Places of tag lists, around the same folders: a folder of Emulsion's own, and the list that the autocompletion
of AUTOMATIC1111's program begins with."""

MOST_FILES = 20_000
_MOST_ALIKE = 3
MOST_STARS = 6


class WildcardLibrary:
    """Finds values by the name of a wildcard; looks at the folders once."""

    def __init__(self, model_folders: Iterable[Path], places: Iterable[Path] = ()) -> None:
        """Looks around each folder of models, and in the folders ``places``."""
        model_folders = tuple(model_folders)
        self._usual = tuple(folder / FOLDER_NAMES[0] for folder in model_folders)
        around = dict.fromkeys(
            place for folder in model_folders for place in (folder, folder.parent, folder.parent.parent)
        )
        self._tags = tuple(place / name for place in around for name in TAG_PLACES)
        self._places = tuple(
            dict.fromkeys((*(place / name for place in around for name in FOLDER_NAMES), *places))
        )

    @cached_property
    def _files(self) -> tuple[tuple[str, Path], ...]:
        return tuple(self._look())

    def names(self) -> tuple[str, ...]:
        """Returns all names; files with lists are read for theirs, and those that cannot be used left out."""
        found: dict[str, None] = {}
        for prefix, path in self._files:
            with suppress(WildcardUnusable):
                found |= dict.fromkeys(_names_in(prefix, path))
        return tuple(sorted(found, key=str.casefold))

    def tag_files(self) -> tuple[Path, ...]:
        """Returns the lists of tags."""
        return tuple(
            path
            for place in self._tags
            for path in (sorted(place.glob(f"*{SUFFIX}")) if place.is_dir() else (place,))
            if path.is_file()
        )

    def values(self, name: str) -> Values:
        """Returns the values of a wildcard, of all that fit where there is a ``*`` in the name.

        A name that no file has is looked for in all folders below. Raises WildcardMissing or WildcardUnusable.
        """
        wanted = name.replace("\\", "/").strip("/")
        for pattern in (wanted, f"**/{wanted}"):
            fits = _fitting(pattern)
            found = [
                read_values(path)[inner]
                for prefix, path in self._files
                if fits is not None
                for inner in _inner_names(prefix, path, fits)
            ]
            if found:
                return Values.joined(found)
        names = self.names()
        known = tuple(difflib.get_close_matches(name, names, _MOST_ALIKE)) or names[:3]
        raise WildcardMissing(name, known, folders=self._usual)

    def _look(self) -> Iterator[tuple[str, Path]]:
        """Yields all files with the name of the wildcards in them: the file's own, or that of its folder.

        Of two with one name, that in the folder that is named first counts.
        """
        seen: set[Path] = set()
        left = MOST_FILES
        for place in self._places:
            for folder, folders, files in os.walk(place):
                folders[:] = sorted(name for name in folders if not name.startswith("."))
                below = Path(folder).relative_to(place)
                for file in sorted(files):
                    left -= 1
                    if left < 0:
                        return
                    path = below / file
                    if path.suffix.lower() in SUFFIXES and not file.startswith(".") and path not in seen:
                        seen.add(path)
                        own = path.with_suffix("") if path.suffix.lower() in LINES else below
                        yield "" if own == Path() else own.as_posix(), place / path


def _names_in(prefix: str, path: Path) -> Iterator[str]:
    if path.suffix.lower() in LINES:
        yield prefix
        return
    for name in read_values(path):
        yield _full(prefix, path, name)


def _full(prefix: str, path: Path, name: str) -> str:
    """Returns the name of a list in a file; one without a name has that of the file."""
    own = name or path.stem
    return f"{prefix}/{own}" if prefix else own


def _inner_names(prefix: str, path: Path, fits: re.Pattern[str]) -> tuple[str, ...]:
    """Returns the names in a file that fit."""
    if path.suffix.lower() in LINES:
        return ("",) if fits.fullmatch(prefix) else ()
    try:
        inside = read_values(path)
    except WildcardUnusable:  # its names cannot be known
        if fits.fullmatch(_full(prefix, path, "")):
            raise
        return ()
    return tuple(name for name in inside if fits.fullmatch(_full(prefix, path, name)))


@lru_cache(maxsize=64)
def _fitting(pattern: str) -> re.Pattern[str] | None:
    """Returns what a name must match: ``*`` is a part between two slashes, ``**`` any of them."""
    if pattern.count("*") > MOST_STARS:
        return None
    parts = re.split(r"(\*\*/|\*\*|\*)", pattern)
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*"}
    return re.compile("".join(known.get(part, re.escape(part)) for part in parts), re.IGNORECASE)
