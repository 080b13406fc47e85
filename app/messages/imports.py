"""Sentences for the import of the user's own models, in the window and on the command line."""

from dataclasses import replace

from app.messages.errors import Message, message
from app.messages.training import training_text
from core.errors import EmulsionError
from core.families import FAMILIES
from core.language.words import tr
from core.models.catalogue import Model

REMEDY = tr("Choose a .safetensors or .gguf checkpoint, or a diffusers folder.")


def added(models: tuple[Model, ...]) -> Message:
    """Returns the message that models were added and are used from now on."""
    first = models[0]
    family = FAMILIES[first.family].name
    if len(models) == 1:
        lacks = "" if first.has_autoencoder else tr(" It has no autoencoder (VAE): one that fits is used.")
        about = tr(
            "It is a {family} model and stays where it is. {training}.{lacks}",
            family=family,
            training=training_text(first),
            lacks=lacks,
        )
        return Message(tr("{name} was added", name=first.name), about)
    return Message(
        tr("{count} models were added", count=len(models)),
        tr("They stay where they are; {name} is selected.", name=first.name),
    )


def refused(error: EmulsionError) -> Message:
    """Returns the message that models were refused."""
    return replace(message(error), remedy=REMEDY)
