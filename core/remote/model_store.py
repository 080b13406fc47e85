"""Models that a client sends, kept among the user's own: each gets its name when it is whole and right."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from core.errors import InvalidRequest, SaveFailed, WireBroken
from core.files.atomic import TEMPORARY_PREFIX
from core.files.free_space import SPARE_BYTES, free_bytes_at
from core.files.sizes import size_text
from core.files.weights_header import SUFFIXES
from core.language.words import tr
from core.models.importing import NEEDED_SUFFIXES
from core.remote.messages import Lacks, ModelFile, OfferModel, PutModel
from core.remote.store import is_name, write_at

MOST_FILES = 1000
DEEPEST = 4
LARGEST = 2**42
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PART = ".part"


class ModelStore:
    """Takes one model after the other. What was taken stays for the next offer, also of another session."""

    def __init__(self, folder: Path, free: Callable[[Path], int] = free_bytes_at) -> None:
        self._folder, self._free = folder, free
        self._offer: OfferModel | None = None

    @property
    def name(self) -> str:
        """Returns the name of the model that is being sent, "" for none."""
        return self._offer.name if self._offer is not None else ""

    def offer(self, order: OfferModel) -> Lacks:
        """Begins a model, or goes on with it. Raises WireBroken, SaveFailed, InvalidRequest and OSError."""
        _check(order)
        self._offer = None
        target, is_there = self._target(order)
        if is_there:
            return Lacks(len(order.files), 0)
        missing = sum(file.size for file in order.files) - self._taken(order)
        if (free := self._free(self._folder)) < missing + SPARE_BYTES:
            told = {"needed": size_text(missing), "free": size_text(free)}
            raise SaveFailed(target, tr("{needed} needed and {free} free on this disk", **told))
        self._begun(order).mkdir(parents=True, exist_ok=True)
        self._offer = order
        return self._lacking(order)

    def put(self, order: PutModel) -> Lacks:
        """Takes a piece that follows what is there, and tells which comes next. Raises what `offer` raises."""
        offer = self._offer
        if offer is None or not 0 <= order.file < len(offer.files):
            raise WireBroken(tr("an order comes out of turn"))
        lacks, file = self._lacking(offer), offer.files[order.file]
        if (order.file, order.offset) == (lacks.file, lacks.offset):
            if order.offset + order.content.nbytes > file.size:
                raise WireBroken(tr("a file is too large"))
            part = self._part(offer, file)
            part.parent.mkdir(parents=True, exist_ok=True)
            write_at(part, order.offset, order.content)
            lacks = self._lacking(offer)
        return lacks

    def _lacking(self, offer: OfferModel) -> Lacks:
        """Returns the place of the next piece; finishes files that are whole, and then the model."""
        for number, file in enumerate(offer.files):
            part = self._part(offer, file)
            whole = part.with_suffix("")
            if whole.exists():
                continue
            had = part.stat().st_size if part.exists() else 0
            if had < file.size:
                return Lacks(number, had)
            part.parent.mkdir(parents=True, exist_ok=True)
            part.touch()  # of no bytes at all
            if had > file.size or _sha256(part) != file.sha256:
                part.unlink()
                raise WireBroken(tr("a file has not the content that it is named by"))
            part.replace(whole)
        self._finish(offer)
        return Lacks(len(offer.files), 0)

    def _finish(self, offer: OfferModel) -> None:
        begun, (target, is_there) = self._begun(offer), self._target(offer)
        if not is_there:  # else an engine beside this one has finished it
            (begun if offer.files[0].path else begun / offer.name).rename(target)
        shutil.rmtree(begun, ignore_errors=True)
        self._offer = None

    def _target(self, offer: OfferModel) -> tuple[Path, bool]:
        """Returns the place under the model's name, or one that tells it from another content of that name.

        True stands for a place where the model is already.
        """
        weights, own = max(offer.files, key=lambda file: file.size), self._folder / offer.name
        for target in (own, own.with_name(f"{own.stem}-{weights.sha256[:8]}{own.suffix}")):
            if not os.path.lexists(target):
                return target, False
            if _is_there(target, offer):
                return target, True
        reason = tr("one whose name is not taken in {folder}", folder=self._folder)
        raise InvalidRequest("model", offer.name, reason)

    def _begun(self, offer: OfferModel) -> Path:
        told = hashlib.sha256(repr(offer).encode("utf-8", "surrogatepass")).hexdigest()
        return self._folder / f"{TEMPORARY_PREFIX}sent-{told[:32]}"

    def _part(self, offer: OfferModel, file: ModelFile) -> Path:
        *folders, name = file.path or (offer.name,)
        return self._begun(offer).joinpath(*folders, f"{name}{_PART}")

    def _taken(self, offer: OfferModel) -> int:
        parts = (self._part(offer, file) for file in offer.files)
        there = (path for part in parts for path in (part, part.with_suffix("")) if path.is_file())
        return sum(path.stat().st_size for path in there)


def _check(offer: OfferModel) -> None:
    """Raises WireBroken for what could be written elsewhere, could be run, or is too much."""
    files, is_single = offer.files, bool(offer.files) and not offer.files[0].path
    paths = [tuple(name.casefold() for name in file.path) for file in files]
    if not 0 < len(files) <= MOST_FILES or (is_single and len(files) > 1) or len({*paths}) < len(paths):
        raise WireBroken(tr("a model has not the files that one has"))
    names = [offer.name, *(name for file in files for name in file.path)]
    if not all(is_name(name) and not name.startswith(".") for name in names):
        raise WireBroken(tr("a file is named by a path"))
    ends = {Path(file.path[-1] if file.path else offer.name).suffix.lower() for file in files}
    if not ends <= ({*SUFFIXES} if is_single else NEEDED_SUFFIXES) or any(len(path) > DEEPEST for path in paths):
        raise WireBroken(tr("a model has not the files that one has"))
    if not all(_SHA256.fullmatch(file.sha256) and 0 <= file.size <= LARGEST for file in files):
        raise WireBroken(tr("a file is too large"))


def _is_there(target: Path, offer: OfferModel) -> bool:
    """Returns True where a place has these files with these contents."""
    places = [(target.joinpath(*file.path), file) for file in offer.files]
    is_sized = all(place.is_file() and place.stat().st_size == file.size for place, file in places)
    return is_sized and all(_sha256(place) == file.sha256 for place, file in places)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
