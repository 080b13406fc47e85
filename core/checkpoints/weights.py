"""Checks that a model's weights are whole and in a safe format before anything loads them.

diffusers answers every damaged file with the same sentence, after reading all of it; the header tells in
microseconds whether the file is whole.
"""

import re
from pathlib import Path

from core.checkpoints.packing import check_packing
from core.errors import ModelBroken
from core.files.json_file import read_json
from core.files.weights_header import read_header
from core.language.words import tr
from core.paths import SHARED_VOCABULARY

SHORT_HASH = 10
"""Digits of a SHA-256 that stand for a model in recipes."""


_NAME = re.compile(r"(?P<stem>[^.]+?)(\.(?P<variant>\w+))?(-\d{5}-of-(?P<count>\d{5}))?(\.(?P<old>\w+))?")
"""``diffusion_pytorch_model.fp16-00001-of-00002``, or ``…-00001-of-00002.fp16`` as diffusers once had it."""

_PREFERRED = ("", "bf16", "fp16", "fp32")


def files_of(folder: Path) -> tuple[Path, ...]:
    """Returns the safetensors files of a component: of a variant such as ``"fp16"`` where all are of one.

    Only looks at names. Raises ModelBroken: no weights, only pickled ones, or not all files of several.
    """
    if not folder.is_dir():
        raise ModelBroken(folder, tr("this folder of the model is missing"), is_damaged=True)
    by_variant: dict[str, list[tuple[Path, int]]] = {}
    for file in sorted(folder.glob("*.safetensors")):
        if match := _NAME.fullmatch(file.stem):
            variant = match["variant"] or match["old"] or ""
            by_variant.setdefault(variant, []).append((file, int(match["count"] or 1)))
    if not by_variant:
        if any(folder.glob("*.bin")) or any(folder.glob("*.ckpt")):
            only = tr("only pickled weights (.bin); Emulsion loads .safetensors, which cannot run code")
            raise ModelBroken(folder, only)
        raise ModelBroken(folder, tr("no .safetensors weights in this folder"), is_damaged=True)
    best = next((variant for variant in _PREFERRED if variant in by_variant), min(by_variant))
    count = max(count for _, count in by_variant[best])
    files = tuple(file for file, of in by_variant[best] if of == count)
    if count > 1 and len(files) < count:
        raise ModelBroken(
            folder,
            tr("{missing} of its {count} files of weights are missing", missing=count - len(files), count=count),
            is_damaged=True,
        )
    if count > 1 and not any(folder.glob("*.safetensors.index*.json")):
        raise ModelBroken(folder, tr("the list of its files of weights (.index.json) is missing"), is_damaged=True)
    return files


def weights_of(folder: Path) -> tuple[Path, ...]:
    """Does as `files_of`, and reads the headers of the files. Raises ModelBroken also for a damaged file."""
    files = files_of(folder)
    for file in files:
        check_packing(read_header(file))
    return files


def vocabulary_of(folder: Path, is_clip: bool) -> str | None:
    """Returns the file with a tokenizer's words; None where there is a configuration only, for words that ship.

    Raises ModelBroken where the words are missing: those of other text encoders are not CLIP's.
    """
    for name in ("tokenizer.json", "vocab.json"):
        if (folder / name).is_file():
            return name
    config = folder / "tokenizer_config.json"
    if config.is_file() and (is_clip or SHARED_VOCABULARY in read_json(config)):
        return None
    raise ModelBroken(
        folder, tr("the words of its tokenizer (tokenizer.json or vocab.json) are missing"), is_damaged=True
    )
