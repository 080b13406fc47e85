"""The parts with which a network in a file of its own works: found among all files, chosen, or missing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from core.autoencoders.latent_space import LatentSpace
from core.checkpoints.cache import CheckpointCache
from core.checkpoints.weights import files_of
from core.errors import ModelBroken
from core.families import FAMILIES, family_of_pipeline
from core.families.spec import CheckpointKind, FamilySpec
from core.file_kinds.kind import FoundKind
from core.files.json_file import read_json
from core.models.folders import INDEX


@dataclass(frozen=True, slots=True)
class Parts:
    """The places of those parts of a model that its own file does not bring, by the folder of the part.

    Attributes:
        places: a file of weights, or a folder of that part in a diffusers folder.
        choices: all that fit, the one in ``places`` among them.
        missing: the parts for which nothing fits.
    """

    places: Mapping[str, Path] = field(default_factory=dict[str, Path])
    choices: Mapping[str, tuple[Path, ...]] = field(default_factory=dict[str, tuple[Path, ...]])
    missing: tuple[str, ...] = ()


NO_PARTS = Parts()


def find_parts(
    kind: CheckpointKind,
    folders: Iterable[Path],
    files: Iterable[Path],
    memory: CheckpointCache,
    chosen: Mapping[str, str] = MappingProxyType({}),
) -> Parts:
    """Returns the parts that a file of this kind lacks.

    ``folders`` are diffusers folders, whose parts come before lone ``files``; ``chosen`` are paths that the user
    chose, by part, which are taken where they still fit.
    """
    family = FAMILIES[kind.family]
    folders, files = tuple(folders), tuple(files)
    places: dict[str, Path] = {}
    choices: dict[str, tuple[Path, ...]] = {}
    for part in family.roles.keys() - set(kind.parts):
        wanted = Wanted(family, part, kind.widths.get(part))
        lent = (found for folder in folders if (found := wanted.lent_by(folder, memory)) is not None)
        lone = (file for file in files if wanted.is_fitted_by(file, memory))
        choices[part] = tuple(dict.fromkeys((*lent, *lone)))
        if choices[part]:
            choice = Path(chosen.get(part, ""))
            places[part] = choice if choice in choices[part] else choices[part][0]
    missing = (part for part in family.roles if not choices.get(part, (Path(),)))
    return Parts(places, choices, tuple(part for part in missing if not family.roles[part].is_optional))


@dataclass(frozen=True, slots=True)
class Wanted:
    """A part that a network asks for; ``width`` is None where the network does not tell it."""

    family: FamilySpec
    part: str
    width: int | None

    def is_found(self, found: FoundKind) -> bool:
        """Returns True for a part of a fitting kind and width."""
        is_width = self.width is None or found.width in (None, self.width)
        return found.kind.key in self.family.roles[self.part].kinds and is_width

    def is_fitted_by(self, file: Path, memory: CheckpointCache) -> bool:
        """Returns True for a file of such a part alone."""
        unlike = self.family.roles[self.part].unlike
        if unlike and re.search(unlike, file.stem.lower()):
            return False
        found = memory.parts_of(file)
        return len(found) == 1 and self.is_found(found[0])

    def lent_by(self, folder: Path, memory: CheckpointCache) -> Path | None:
        """Returns the folder of such a part in a diffusers folder, of this family or with the same latents."""
        for place in (folder / self.part, *(folder / name for name in _ENCODERS if self.part in _ENCODERS)):
            try:
                files = files_of(place)
                is_same = family_of_pipeline(read_json(folder / INDEX).get("_class_name")) is self.family
                if not is_same and self.part == "vae" and not self._has_latents(place):
                    continue
            except ModelBroken:
                continue
            if any(self.is_found(found) for file in files for found in memory.parts_of(file)):
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
