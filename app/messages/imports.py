"""Sentences for the import of the user's own models, in the window and on the command line."""

from dataclasses import replace

from app.messages.errors import Message, message
from app.messages.training import training_text
from core.errors import EmulsionError
from core.families import FAMILIES
from core.models.catalogue import Model

REMEDY = "Choose a .safetensors checkpoint or a diffusers folder."


def added(models: tuple[Model, ...]) -> Message:
    """Returns the message that models were added and are used from now on."""
    first = models[0]
    family = FAMILIES[first.family].name
    if len(models) == 1:
        lacks = "" if first.has_autoencoder else " It has no autoencoder (VAE): one that fits is used."
        about = f"It is a {family} model and stays where it lies. {training_text(first)}.{lacks}"
        return Message(f"{first.name} was added", about)
    return Message(f"{len(models)} models were added", f"They stay where they lie; {first.name} is chosen.")


def refused(error: EmulsionError) -> Message:
    """Returns the message that models were refused."""
    return replace(message(error), remedy=REMEDY)
