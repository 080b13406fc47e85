"""Finds what a single file of weights does not bring: the configurations of its parts, and whole parts."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.checkpoints.schedule import read_schedule
from core.errors import ModelBroken, PartsMissing
from core.families import FAMILIES, family_of_pipeline, in_words, part_name
from core.families.spec import CheckpointKind
from core.files.json_file import read_json
from core.language.words import tr
from core.models.folders import INDEX, family_in
from core.models.parts import Parts
from core.paths import resources


def check_built(path: Path, kind: CheckpointKind, folder: Path) -> None:
    """Raises ModelBroken for a network that the configuration in ``folder`` cannot build."""
    family = FAMILIES[kind.family]
    config = read_json(folder / family.network / "config.json")
    width = config.get("cross_attention_dim")
    if kind.width is not None and width is not None and kind.width != width:
        reads = tr(
            "its network reads text of width {width}, where {expected} is expected: it is unknown",
            width=kind.width,
            expected=width,
        )
        raise ModelBroken(path, reads)
    if kind.config_of(family.network, config) is None:
        lacks = tr(
            "its U-Net lacks blocks of {name}, but not those that SSD-1B, Vega and KOALA lack", name=family.name
        )
        raise ModelBroken(path, tr("{lacks}: it cannot be built", lacks=lacks))


def check_parts(path: Path, kind: CheckpointKind, parts: Parts) -> None:
    """Raises PartsMissing with the parts that are missing, and where they can be had."""
    if not parts.missing:
        return
    family = FAMILIES[kind.family]
    missing = {part: parts.needed[part] for part in parts.missing}
    lacks = in_words([f"{needed} ({part_name(part)})" for part, needed in missing.items()])
    said = tr("its {network} is here; missing: {lacks}", network=part_name(family.network), lacks=lacks)
    raise PartsMissing(path, said, missing, family.key)


def missing_told(error: ModelBroken) -> tuple[Mapping[str, str], str]:
    """Returns the parts that are missing, by their folder, and the family; nothing for other errors."""
    return (error.missing, error.family) if isinstance(error, PartsMissing) else ({}, "")


def schedule_for(
    folder: Path, key: str, config: Mapping[str, Any], kind: CheckpointKind | None
) -> tuple[Mapping[str, Any], str]:
    """Returns the scheduler's configuration of a model with the configurations of ``folder``, and its teller.

    A network's file comes without one, and the lender may be a model of another kind: a FLUX.1 schnell beside dev
    would take dev's. So the makers' own goes first, by what the file and its name tell. ``config`` is that of the
    network. Raises ModelBroken.
    """
    family = family_in(folder)
    if kind is None or kind.layout:
        return read_schedule(folder, family), ""
    if own := family.schedule_of(key, config):
        return dict(own), "family"
    is_shipped = folder.parent == resources() / "families"
    return read_schedule(folder, family), "family" if is_shipped else "lender"


def folder_to_lend(path: Path, kind: CheckpointKind, folders: Iterable[Path]) -> Path:
    """Returns an installed model of the same family, among diffusers folders, for a file without configurations.

    Raises ModelBroken where there is none, with the parts that are missing.
    """
    family = FAMILIES[kind.family]
    for folder in folders:
        with suppress(ModelBroken):
            if family_of_pipeline(read_json(folder / INDEX).get("_class_name")) is family:
                return folder
    raise ModelBroken(
        path,
        tr(
            "the tokenizer and the configurations of {name} can come from an installed {name}, but "
            "there is none: install one as a diffusers folder first",
            name=family.name,
        ),
    )
