"""Loads the parts of a diffusers folder, offline and from safetensors only, onto the planned device."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, cast

from transformers import AddedToken, CLIPTokenizer

from core.checkpoints.weights import SHORT_HASH, vocabulary_of, weights_of
from core.engine.devices.device import DevicePlan
from core.engine.weights.fit import without_weights
from core.engine.weights.guard import loading
from core.engine.weights.quantisation import quantise
from core.engine.weights.single_file import FileParts, WeightFile, read_single_file
from core.families import is_encoder, is_network, part_name
from core.file_kinds.encoders import encoder_config
from core.file_kinds.table import parts_in
from core.files.json_file import read_json
from core.files.weights_header import read_header
from core.language.words import tr
from core.models.catalogue import Model
from core.paths import SHARED_VOCABULARY, shared_vocabulary
from core.recipes.recipe import ModelIdentity


def load_component(
    kind: Any,
    folder: Path,
    plan: DevicePlan,
    file: Path | None = None,
    name: str = "",
    *,
    is_absent: bool = False,
) -> Any:
    """Returns one network, ready to be called. Raises ModelBroken.

    ``folder`` is that of the part in a diffusers folder, or one of another name that holds the part ``name``; a
    lone ``file`` of the part takes the configuration only. One that ``is_absent`` has no weights.
    """
    name = name or folder.name
    headers = tuple(map(read_header, weights_of(folder) if file is None else (file,)))
    start = next((part.start for part in parts_in(headers[0])), "") if file is not None else ""
    config = read_json(folder / "config.json")
    if file is not None:
        config = encoder_config(headers[0], start, config)
    if is_absent:
        return without_weights(kind, config, plan.dtype).to(plan.loads_on)
    what, source = tr("its {part_name}", part_name=part_name(name)), WeightFile.of(*headers)
    stays_packed = is_encoder(name) or is_network(name)
    part, _ = source.build(
        kind, config, plan.dtype, what, start, plan.defers, stays_packed, is_lone=file is not None
    )
    return _placed(name, part, plan)


def load_tokenizer(kind: Any, folder: Path) -> Any:
    """Returns that of the folder; one that ships needs no more than a configuration there. Raises ModelBroken."""
    if vocabulary_of(folder, kind is CLIPTokenizer) is not None:
        with loading(folder, tr("its tokenizer")):
            return kind.from_pretrained(folder, local_files_only=True)
    config = read_json(folder / "tokenizer_config.json")
    shared = shared_vocabulary(config)
    options = {key: value for key, value in config.items() if key not in ("tokenizer_class", SHARED_VOCABULARY)}
    added = cast("dict[str, dict[str, Any]]", options.pop("added_tokens_decoder", {}))
    if added:
        options["added_tokens_decoder"] = {int(number): AddedToken(**token) for number, token in added.items()}
    with loading(folder, tr("its tokenizer")):
        if (shared / "tokenizer.json").is_file():
            return kind.from_pretrained(shared, local_files_only=True, **options)
        return kind(vocab=str(shared / "vocab.json"), merges=str(shared / "merges.txt"), **options)


def load_parts(
    model: Model, kinds: Mapping[str, Any], plan: DevicePlan, absent: Collection[str] = ()
) -> FileParts:
    """Returns the networks of a model by name, from its folder or its single file. Raises ModelBroken.

    A file with configurations only beside it lends no autoencoder; that of a request takes its place. The networks
    that are ``absent`` get their layers, but no weights.
    """
    brings = model.kind.parts if model.kind is not None else ()
    read = FileParts({}, ())
    if model.file is not None:
        own = {name: kind for name, kind in kinds.items() if name in brings}
        read = read_single_file(model, own, plan.dtype, plan.defers, absent)
    networks = {
        name: part.to(plan.loads_on) if name in absent else _placed(name, part, plan)
        for name, part in read.networks.items()
    }
    for name, kind in kinds.items():
        if name not in (*networks, *model.without) and (model.has_autoencoder or name != "vae"):
            place = model.parts.places.get(name, model.folder / name)
            folder, file = (place, None) if place.is_dir() else (model.folder / name, place)
            networks[name] = load_component(kind, folder, plan, file, name, is_absent=name in absent)
    return FileParts(networks, read.left_out)


def identity_of(model: Model) -> ModelIdentity:
    """Identifies the weights by the hash of the network's (first) file, as far as hashes are known."""
    parts = model.parts.told(SHORT_HASH)
    return ModelIdentity(model.key, model.name, model.family, model.sha256[:SHORT_HASH], parts)


def _placed(name: str, part: Any, plan: DevicePlan) -> Any:
    """Packed where the plan says so, before it takes room on the device. The autoencoder stays as it is."""
    if plan.weight_bits is not None and not name.startswith("vae"):
        quantise(part, plan.weight_bits, plan.loads_on)
    return part.to(plan.loads_on)
