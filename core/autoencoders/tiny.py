"""Tiny autoencoders for sharp previews (TAESD, github.com/madebyollin/taesd): where they are, for whose latents.

A diffusers folder (AutoencoderTiny), or the decoder alone in a ``.safetensors`` file with its author's names
(``1.weight``) or those of diffusers (``decoder.layers.0.weight``). Their figures do not tell whose latents they
decode; their names do.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.autoencoders.latent_space import LatentSpace
from core.checkpoints.weights import weights_of
from core.errors import ModelBroken
from core.files.json_file import read_json
from core.files.weights_header import read_header
from core.files.weights_in import weights_in
from core.language.words import tr

KIND = "AutoencoderTiny"
FOLDER_NAMES = ("vae_approx", "VAE-approx", "vae-approx", "tiny")
"""In a folder of models, or beside it: ComfyUI's, and that of AUTOMATIC1111's program."""

AUTHORS_FIRST = "1.weight"
DIFFUSERS_FIRST = "decoder.layers.0.weight"
_FACTOR = 8
_OF_NAME = (
    (re.compile(r"taesdxl"), LatentSpace(4, 8, 0.13025)),
    (re.compile(r"taesd3"), LatentSpace(16, 8, 1.5305, 0.0609)),
    (re.compile(r"taef1"), LatentSpace(16, 8, 0.3611, 0.1159)),
    (re.compile(r"taesd"), LatentSpace(4, 8, 0.18215)),
)


@dataclass(frozen=True, slots=True)
class TinyAutoencoderFile:
    """``space`` has no scale where the name does not tell whose latents it decodes."""

    path: Path
    space: LatentSpace


def read_tiny_autoencoder(path: Path) -> TinyAutoencoderFile:
    """Checks a folder or file. Raises ModelBroken when it is no tiny autoencoder."""
    try:
        channels, factor = _figures(path)
    except (ValueError, TypeError, AttributeError) as error:
        raise ModelBroken(path, tr("its figures cannot be read")) from error
    named = next((space for pattern, space in _OF_NAME if pattern.search(path.name.lower())), None)
    if named is not None and (named.channels, named.factor) == (channels, factor):
        return TinyAutoencoderFile(path, named)
    return TinyAutoencoderFile(path, LatentSpace(channels, factor))


class TinyAutoencoderLibrary:
    """The tiny autoencoders in the folders of the user."""

    def __init__(self, model_folders: Iterable[Path]) -> None:
        self._folders = tuple(dict.fromkeys(model_folders))

    def find(self, space: LatentSpace) -> TinyAutoencoderFile | None:
        """Returns the first one for these latents; one without a telling name is for no known family."""
        for path in self._candidates():
            try:
                file = read_tiny_autoencoder(path)
            except ModelBroken:
                continue
            if file.space.fits(space) and (file.space.scale is not None or not space.name):
                return file
        return None

    def _candidates(self) -> Iterator[Path]:
        for folder in self._folders:
            places = [place / name for place in (folder, folder.parent) for name in FOLDER_NAMES]
            for place in (*places, folder):
                yield from weights_in(place)


def _figures(path: Path) -> tuple[int, int]:
    """Latent channels, and pixels along a side for each place."""
    if path.is_dir():
        config = read_json(path / "config.json")
        if config.get("_class_name") != KIND:
            raise ModelBroken(
                path, tr("it is a {config}, not a tiny autoencoder", config=config.get("_class_name"))
            )
        weights_of(path)
        levels = len(config.get("num_decoder_blocks", (3, 3, 3, 1)))
        return int(config.get("latent_channels", 4)), int(config.get("upsampling_scaling_factor", 2)) ** (
            levels - 1
        )
    header = read_header(path)
    shape = header.shape(AUTHORS_FIRST) or header.shape(DIFFUSERS_FIRST)
    if shape is None or len(shape) != 4 or shape[0] != 64 or shape[2:] != (3, 3):
        raise ModelBroken(path, tr("it is not the decoder of a tiny autoencoder"))
    return shape[1], _FACTOR
