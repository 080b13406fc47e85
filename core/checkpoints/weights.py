"""Checks that a model's weights are whole and in a safe format before anything loads them.

diffusers answers every damaged file with the same sentence, after reading all of it; the header tells in
microseconds whether the file is whole.
"""

import hashlib
from pathlib import Path

from core.errors import ModelBroken
from core.files.safetensors_header import read_safetensors_header

SHORT_HASH = 10
"""Digits of a SHA-256 that stand for a model in recipes."""


def weights_of(folder: Path) -> tuple[tuple[Path, ...], str | None]:
    """Returns the checked safetensors files of a component, and their variant (``"fp16"``) if only that is there.

    Raises ModelBroken: no weights, only pickled ones, or a damaged file.
    """
    if not folder.is_dir():
        raise ModelBroken(folder, "this folder of the model is missing")
    files = tuple(sorted(folder.glob("*.safetensors")))
    if not files:
        pickled = any(folder.glob("*.bin")) or any(folder.glob("*.ckpt"))
        only_pickled = "only pickled weights (.bin); Emulsion loads .safetensors, which cannot run code"
        raise ModelBroken(folder, only_pickled if pickled else "no .safetensors weights in this folder")
    plain = tuple(file for file in files if ".fp16." not in file.name)
    chosen = plain or files
    for file in chosen:
        read_safetensors_header(file)
    return chosen, None if plain else "fp16"


def short_hash(path: Path) -> str:
    """Returns the first 10 hexadecimal digits of the file's SHA-256, as in AUTOMATIC1111's recipes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:SHORT_HASH]
