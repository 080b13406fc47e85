"""What is told when models of the user's own are taken, or refused: in the window and on the command line."""

from __future__ import annotations

from dataclasses import replace

from app.messages.errors import Message, message
from core.errors import EmulsionError
from core.families import FAMILIES
from core.models.catalogue import Model

REMEDY = "Choose a .safetensors checkpoint or a diffusers folder."


def added(models: tuple[Model, ...]) -> Message:
    """They are used from now on."""
    first = models[0]
    family = FAMILIES[first.family].name
    if len(models) == 1:
        return Message(f"{first.name} was added", f"It is a {family} model and stays where it lies.")
    return Message(f"{len(models)} models were added", f"They stay where they lie; {first.name} is chosen.")


def refused(error: EmulsionError) -> Message:
    """They are not."""
    return replace(message(error), remedy=REMEDY)
