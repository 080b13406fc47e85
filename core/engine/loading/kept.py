"""Names the text encoders of a model, so that their encodings can be kept on the disk."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import transformers

from core.checkpoints.cache import CheckpointCache
from core.checkpoints.weights import files_of
from core.engine.devices.device import DevicePlan
from core.engine.devices.machine import computed_by
from core.engine.networks.explicit_masks import attention_of_encoders
from core.engine.networks.kept_encodings import KeptEncodings
from core.families import FAMILIES
from core.files.stamps import stamp_of
from core.models.catalogue import Model
from core.models.parameter_count import weights_in
from core.paths import resources
from core.prompt.encodings import Encodings
from core.version import VERSION


def is_worth_keeping(model: Model, encodings: Encodings) -> bool:
    """Returns True for a model whose text encoders are large. Raises ModelBroken."""
    weights = weights_in(model.folder, model.file, model.parts.places)
    return weights.text_encoders + weights.packed.text >= encodings.least_weights


def encoder_files(model: Model) -> Iterator[Path]:
    """Returns the files with the weights of the text encoders. Raises ModelBroken."""
    brought = model.kind.parts if model.kind is not None else ()
    for name in (part for part in FAMILIES[model.family].text_encoders if part not in model.without):
        place = model.parts.places.get(name, model.folder / name)
        if name in brought and model.file is not None:
            yield model.file
        else:
            yield from files_of(place) if place.is_dir() else (place,)


def kept_encodings(
    model: Model, plan: DevicePlan, encodings: Encodings, memory: CheckpointCache, kind: type
) -> KeptEncodings:
    """Returns the encodings of a model's texts; ``kind`` is the type of one. Raises ModelBroken.

    All that decides about their bits names them: the weights, configurations and words, how many pictures a model
    takes beside them, the device, the precision, and the versions of the programs. There is no name before the
    hashes of the weights are known, nor when their files have changed since.
    """
    stamps = {file: stamp_of(file) for file in encoder_files(model)}
    computed = VERSION, transformers.__version__, computed_by(plan.device, plan.dtype_name, ""), plan.weight_bits
    told = *computed, attention_of_encoders(plan.device), model.family, model.limits.references, _settings(model)

    def name() -> str:
        hashes = [memory.sha256_if_known(file) for file in stamps]
        is_same = all(stamp_of(file) == stamp for file, stamp in stamps.items())
        return repr((*told, hashes)) if is_same and all(hashes) else ""

    return KeptEncodings(encodings, name, kind, plan.device)


def _settings(model: Model) -> str:
    """Returns the SHA-256 of the small files that the encoders and the tokenizers are made by."""
    digest = hashlib.sha256()
    own = (*model.folder.glob("text_encoder*"), *model.folder.glob("tokenizer*"))
    folders = sorted({place for place in (*own, *model.parts.places.values()) if place.is_dir()})
    for folder in (*folders, *sorted((resources() / "tokenizers").iterdir())):
        for file in sorted(folder.iterdir()):
            if file.is_file() and file.suffix in (".json", ".txt", ".jinja", ".model"):
                digest.update(f"{folder.name}/{file.name}\n".encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()
