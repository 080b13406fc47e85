"""The LoRA files that can be used by name: in folders beside the models, and where the user pointed to."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from core.checkpoints.cache import CheckpointCache
from core.errors import LoraBroken, LoraMissing
from core.files.stamps import Stamp, stamp_of
from core.lora.file import SUFFIX, LoraFile, lora_hash, read_lora
from core.lora.usage import LoraUsage
from core.request.request import Lora

FOLDER_NAMES = ("loras", "lora", "Lora", "LoRA")
"""In a folder of models, or beside it: Emulsion's own, ComfyUI's, and that of AUTOMATIC1111's program."""


@dataclass(frozen=True, slots=True)
class FoundLora:
    """A file on the library.

    Attributes:
        name: what recipes and lists call it.
        file: what its header tells, None where it cannot be used; ``problem`` is the reason then.
        hash: 12 digits, "" while they are not known.
        stamp: size in bytes and time of the last change in ns, which differ for another file.
    """

    path: Path
    name: str
    file: LoraFile | None
    problem: str = ""
    hash: str = ""
    stamp: Stamp = (0, 0)


class LoraLibrary:
    """Finds LoRAs by name. Of two with one name, that in the folder that is named first counts."""

    def __init__(
        self, model_folders: Iterable[Path], places: Iterable[Path] = (), memory: CheckpointCache | None = None
    ) -> None:
        """Looks in each folder of models and beside it, and in ``places``, which are files or folders.

        Files that ``memory`` knows from another use are found, too, wherever they lie.
        """
        model_folders = tuple(model_folders)
        self._usual = tuple(folder / FOLDER_NAMES[0] for folder in model_folders)
        folders = [
            place / name for folder in model_folders for place in (folder, folder.parent) for name in FOLDER_NAMES
        ]
        self._places = tuple(dict.fromkeys((*folders, *places)))
        self._memory = memory or CheckpointCache()

    def files(self) -> tuple[Path, ...]:
        """Returns all of them, by name; of two with the same name the first."""
        found: dict[str, Path] = {}
        for path in self._all_files():
            found.setdefault(path.stem, path)
        return tuple(found[name] for name in sorted(found, key=str.casefold))

    def look(self, known: Iterable[FoundLora] = ()) -> tuple[FoundLora, ...]:
        """Returns all of them with the facts in their headers; of ``known`` ones only changed files are read."""
        before = {(found.path, found.stamp): found for found in known}
        looked: list[FoundLora] = []
        for path in self.files():
            found = before.get((path, stamp_of(path)))
            hash_ = self._memory.lora_hash_if_known(path)
            looked.append(replace(found, hash=found.hash or hash_) if found is not None else self._read(path))
        self._memory.save()
        return tuple(looked)

    def has(self, path: Path) -> bool:
        """Returns whether this file can be used by its name."""
        return any(path == file for file in self.files())

    def find(self, lora: Lora) -> Path:
        """Returns the file with a LoRA's name or full path; else one with its hash. Raises LoraMissing.

        Of several with its name, the one with its hash.
        """
        path = Path(lora.name)
        if path.is_absolute() and path.is_file():
            return path
        used = tuple(path for path in self._memory.lora_files() if path.is_file())
        files = tuple(dict.fromkeys((*self._all_files(), *used)))
        named = [file for file in files if file.stem == lora.key]
        if lora.hash:
            same = (file for file in named if len(named) > 1 and self.hash_of(file) == lora.hash)
            found = next(same, None) or next(iter(named), None)
            found = found or next((file for file in files if self._known_hash(file) == lora.hash), None)
        else:
            found = next(iter(named), None)
        if found is None:
            raise LoraMissing(lora.key, tuple(file.stem for file in self.files()), folders=self._usual)
        return found

    def hash_of(self, path: Path) -> str:
        """Returns `core.lora.file.lora_hash`, remembered. Raises LoraBroken."""
        return self._memory.lora_hash_of(path, lora_hash)

    def _all_files(self) -> list[Path]:
        files: list[Path] = []
        for place in self._places:
            if place.is_dir():
                files += sorted(path for path in place.rglob(f"*{SUFFIX}") if not path.name.startswith("."))
            elif place.suffix == SUFFIX and place.is_file():
                files.append(place)
        return files

    def _known_hash(self, path: Path) -> str:
        """Without reading the whole file."""
        return self._memory.lora_hash_if_known(path) or self._read(path).hash

    def _read(self, path: Path) -> FoundLora:
        stamp, facts = stamp_of(path), self._memory.lora_of(path, lambda: _facts_of(path))
        if problem := facts["problem"]:
            return FoundLora(path, path.stem, None, problem, stamp=stamp)
        file = _lora_of(path, facts)
        hash_ = file.hash or self._memory.lora_hash_if_known(path)
        return FoundLora(path, path.stem, file, "", hash_, stamp)


def _facts_of(path: Path) -> dict[str, Any]:
    """Returns what a header tells as JSON, with the ``problem`` of a file that cannot be used."""
    try:
        file = asdict(read_lora(path))
    except LoraBroken as error:
        return {"problem": error.reason}
    del file["path"], file["name"]
    return {"problem": "", **file}


def _lora_of(path: Path, facts: Mapping[str, Any]) -> LoraFile:
    usage = facts["usage"]
    known = {name: value for name, value in facts.items() if name not in ("problem", "usage", "words")}
    left_out = tuple((str(reason), int(number)) for reason, number in usage["left_out"])
    return LoraFile(
        path, path.stem, usage=LoraUsage(usage["layers"], left_out), words=tuple(facts["words"]), **known
    )
