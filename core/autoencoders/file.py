"""Autoencoders (VAE) to be used with a model instead of its own: what a file or folder is, and where they lie.

Light: only headers and configurations are read. A lone ``.safetensors`` file has the names of the latent diffusion
programs (``decoder.up.0.block...``, as vae-ft-mse-840000 ships) or those of diffusers (``decoder.up_blocks.0...``,
as sdxl-vae-fp16-fix ships); a diffusers folder has a ``config.json`` too.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from core.autoencoders.latent_space import LatentSpace, known_kinds, refuse_statistics
from core.checkpoints.cache import CheckpointCache
from core.checkpoints.packing import check_packing
from core.checkpoints.weights import weights_of
from core.errors import AutoencoderMissing, ModelBroken
from core.families.autoencoder_kinds import FLUX_2, KL
from core.families.unet_files import UNETS
from core.files.json_file import read_json
from core.files.safetensors_header import SafetensorsHeader
from core.files.weights_header import read_header
from core.files.weights_in import is_there, weights_in
from core.language.words import tr
from core.request.request import Autoencoder
from core.request.settings.autoencoder import folder_of

FOLDER_NAMES = ("vae", "VAE", "vaes")
"""In a folder of models, or beside it: ComfyUI's, and that of AUTOMATIC1111's program."""

PREFIXES = ("", "first_stage_model.", "vae.")
_DEEPEST = 3
_DECODER = "decoder.conv_in.weight"
_LEVEL = re.compile(r"decoder\.up(?:_blocks)?\.(\d{1,2})\.")


@dataclass(frozen=True, slots=True)
class AutoencoderFile:
    """The facts about an autoencoder's file.

    Attributes:
        path: a ``.safetensors`` file, or a diffusers folder.
        name: what recipes and lists call it.
        weights: the file whose SHA-256 stands for it.
    """

    path: Path
    name: str
    space: LatentSpace
    weights: Path


def read_autoencoder(path: Path) -> AutoencoderFile:
    """Checks header and configuration. Raises ModelBroken when it is no autoencoder, or damaged."""
    folder = folder_of(path)
    if folder is None:
        return AutoencoderFile(path, path.stem, _space_of(read_header(path)), path)
    config = read_json(folder / "config.json")
    if config.get("_class_name") not in known_kinds():
        raise ModelBroken(
            folder, tr("it is a {config}, not an autoencoder (VAE)", config=config.get("_class_name"))
        )
    weights = weights_of(folder)[0]
    try:
        refuse_statistics(folder / "config.json", config)
        space = LatentSpace.of_config(config)
    except (ValueError, TypeError) as error:
        raise ModelBroken(folder / "config.json", tr("its figures cannot be read")) from error
    found = _space_of(read_header(weights))
    if not found.fits(replace(space, scale=None)):
        raise ModelBroken(folder, tr("its weights do not fit its configuration"))
    return AutoencoderFile(folder, folder.name, space, weights)


class AutoencoderLibrary:
    """The autoencoders in the folders of the user, found by name or by their hash."""

    def __init__(
        self,
        model_folders: Iterable[Path],
        memory: CheckpointCache,
        places: Iterable[Path] = (),
        of_models: Callable[[], Iterable[Path]] = tuple,
    ) -> None:
        """Looks in each folder of models, in the folders for autoencoders there and beside, and at ``places``.

        ``of_models`` returns those of whole models, which are found by their hash only.
        """
        self._folders = tuple(dict.fromkeys(model_folders))
        self._places = tuple(places)
        self._memory = memory
        self._of_models = of_models

    def files(self) -> tuple[AutoencoderFile, ...]:
        """Returns all that can be used, by name; of two with the same name the first."""
        found: dict[str, AutoencoderFile] = {}
        for path in self._candidates():
            try:
                file = read_autoencoder(path)
            except ModelBroken:
                continue  # it is named when asked for by `find`; the list shows what works
            found.setdefault(file.name, file)
        return tuple(found[name] for name in sorted(found, key=str.casefold))

    def find(self, wanted: Autoencoder) -> AutoencoderFile:
        """Returns the one that is named, or given by its full path; with a hash, one that has it.

        Raises AutoencoderMissing or ModelBroken.
        """
        path = Path(wanted.name)
        if path.is_absolute() and is_there(path):
            return self._same(read_autoencoder(path), wanted)
        files = self.files()
        named = next((file for file in files if file.name == wanted.key), None)
        for file in (named, *files):
            if file is not None and (file is named or wanted.sha256) and self._has_hash(file, wanted):
                return file
        for path in self._of_models() if wanted.sha256 else ():
            with suppress(ModelBroken):  # a damaged model is not the one that was used
                if self._has_hash(file := read_autoencoder(path), wanted):
                    return file
        names, folders = (
            tuple(file.name for file in files),
            tuple(place / FOLDER_NAMES[0] for place in self._folders),
        )
        raise AutoencoderMissing(wanted.key, names, is_other=named is not None, folders=folders)

    def sha256_of(self, file: AutoencoderFile) -> str:
        """64 hexadecimal digits; reads the whole file the first time. Raises ModelBroken."""
        return self._memory.sha256_of(file.weights)

    def _same(self, file: AutoencoderFile, wanted: Autoencoder) -> AutoencoderFile:
        if not self._has_hash(file, wanted):
            raise AutoencoderMissing(file.name, (), is_other=True)
        return file

    def _has_hash(self, file: AutoencoderFile, wanted: Autoencoder) -> bool:
        return not wanted.sha256 or self.sha256_of(file).startswith(wanted.sha256)

    def _candidates(self) -> Iterator[Path]:
        yield from (place for place in self._places if is_there(place))
        for place in self._folders:
            yield from weights_in(place)
            for beside in (place, place.parent):
                for name in FOLDER_NAMES:
                    yield from weights_in(beside / name, _DEEPEST)


def prefix_in(names: Collection[str]) -> str:
    """Returns the words with which the names of an autoencoder's weights begin."""
    return next((start for start in PREFIXES if f"{start}{_DECODER}" in names), "")


def _space_of(header: SafetensorsHeader) -> LatentSpace:
    if any(name.startswith(UNETS) for name in header.tensors):
        raise ModelBroken(header.path, tr("it is a whole model, not an autoencoder (VAE) alone"))
    prefix = prefix_in(header.tensors)
    shape = header.shape(f"{prefix}{_DECODER}")
    kind = FLUX_2 if header.shape(f"{prefix}bn.running_mean") is not None else KL
    if shape is None or len(shape) != 4:
        raise ModelBroken(
            header.path, tr("it is not an autoencoder (VAE) for pictures: it has no decoder for them")
        )
    check_packing(header)
    starts = (name.removeprefix(prefix) for name in header.tensors)
    levels = {match[1] for name in starts if (match := _LEVEL.match(name))}
    return LatentSpace(channels=shape[1], factor=2 ** max(0, len(levels) - 1), kind=kind)
