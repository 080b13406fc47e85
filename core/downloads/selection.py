"""Selects the needed files of a repository: safetensors in one variant, configurations, tokenizers, none twice.

The layout is that of diffusers: a folder for each part, weights named ``*.safetensors``, other variants
``*.fp16.safetensors``, shards ``*-00001-of-00002.safetensors`` with an ``*.index.json`` beside them.
"""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from core.downloads.failures import DownloadFailed, Failure, Fault
from core.downloads.listing import Listing, RemoteFile
from core.language.words import tr

INDEX = "model_index.json"
"""Makes a folder a model; fetched last, so that a folder with it is complete."""

NETWORKS = ("unet", "transformer", "vae", "text_encoder", "text_encoder_2", "text_encoder_3")
SETTINGS = ("scheduler", "tokenizer", "tokenizer_2", "tokenizer_3")
HALF = "fp16"

_SHARD = re.compile(r"-\d{5}-of-\d{5}$")
_WEIGHTS = re.compile(r"(diffusion_pytorch_model|model|pytorch_model)[.-][^/]*safetensors")
_CONFIGURATION = (".json", ".txt", ".model")
_WEIGHTS_INDEX = ".index."


def select_files(listing: Listing, variant: str = HALF) -> tuple[RemoteFile, ...]:
    """Returns the files to fetch, small ones first and ``model_index.json`` last.

    ``variant`` is preferred where a part has it; "" prefers the plain files. Raises DownloadFailed when the
    repository holds no model that can be loaded from safetensors.
    """
    if not any(file.path == INDEX for file in listing.files):
        raise DownloadFailed(_nothing(listing, tr("it has no {index}", index=INDEX)))
    chosen: list[RemoteFile] = []
    for file in listing.files:
        path = PurePosixPath(file.path)
        is_own_text = len(path.parts) == 1 and path.name.upper().startswith(("LICENSE", "LICENCE"))
        is_setting = len(path.parts) == 2 and path.parts[0] in SETTINGS and path.suffix in _CONFIGURATION
        if file.path == INDEX or is_own_text or is_setting:
            chosen.append(file)
    for part in NETWORKS:
        inside = [file for file in listing.files if PurePosixPath(file.path).parts[:-1] == (part,)]
        if any(file.path.endswith("/config.json") for file in inside):
            chosen += _network(listing, part, inside, variant)
    return tuple(sorted(chosen, key=_order))


def named_files(listing: Listing, paths: Sequence[str]) -> tuple[RemoteFile, ...]:
    """Returns files by their paths. Raises DownloadFailed when the repository does not have one."""
    found = {file.path: file for file in listing.files}
    if missing := next((path for path in paths if path not in found), None):
        raise DownloadFailed(_nothing(listing, tr("it has no {index}", index=missing)))
    return tuple(found[path] for path in paths)


def _network(listing: Listing, part: str, inside: list[RemoteFile], variant: str) -> list[RemoteFile]:
    by_variant: dict[str, list[RemoteFile]] = {}
    for file in inside:
        if _WEIGHTS.fullmatch(PurePosixPath(file.path).name):
            by_variant.setdefault(_variant_of(file.path), []).append(file)
    if not by_variant:
        pickled = any(file.path.endswith((".bin", ".ckpt", ".pt")) for file in inside)
        why = tr("has only pickled weights, which could run code") if pickled else tr("has no weights")
        raise DownloadFailed(_nothing(listing, tr("its part {part} {why}", part=part, why=why)))
    best = next((name for name in (variant, "", HALF) if name in by_variant), min(by_variant))
    shards = [file for file in by_variant[best] if _SHARD.search(PurePosixPath(file.path).stem)]
    whole = [file for file in by_variant[best] if file not in shards]
    weights = whole or shards
    texts = [
        file
        for file in inside
        if file.path.endswith(_CONFIGURATION)
        and (_WEIGHTS_INDEX not in file.path or (weights is shards and _variant_of(file.path) == best))
    ]
    return [*texts, *weights]


def _variant_of(path: str) -> str:
    """Returns ``"fp16"`` for ``a.fp16-00001-of-00002.safetensors`` and ``a.safetensors.index.fp16.json``."""
    name = PurePosixPath(path).name
    if name.endswith(".json"):
        middle = name.removesuffix(".json").partition(_WEIGHTS_INDEX)[2]
        return middle or _dotted(name.partition(".safetensors")[0])
    return _dotted(_SHARD.sub("", name.removesuffix(".safetensors")))


def _dotted(stem: str) -> str:
    return stem.partition(".")[2]


def _order(file: RemoteFile) -> tuple[bool, bool, str]:
    return (file.path == INDEX, file.path.endswith(".safetensors"), file.path)


def _nothing(listing: Listing, reason: str) -> Failure:
    return Failure(Fault.nothing_to_load, listing.repository, reason=reason)
