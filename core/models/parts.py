"""The parts with which a network in a file of its own works: found among all files, chosen, or missing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from core.autoencoders.latent_space import LatentSpace
from core.checkpoints.cache import CheckpointCache
from core.checkpoints.weights import files_of
from core.errors import ModelBroken, WrongPart
from core.families import FAMILIES, family_of_pipeline, in_words, part_name
from core.families.spec import CheckpointKind, FamilySpec, Role
from core.file_kinds.kind import FoundKind
from core.file_kinds.table import KINDS, parts_in
from core.files.json_file import read_json
from core.files.weights_header import read_header
from core.language.words import tr
from core.models.folders import INDEX
from core.models.identity import identify


@dataclass(frozen=True, slots=True)
class Parts:
    """The places of those parts of a model that its own file does not bring, by the folder of the part.

    Attributes:
        places: a file of weights, or a folder of that part in a diffusers folder.
        choices: all that fit, the one in ``places`` among them.
        missing: the parts for which nothing fits.
        needed: the kind that the network asks for, as users know it: ``"Qwen3 4B"``.
        hashes: SHA-256 of the weights in each place, the first file of several, as far as they are known.
    """

    places: Mapping[str, Path] = field(default_factory=dict[str, Path])
    choices: Mapping[str, tuple[Path, ...]] = field(default_factory=dict[str, tuple[Path, ...]])
    missing: tuple[str, ...] = ()
    needed: Mapping[str, str] = field(default_factory=dict[str, str])
    hashes: Mapping[str, str] = field(default_factory=dict[str, str])

    def told(self, digits: int) -> dict[str, str]:
        """Returns name and hash of each part of which the hash is known: ``"qwen_3_4b 0123456789"``."""
        return {part: f"{self.name_of(part)} {sha256[:digits]}" for part, sha256 in self.hashes.items()}

    def name_of(self, part: str) -> str:
        """Returns the name of a part's file, or of the model that lends it."""
        place = self.places[part]
        return place.parent.name if place.is_dir() else place.stem


NO_PARTS = Parts()


class AtHand:
    """All that models may take parts from, for one look at all models."""

    def __init__(
        self, folders: Iterable[Path], files: Iterable[tuple[Path, tuple[FoundKind, ...]]], memory: CheckpointCache
    ) -> None:
        """Takes diffusers folders, and files with the encoders and autoencoders that are in each."""
        self.folders = tuple(folders)
        self._files = [(file, found[0]) for file, found in files if len(found) == 1]
        self._memory = memory
        self._fitting: dict[tuple[str, str, int | None], tuple[Path, ...]] = {}

    def fitting(self, wanted: Wanted) -> tuple[Path, ...]:
        """Returns the places of a part: those of folders before lone files."""
        key = wanted.family.key, wanted.part, wanted.width
        if key not in self._fitting:
            lent = (
                place for folder in self.folders if (place := wanted.lent_by(folder, self._memory)) is not None
            )
            lone = (file for file, found in self._files if wanted.is_fitted_by(file, (found,)))
            self._fitting[key] = tuple(dict.fromkeys((*lent, *lone)))
        return self._fitting[key]


def find_parts(
    kind: CheckpointKind,
    at_hand: AtHand,
    memory: CheckpointCache,
    chosen: Mapping[str, str] = MappingProxyType({}),
) -> Parts:
    """Returns the parts that a file of this kind lacks; those of folders come before lone files.

    ``chosen`` are paths that the user chose, by part, which are taken where they still fit.
    """
    places: dict[str, Path] = {}
    choices: dict[str, tuple[Path, ...]] = {}
    wanted = wanted_by(kind)
    for part, one in wanted.items():
        choices[part] = at_hand.fitting(one)
        choice = Path(chosen[part]) if part in chosen else None
        if choice is not None and choice not in choices[part]:
            is_fitting = one.is_fitted_by(choice, found_in(choice, memory))
            choice = choice if is_fitting else None
            choices[part] = (*choices[part], *(() if choice is None else (choice,)))
        if choices[part]:
            places[part] = choice or choices[part][0]
    missing = (part for part, one in wanted.items() if not choices[part] and not one.role.is_optional)
    hashes = {part: sha256 for part, place in places.items() if (sha256 := _hash_of(place, memory))}
    return Parts(places, choices, tuple(missing), {part: one.name for part, one in wanted.items()}, hashes)


def wanted_by(kind: CheckpointKind) -> dict[str, Wanted]:
    """Returns the parts that a file of this kind lacks, in the order of its family."""
    family = FAMILIES[kind.family]
    lacking = (part for part in family.roles if part not in kind.parts)
    return {part: Wanted(family, part, kind.widths.get(part)) for part in lacking}


def check_part(kind: CheckpointKind, model: str, part: str, place: Path, memory: CheckpointCache) -> None:
    """Checks a file or folder that somebody wants a model to work with. Raises WrongPart, ModelBroken or KeyError.

    Only headers are read. ``model`` is its name; KeyError is for a part that it does not take.
    """
    wanted, found = wanted_by(kind)[part], found_in(place, memory)
    if wanted.is_fitted_by(place, found):
        return
    named = in_words([one.name for one in found]) or identify(weights_at(place)).name or tr("an unknown file")
    if found and wanted.is_found(found[0]):  # its name says that it is for others
        named = tr("{kind} of another family, by its name", kind=named)
    raise WrongPart(place, named, model, part_name(part), wanted.name)


def weights_at(place: Path) -> Path:
    """Returns the file of weights of a part, the first of several. Raises ModelBroken."""
    return files_of(place)[0] if place.is_dir() else place


def found_in(place: Path, memory: CheckpointCache) -> tuple[FoundKind, ...]:
    """Returns the encoders and the autoencoder in a file, or in a part's folder, of all its files together."""
    with suppress(ModelBroken):
        first, *others = files_of(place) if place.is_dir() else (place,)
        if not others:
            return memory.parts_of(first)
        header = read_header(first)
        tensors = [one.tensors for one in (header, *map(read_header, others))]
        return parts_in(replace(header, tensors={name: one for part in tensors for name, one in part.items()}))
    return ()


def _hash_of(place: Path, memory: CheckpointCache) -> str:
    with suppress(ModelBroken):
        return memory.sha256_if_known(weights_at(place))
    return ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A part that a network asks for; ``width`` is None where the network does not tell it."""

    family: FamilySpec
    part: str
    width: int | None

    @property
    def role(self) -> Role:
        return self.family.roles[self.part]

    @property
    def name(self) -> str:
        """Returns the kind as users know it: ``"Qwen3 4B"``, ``"an autoencoder of FLUX.1 …"``."""
        kind = KINDS[self.role.kinds[0]]
        if kind.key == "kl" and self.family.latents.channels == self.width:
            return tr("the autoencoder of {family}", family=self.family.latents.models or self.family.name)
        return FoundKind(kind, width=self.width).name

    def is_found(self, found: FoundKind) -> bool:
        """Returns True for a part of a fitting kind and width."""
        is_width = self.width is None or found.width in (None, self.width)
        return found.kind.key in self.role.kinds and is_width

    def is_fitted_by(self, place: Path, found: tuple[FoundKind, ...]) -> bool:
        """Returns True for a file, or a folder of weights, that holds such a part alone."""
        unlike = self.role.unlike
        is_one = len(found) == 1 and self.is_found(found[0])
        return is_one and not (unlike and re.search(unlike, place.stem.lower()))

    def lent_by(self, folder: Path, memory: CheckpointCache) -> Path | None:
        """Returns the folder of such a part in a diffusers folder, of this family or with the same latents."""
        for place in (folder / self.part, *(folder / name for name in _ENCODERS if self.part in _ENCODERS)):
            try:
                files_of(place)
                is_same = family_of_pipeline(read_json(folder / INDEX).get("_class_name")) is self.family
                if not is_same and self.part == "vae" and not self._has_latents(place):
                    continue
            except ModelBroken:
                continue
            if any(map(self.is_found, found_in(place, memory))):
                return place
        return None

    def _has_latents(self, place: Path) -> bool:
        """Raises ModelBroken."""
        latents = self.family.latents
        try:
            space = LatentSpace.of_config(read_json(place / "config.json"))
        except (ValueError, TypeError):
            return False
        return space.fits(LatentSpace(latents.channels, latents.factor, latents.scale, latents.shift))


_ENCODERS = ("text_encoder", "text_encoder_2", "text_encoder_3")
