"""Tells whether a LoRA or another autoencoder was made for a model."""

from pathlib import Path

from core.autoencoders.file import AutoencoderFile
from core.autoencoders.latent_space import LatentSpace
from core.errors import ModelBroken, WrongAutoencoder, WrongFamily
from core.families import FAMILIES
from core.files.json_file import read_json
from core.lora.file import LoraFile, name_of_width, read_lora
from core.lora.library import LoraLibrary
from core.models.catalogue import Model
from core.request.request import GenerationRequest


def kind_of(model: Model) -> str:
    """Returns the kind of a model as `LoraFile.made_for` names it: by the width of the text that it reads."""
    family = FAMILIES[model.family]
    try:
        width = read_json(model.folder / family.network / "config.json").get("cross_attention_dim")
    except ModelBroken:
        return family.name  # loading it will tell
    return name_of_width(width) if isinstance(width, int) else family.name


def fits(file: LoraFile, kind: str) -> bool:
    """True when the LoRA may be used with a model of this kind, and when the file does not tell for which."""
    return file.made_for in ("", kind)


def checked_lora(path: Path, model: Model) -> LoraFile:
    """Reads the header of a LoRA that is to be used with a model. Raises LoraBroken or WrongFamily."""
    file, kind = read_lora(path), kind_of(model)
    if not fits(file, kind):
        raise WrongFamily(file.path, file.made_for, model.name, kind)
    return file


def check_loras(request: GenerationRequest, model: Model, library: LoraLibrary) -> None:
    """Reads the headers of a request's LoRAs. Raises LoraMissing, LoraBroken or WrongFamily."""
    for lora in request.active_loras:
        checked_lora(library.find(lora), model)


def own_space(model: Model) -> LatentSpace:
    """Returns the latents of a model, by its own autoencoder. Raises ModelBroken."""
    path = model.folder / "vae" / "config.json"
    try:
        return LatentSpace.of_config(read_json(path))
    except (ValueError, TypeError) as error:
        raise ModelBroken(path, "its figures cannot be read") from error


def check_autoencoder(file: AutoencoderFile, model: Model) -> None:
    """Raises WrongAutoencoder when it is for models with other latents."""
    own = own_space(model)
    if not file.space.fits(own):
        raise WrongAutoencoder(file.path, file.space.describe(), model.name, own.describe())
