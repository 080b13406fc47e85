"""Sentences for errors about the files of models and of what is added to them."""

from pathlib import Path

from app.messages.message import Message
from app.messages.values import shown, some
from core.errors import (
    AutoencoderMissing,
    ControlBroken,
    ControlMissing,
    LoraBroken,
    LoraMissing,
    ModelBroken,
    NotAModel,
    NotFound,
    PartsMissing,
    UpscalerBroken,
    UpscalerMissing,
    WildcardMissing,
    WildcardUnusable,
    WrongAutoencoder,
    WrongFamily,
    WrongPart,
)
from core.language.words import tr


def message_about_files(error: BaseException) -> Message | None:
    """Returns the message for an error about such a file, None for any other."""
    match error:
        case LoraBroken():
            return Message(
                tr("The LoRA cannot be used"),
                tr("{name} cannot be used: {reason}.", name=error.path.name, reason=error.reason),
                tr("Leave it out, or put another file in its place."),
            )
        case PartsMissing():
            return Message(
                tr("A part of the model is missing"),
                tr("{file} cannot be used: {reason}.", file=error.path.name, reason=error.reason),
                tr("Put its file into your model folders, or choose it on the page Models."),
            )
        case NotAModel():
            return Message(
                tr("This file is not a model"),
                tr("{path} cannot be used as a model: {reason}.", path=error.path, reason=error.reason),
            )
        case UpscalerBroken():
            return Message(
                tr("The upscaler cannot be used"),
                tr("The upscaler {path} cannot be used: {reason}.", path=error.path, reason=error.reason),
                tr("Choose another upscaler."),
            )
        case ControlBroken():
            return Message(
                tr("The ControlNet cannot be used"),
                tr(
                    "{name} cannot be used to guide pictures: {reason}.", name=error.path.name, reason=error.reason
                ),
                tr("Choose another ControlNet, or remove it."),
            )
        case ModelBroken():
            return Message(
                tr("The model cannot be used"),
                tr("The model at {path} cannot be used: {reason}.", path=error.path, reason=error.reason),
                tr("Install the model again, or choose another one.")
                if error.is_damaged
                else tr("Choose another model."),
            )
        case LoraMissing():
            return Message(
                tr("The LoRA is not there"),
                tr("There is no LoRA called {name}.", name=shown(error.name)),
                tr("LoRAs found: {known}.", known=some(error.known))
                if error.known
                else _place_for(error, "loras"),
            )
        case WildcardMissing():
            return Message(
                tr("The wildcard is not there"),
                tr("There is no wildcard called {name}.", name=shown(error.name)),
                tr("Wildcards found: {names}.", names=some(error.known))
                if error.known
                else _place_for(error, "wildcards"),
            )
        case WildcardUnusable():
            return Message(
                tr("The wildcard cannot be used"),
                tr("{name} cannot be used: {reason}.", name=shown(error.name), reason=error.reason),
            )
        case AutoencoderMissing():
            return _autoencoder_missing(error)
        case UpscalerMissing():
            return Message(
                tr("The upscaler is not there"),
                tr("There is no upscaler called {name}.", name=shown(error.name)),
                tr("Upscalers found: {known}.", known=some(error.known))
                if error.known
                else _place_for(error, "upscale_models"),
            )
        case ControlMissing():
            return _control_missing(error)
        case WrongAutoencoder():
            return Message(
                tr("This autoencoder is for another kind of model"),
                tr(
                    "{name} was made for {made_for}; the model {model} needs one for {needed}.",
                    name=error.path.name,
                    made_for=error.made_for,
                    model=error.model,
                    needed=error.needed,
                ),
                tr("Choose another autoencoder, or the model's own."),
            )
        case WrongPart(path=Path(name=name)):
            return Message(
                tr("This file is another part than the model needs"),
                tr("{file} is {found}; {model} needs {needed} as its {part}.", file=name, **vars(error)),
                tr("Choose another file, or leave the choice to Emulsion."),
            )
        case WrongFamily():
            return Message(
                tr("This add-on is for another kind of model"),
                tr(
                    "{name} was made for {made_for}, but the model {model} is {family}.",
                    name=error.path.name,
                    made_for=error.made_for or tr("another kind of model"),
                    model=error.model,
                    family=error.family,
                ),
                tr("Choose a model that it was made for, or leave it out.") if error.made_for else "",
            )
        case _:
            return None


def _autoencoder_missing(error: AutoencoderMissing) -> Message:
    name = shown(error.name)
    if error.is_other:
        return Message(
            tr("The autoencoder is another one"),
            tr(
                "The autoencoder {name} on this computer is not the one that the recipe means: its content "
                "differs.",
                name=name,
            ),
            tr("Choose it again to use the one that is here, or choose the model's own."),
        )
    known = tr("Autoencoders found: {known}.", known=shown(", ".join(error.known))[1:-1]) if error.known else ""
    return Message(
        tr("The autoencoder is not there"),
        tr("There is no autoencoder (VAE) called {name}.", name=name),
        known or tr("{put_it_there} Or choose the model's own.", put_it_there=_place_for(error, "vae")),
    )


def _control_missing(error: ControlMissing) -> Message:
    name = shown(error.name)
    if error.is_other:
        return Message(
            tr("The ControlNet is another one"),
            tr("The ControlNet {name} on this computer is not the one that the recipe means.", name=name),
            tr("Choose it again to use the one that is here, or remove it."),
        )
    return Message(
        tr("The ControlNet is not there"),
        tr("There is no ControlNet or T2I-Adapter called {name}.", name=name),
        tr("ControlNets found: {known}.", known=some(error.known))
        if error.known
        else _place_for(error, "controlnet"),
    )


def _place_for(error: NotFound, folder: str) -> str:
    """Returns a sentence about the folders for a file; ``folder`` is the usual name where they are not told."""
    if error.folders:
        return tr("Put its file into {folders}.", folders=tr(" or ").join(map(str, error.folders)))
    return tr("Put its file into the folder “{folder}” beside your models.", folder=folder)
