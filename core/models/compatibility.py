"""Tells whether a LoRA or another autoencoder was made for a model, and finds one for a model without."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from core.autoencoders.file import AutoencoderFile, read_autoencoder
from core.autoencoders.latent_space import own_space
from core.control.file import ControlFile
from core.control.library import ControlLibrary
from core.embeddings.file import EmbeddingFile
from core.errors import ControlBroken, ModelBroken, WrongAutoencoder, WrongFamily
from core.families import FAMILIES
from core.files.json_file import read_json
from core.language.words import tr
from core.lora.file import LoraFile, name_of_width, read_lora
from core.lora.library import LoraLibrary
from core.models.catalogue import Catalogue, Model
from core.pictures.source import read_whole
from core.request.request import Autoencoder, GenerationRequest


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
    formats = (family.lora for family in FAMILIES.values() if family.name == kind)
    return file.made_for in ("", kind, *(lora.like for lora in formats if lora is not None))


def checked_lora(path: Path, model: Model) -> LoraFile:
    """Reads the header of a LoRA that is to be used with a model. Raises LoraBroken or WrongFamily."""
    file, kind = read_lora(path), kind_of(model)
    if not fits(file, kind):
        raise WrongFamily(file.path, file.made_for, model.name, kind)
    return file


def fitting_embeddings(files: Iterable[EmbeddingFile], family: str, kind: str) -> dict[str, int]:
    """Returns the number of vectors of each embedding that a prompt for a model of this `kind_of` can name."""
    if not kind or not FAMILIES[family].has_weights:
        return {}
    return {file.name: file.vectors for file in files if file.made_for == kind}


def check_loras(request: GenerationRequest, model: Model, library: LoraLibrary) -> None:
    """Reads the headers of a request's LoRAs. Raises LoraMissing, LoraBroken or WrongFamily."""
    for lora in request.active_loras:
        checked_lora(library.find(lora), model)


def check_autoencoder(file: AutoencoderFile, model: Model) -> None:
    """Raises WrongAutoencoder when it is for models with other latents."""
    own = own_space(model.folder)
    if not file.space.fits(own):
        raise WrongAutoencoder(file.path, file.space.describe(), model.name, own.describe())


def check_control(file: ControlFile, model: Model) -> None:
    """Raises WrongFamily for a network for another kind of model, ControlBroken for one for other latents."""
    if file.made_for not in ("", kind := kind_of(model)):
        raise WrongFamily(file.path, file.made_for, model.name, kind)
    try:
        own = own_space(model.folder).factor
    except ModelBroken:
        return  # loading it will tell
    if file.factor not in (0, own):
        reason = tr(
            "it was made for models whose latents are {factor} times smaller than the picture, and those of "
            "{model} are {own} times smaller",
            factor=file.factor,
            model=model.name,
            own=own,
        )
        raise ControlBroken(file.path, reason)


def check_controls(request: GenerationRequest, model: Model, library: ControlLibrary) -> None:
    """Reads the headers of a request's networks for control, and its pictures.

    Raises ControlMissing, ControlBroken, WrongFamily or UnreadablePicture.
    """
    for control in request.controls:
        check_control(library.find(control), model)
        library.suited(control)
        read_whole(control)


def lent_autoencoder(model: Model, catalogue: Catalogue) -> Autoencoder:
    """Returns one for a file that has none: of an installed model with the same latents, or a lone one.

    Raises ModelBroken where there is none.
    """
    space, is_xl = own_space(model.folder), model.family == "stable_diffusion_xl"
    for folder in catalogue.own_autoencoders():
        with suppress(ModelBroken):
            if read_autoencoder(folder).space.fits(space):
                return Autoencoder(str(folder))
    for file in catalogue.autoencoders.files():
        # a lone file does not tell whether it is for Stable Diffusion XL, but those that are say so in their name
        if file.space.fits(space) and (file.space.scale is not None or ("xl" in file.name.lower()) is is_xl):
            return Autoencoder(file.name)
    needed = space.name or FAMILIES[model.family].name
    raise ModelBroken(
        model.place,
        tr(
            "it holds no autoencoder (VAE), and there is none here that fits: choose one in Create, below "
            "the model, or put one for {needed} into the folder “vae” beside your models",
            needed=needed,
        ),
    )
