"""Copies LoRA files into the user's own folder of LoRAs."""

import filecmp
import os
import shutil
import tempfile
from pathlib import Path

from core.errors import SaveFailed
from core.files.atomic import words_of


def copy_lora(path: Path, folder: Path, taken: frozenset[str] = frozenset()) -> Path:
    """Copies the file; one of this name with the same content is taken as it is, another one is left alone.

    The copy gets a number where its name is one of ``taken``, which are without endings.

    Returns where it lies now. Raises SaveFailed, with nothing left half-written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / path.name
        number = 2
        while target.exists() or target.stem in taken:
            if target.exists() and filecmp.cmp(path, target, shallow=False):
                return target
            target = folder / f"{path.stem}-{number}{path.suffix}"
            number += 1
        handle, name = tempfile.mkstemp(".part", ".", folder)
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as to, path.open("rb") as source:
                shutil.copyfileobj(source, to, 2**20)
                to.flush()
                os.fsync(to.fileno())
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise SaveFailed(folder, words_of(error)) from error
    return target
