"""Counts the weights of a model by the headers of its files alone: in milliseconds, and nothing is loaded."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from core.checkpoints.weights import weights_of
from core.errors import ModelBroken
from core.families import FAMILIES, is_encoder, is_network
from core.files.weights_header import read_header
from core.language.words import tr
from core.models.model_weights import ModelWeights, PackedBytes
from core.models.packed_count import Counted, count


def weights_in(
    folder: Path, file: Path | None = None, places: Mapping[str, Path] = MappingProxyType({})
) -> ModelWeights:
    """Counts the parameters of a diffusers folder. Raises ModelBroken.

    ``file`` is a single file with the weights; what it does not bring comes from ``places``, by part, or else
    from the folder.
    """
    counts = dict[str, Counted]() if file is None else _counted_in(file)
    for part, place in places.items():
        counts[part] = _counted(part, weights_of(place) if place.is_dir() else (place,))
    for part in sorted(folder.iterdir()) if folder.is_dir() and not places else ():
        kind = _kind_of(part.name)
        if kind is not None and any(part.glob("*.safetensors")) and (file is None or kind not in counts):
            counts[part.name] = _counted(part.name, weights_of(part))
    by_kind: dict[str, Counted] = {kind: Counted() for kind in ("text", "network", "vae")}
    for name, one in counts.items():
        by_kind[_kind_of(name) or name] += one
    text, network = by_kind["text"], by_kind["network"]
    if network == Counted():
        raise ModelBroken(folder, tr("it has no network"))
    packed = PackedBytes(text.packed, network.packed, max(text.largest, network.largest))
    return ModelWeights(text.plain, network.plain, by_kind["vae"].plain, packed)


def _kind_of(part: str) -> str | None:
    return "text" if is_encoder(part) else "network" if is_network(part) else "vae" if part == "vae" else None


def _counted(part: str, files: Iterable[Path]) -> Counted:
    kind = _kind_of(part) or part
    found = (count(read_header(file), lambda _: kind) for file in files)
    return sum((one[kind] for one in found if one), Counted())


def _counted_in(file: Path) -> dict[str, Counted]:
    """By kind of part; a file without the names of whole checkpoints is a network alone."""
    header = read_header(file)
    files = (family.single_file for family in FAMILIES.values() if family.single_file is not None)
    prefixes = (entry for file in files for entry in file.prefixes.items())
    kinds = {prefix: _kind_of(part) for part, starts in prefixes for prefix in starts if prefix}
    starts = {start: kind for start, kind in kinds.items() if kind is not None}
    found = count(header, lambda name: next((starts[start] for start in starts if name.startswith(start)), None))
    return found or count(header, lambda _: "network")
