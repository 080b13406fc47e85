"""Remembers the kind and SHA-256 of files of weights for as long as the files stay unchanged."""

import hashlib
import json
import logging
import threading
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

from core.checkpoints.detection import recognise
from core.errors import ModelBroken, NotAModel, SaveFailed
from core.families import FAMILIES
from core.families.spec import CheckpointKind
from core.file_kinds.kind import FoundKind
from core.file_kinds.table import KINDS, parts_in
from core.files.atomic import words_of, write_file
from core.files.weights_header import read_header
from core.language.words import current, tr

log = logging.getLogger(__name__)

FILE_NAME = "checkpoints.json"
CHUNK_BYTES = 2**20
MOST_KNOWN = 20_000
WAIT_S = 0.25
DETECTION = 8
"""Rises when more is read from a file: kinds and reasons that an earlier version kept are found again."""


@dataclass(frozen=True, slots=True)
class Known:
    """The facts about a file at one moment: its ``kind``, or the ``reason`` why it is no model; "" is unknown.

    Attributes:
        families: the families that could be loaded when ``kind`` or ``reason`` was found, after the number of the
            detection; with others the file is looked at again.
        is_model: False for an addition to a model, or a part of one.
        is_damaged: as `ModelBroken` has it.
        parts: kind, start of the names and width of each encoder and autoencoder in it; None is unknown.
        lora_hash: as `core.lora.file.lora_hash` tells it.
        lora: what its header tells as a LoRA, see `core.lora.library`; None is unknown.
    """

    size: int
    changed_ns: int
    kind: CheckpointKind | None = None
    reason: str = ""
    sha256: str = ""
    lora_hash: str = ""
    families: str = ""
    is_model: bool = True
    is_damaged: bool = False
    parts: tuple[tuple[str, str, int | None], ...] | None = None
    lora: Mapping[str, Any] | None = None


class CheckpointCache:
    """Remembers by path, size and time of change, also of moved files. May be asked from several threads."""

    def __init__(self, file: Path | None = None) -> None:
        """Keeps the facts in ``file``, or only while the program runs."""
        self._file = file
        self._lock = threading.Lock()
        self._known: dict[str, Known] = _read(file) if file is not None else {}
        self._saved = dict(self._known)
        self._places: dict[tuple[int, int], list[str]] = {}
        for place, known in self._known.items():
            self._places.setdefault((known.size, known.changed_ns), []).append(place)
        self._beside: dict[Path, threading.Thread] = {}

    @property
    def folder(self) -> Path | None:
        """Returns where the facts are kept, None while they live in memory only."""
        return self._file.parent if self._file is not None else None

    def kind_of(self, path: Path) -> CheckpointKind:
        """Returns the kind of a file; reads its header unless that is known. Raises ModelBroken."""
        known = self._known_of(path)
        if known.kind is None and not known.reason:
            try:
                known = replace(known, kind=recognise(read_header(path)), families=_families())
            except ModelBroken as error:
                is_model = not isinstance(error, NotAModel)
                known = replace(
                    known,
                    reason=error.reason,
                    families=_families(),
                    is_model=is_model,
                    is_damaged=error.is_damaged,
                )
            self._keep(path, known)
        if known.kind is None:
            raise (ModelBroken if known.is_model else NotAModel)(path, known.reason, is_damaged=known.is_damaged)
        return known.kind

    def parts_of(self, path: Path) -> tuple[FoundKind, ...]:
        """Returns the text encoders and the autoencoder in a file; none of one that cannot be read."""
        known = self._known_if_there(path)
        if known is None:
            return ()
        if known.parts is None:
            try:
                found = parts_in(read_header(path))
            except ModelBroken:
                found = ()
            parts = tuple((part.kind.key, part.start, part.width) for part in found)
            known = replace(known, parts=parts, families=_families())
            self._keep(path, known)
        return tuple(FoundKind(KINDS[key], start, width) for key, start, width in known.parts or ())

    def knows(self, path: Path) -> bool:
        """Returns whether `kind_of` answers without reading the file."""
        known = self._known_if_there(path)
        return known is None or known.kind is not None or bool(known.reason)

    def sha256_if_known(self, path: Path) -> str:
        """Returns 64 hexadecimal digits, or "" if the file has not been read as a whole."""
        known = self._known_if_there(path)
        return known.sha256 if known else ""

    def sha256_of(self, path: Path) -> str:
        """Returns the hash; reads the whole file unless it is known, some seconds per GB. Raises ModelBroken."""
        for _ in self.hashing(path):
            pass
        if digest := self._known_of(path).sha256:
            return digest
        raise ModelBroken(path, tr("it changes while it is read"))

    def hash_beside(self, paths: Iterable[Path]) -> None:
        """Has the hashes that are not known yet computed in a thread, for which `hashing` and `sha256_of` wait.

        It goes on when whoever wanted them has stopped, but not beyond the end of the process. What cannot be
        read is told to those who wait.
        """
        with self._lock:
            paths = [path for path in paths if path not in self._beside]
            thread = threading.Thread(target=self._hash_all, args=(paths,), name="hashes", daemon=True)
            thread.start()
            self._beside |= dict.fromkeys(paths, thread)

    def _hash_all(self, paths: Iterable[Path]) -> None:
        for path in paths:
            with suppress(ModelBroken):
                for _ in self._reading(path):
                    pass
            with self._lock:
                del self._beside[path]

    def hashing(self, path: Path) -> Generator[int]:
        """Computes the hash step by step: yields the number of bytes read so far; nothing if the hash is known.

        Closing it keeps nothing. Yields 0 while it is computed in a thread. Raises ModelBroken.
        """
        while (thread := self._beside.get(path)) is not None and thread.is_alive():
            thread.join(WAIT_S)
            if thread.is_alive():
                yield 0
        yield from self._reading(path)

    def _reading(self, path: Path) -> Generator[int]:
        known = self._known_of(path)
        if known.sha256:
            return
        digest, buffer, done = hashlib.sha256(), memoryview(bytearray(CHUNK_BYTES)), 0
        try:
            with path.open("rb", buffering=0) as file:
                while count := file.readinto(buffer):
                    digest.update(buffer[:count])
                    done += count
                    yield done
        except OSError as error:
            raise ModelBroken(path, tr("it cannot be read ({strerror})", strerror=words_of(error))) from error
        self._keep(path, replace(known, sha256=digest.hexdigest()))
        self.save()

    def lora_hash_if_known(self, path: Path) -> str:
        """Returns 12 digits, or "" if the file has not been read as a whole."""
        known = self._known_if_there(path)
        return known.lora_hash if known else ""

    def lora_hash_of(self, path: Path, read: Callable[[Path], str]) -> str:
        """Returns the known hash, or that of ``read``, which is then remembered. Raises ModelBroken."""
        known = self._known_of(path)
        if not known.lora_hash:
            known = replace(known, lora_hash=read(path))
            self._keep(path, known)
            self.save()
        return known.lora_hash

    def lora_of(self, path: Path, read: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """Returns what the header of a LoRA tells, as JSON: what is known, or that of ``read``, which is kept."""
        known = self._known_if_there(path)
        if known is None:
            return read()
        if known.lora is None:
            known = replace(known, lora=read(), families=_families())
            self._keep(path, known)
        assert known.lora is not None
        return known.lora

    def lora_files(self) -> tuple[Path, ...]:
        """Returns the LoRAs that have been used, wherever they lie or lay."""
        with self._lock:
            return tuple(Path(path) for path, known in self._known.items() if known.lora_hash)

    def files(self) -> tuple[tuple[Path, bool], ...]:
        """Returns all files that are known, there or not, with True for single files of models."""
        with self._lock:
            return tuple((Path(path), known.kind is not None) for path, known in self._known.items())

    def save(self) -> None:
        """Writes all facts; a folder that cannot be written only costs the time of reading again."""
        with self._lock:
            if self._file is None or self._known == self._saved:
                return
            # another process, a command beside the window, may have learned something meanwhile
            self._known = {**_read(self._file), **self._known}
            self._known = dict(list(self._known.items())[-MOST_KNOWN:])
            known = dict(self._known)  # other threads go on learning while it is written
        text = json.dumps({path: asdict(entry) for path, entry in known.items()}, indent=1)
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_file(self._file, text.encode())
        except (OSError, SaveFailed) as error:
            log.info("what is known of model files is not kept: %s", error)
        self._saved = known

    def _known_of(self, path: Path) -> Known:
        if known := self._known_if_there(path):
            return known
        raise ModelBroken(path, tr("this file is missing"))

    def _known_if_there(self, path: Path) -> Known | None:
        try:
            stat = path.stat()
        except (OSError, ValueError):
            return None
        stamp = (stat.st_size, stat.st_mtime_ns)
        with self._lock:
            known = self._known.get(str(path)) or self._moved(path, stamp)
        return known if known is not None and (known.size, known.changed_ns) == stamp else Known(*stamp)

    def _moved(self, path: Path, stamp: tuple[int, int]) -> Known | None:
        """Takes over the facts about a file of this size and time of change that is gone from another place."""
        if stamp[1] % 1_000_000_000 == 0:  # archives and old disks know whole seconds only: not sure enough
            return None
        for place in self._places.get(stamp, ()):
            known = self._known.get(place)
            if known is not None and (known.size, known.changed_ns) == stamp and not Path(place).exists():
                self._known[str(path)] = self._known.pop(place)
                self._places[stamp].append(str(path))
                return known
        return None

    def _keep(self, path: Path, known: Known) -> None:
        with self._lock:
            if str(path) not in (places := self._places.setdefault((known.size, known.changed_ns), [])):
                places.append(str(path))
            self._known[str(path)] = known


def _read(file: Path) -> dict[str, Known]:
    try:
        content = cast("dict[str, dict[str, Any]]", json.loads(file.read_bytes()))
        return {path: _known(entry) for path, entry in content.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        log.info("what was known of model files is lost: %s", error)
        return {}


def _families() -> str:
    language = current()  # reasons are kept as they were told
    return " ".join((str(DETECTION), *FAMILIES, *((language.code,) if language else ())))


def _known(entry: dict[str, Any]) -> Known:
    kind = entry["kind"]
    is_current, parts = entry.get("families") == _families(), entry.get("parts")
    return Known(
        size=int(entry["size"]),
        changed_ns=int(entry["changed_ns"]),
        kind=CheckpointKind.of_json(kind) if kind is not None and is_current else None,
        reason=str(entry["reason"]) if is_current else "",
        sha256=str(entry["sha256"]),
        lora_hash=str(entry.get("lora_hash", "")),
        families=_families() if is_current else "",
        is_model=bool(entry.get("is_model", True)),
        is_damaged=bool(entry.get("is_damaged", False)),
        parts=tuple(map(tuple, parts)) if is_current and parts is not None else None,
        lora=entry.get("lora") if is_current else None,
    )
