"""Whether an autoencoder can take the place of a model's own: the latents must be the same."""

from __future__ import annotations

from core.autoencoders.file import AutoencoderFile
from core.autoencoders.latent_space import LatentSpace
from core.errors import ModelBroken, WrongAutoencoder
from core.files.json_file import read_json
from core.models.catalogue import Model


def own_space(model: Model) -> LatentSpace:
    """The latents of a model, by its own autoencoder. Raises ModelBroken."""
    path = model.folder / "vae" / "config.json"
    try:
        return LatentSpace.of_config(read_json(path))
    except (ValueError, TypeError) as error:
        raise ModelBroken(path, "its figures cannot be read") from error


def check_fit(file: AutoencoderFile, model: Model) -> None:
    """Raises WrongAutoencoder when it is for models with other latents."""
    own = own_space(model)
    if not file.space.fits(own):
        raise WrongAutoencoder(file.path, file.space.describe(), model.name, own.describe())
