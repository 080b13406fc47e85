"""The embeddings that a prompt can name: in folders beside the models, and where the user pointed to."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from core.checkpoints.cache import CheckpointCache
from core.embeddings.file import SUFFIX, EmbeddingFile, read_embedding
from core.errors import ModelBroken

FOLDER_NAMES = ("embeddings", "Embeddings", "textual_inversion")
"""In a folder of models, beside it, or beside that: where ComfyUI and AUTOMATIC1111's program keep them."""

PICKLED = (".pt", ".bin")
"""Other endings of embeddings, whose files can run any program."""

HASH_DIGITS = 12
"""Of the SHA-256 of the file, as AUTOMATIC1111's program writes them."""


class EmbeddingLibrary:
    """Finds embeddings by name. Of two with one name, that in the folder that is named first counts."""

    def __init__(self, model_folders: Iterable[Path], places: Iterable[Path], memory: CheckpointCache) -> None:
        """Looks around each folder of models, and in ``places``, which are files or folders."""
        folders = [
            place / name
            for folder in model_folders
            for place in (folder, folder.parent, folder.parent.parent)
            for name in FOLDER_NAMES
        ]
        self._places = tuple(dict.fromkeys((*folders, *places)))
        self._memory = memory

    def files(self) -> tuple[Path, ...]:
        """Returns all files by name, which need not be embeddings."""
        found: dict[str, Path] = {}
        for place in self._places:
            if place.is_dir():
                inside = sorted(path for path in place.rglob(f"*{SUFFIX}") if not path.name.startswith("."))
            else:
                inside = [place] if place.suffix == SUFFIX and place.is_file() else []
            for path in inside:
                found.setdefault(path.stem, path)
        return tuple(found[name] for name in sorted(found, key=str.casefold))

    def pickled(self) -> tuple[Path, ...]:
        """Returns the files of which there is no readable one of the same name."""
        readable = {path.stem for path in self.files()}
        found = (path for place in self._places if place.is_dir() for path in sorted(place.rglob("*")))
        return tuple(path for path in found if path.suffix.lower() in PICKLED and path.stem not in readable)

    def look(self) -> tuple[EmbeddingFile, ...]:
        """Returns all that can be used; reads their headers."""
        looked: list[EmbeddingFile] = []
        for path in self.files():
            with suppress(ModelBroken):  # another program keeps other files there, too
                looked.append(read_embedding(path))
        return tuple(looked)

    def hash_of(self, path: Path) -> str:
        """Returns the hash of a file, remembered. Raises ModelBroken."""
        return self._memory.sha256_of(path)[:HASH_DIGITS]
