"""Sentences for the engine's notices: the window shows them above the canvas, commands on standard error."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from app.messages.errors import Message
from app.messages.loras import acts_in_part, differs
from core.runs.events import (
    AutoencoderLent,
    ComputedElsewhere,
    EmbeddingDiffers,
    EmbeddingMisfit,
    Event,
    LoraDiffers,
    LoraInPart,
    WeightsLeftOut,
)

_MOST_NAMES = 3


def _left_out(event: WeightsLeftOut) -> Message:
    shown = ", ".join((*event.names[:_MOST_NAMES], *(("…",) if len(event.names) > _MOST_NAMES else ())))
    return Message(
        "A part of the file is not used",
        f"Weights of {event.path.name} belong to no part of this kind of model ({len(event.names)}): {shown}.",
        "If the picture is not what it should be, the file is for another program or another kind of model.",
    )


def _lent(event: AutoencoderLent) -> Message:
    return Message(
        "The model has no autoencoder of its own",
        f"{event.path.name} holds no autoencoder (VAE); the one of {event.autoencoder} is used.",
        "Another one can be chosen below the model.",
    )


def _elsewhere(event: ComputedElsewhere) -> Message:
    return Message(
        "The run goes on otherwise than it began",
        f"It was computed by {event.before}, and goes on with {event.now}; the picture may differ in its last "
        "bits from the one that the run would have given there.",
    )


def _misfit(event: EmbeddingMisfit) -> Message:
    return Message(
        f"“{event.name}” is an embedding for another kind of model",
        f"The embedding “{event.name}” was made for {event.made_for}, and this model is {event.family}: its "
        "name is read as plain words.",
        f"The file is {event.path}.",
    )


def _embedding_differs(event: EmbeddingDiffers) -> Message:
    here = f"the file here has {event.found}" if event.found else "here its name is read as plain words"
    return Message(
        f"“{event.name}” is not the embedding of the recipe",
        f"The recipe was made with an embedding of this name with the hash {event.asked}; {here}. "
        "The picture will differ.",
    )


NOTICES: Mapping[type[Event], Callable[[Any], Message]] = MappingProxyType(
    {
        LoraDiffers: differs,
        LoraInPart: acts_in_part,
        EmbeddingMisfit: _misfit,
        EmbeddingDiffers: _embedding_differs,
        WeightsLeftOut: _left_out,
        AutoencoderLent: _lent,
        ComputedElsewhere: _elsewhere,
    }
)
"""The message of each kind of event that is told as it is; the others are progress or results."""


def notice_of(event: Event) -> Message | None:
    """Returns the message of a notice, None for any other event."""
    tell = NOTICES.get(type(event))
    return tell(event) if tell is not None else None
