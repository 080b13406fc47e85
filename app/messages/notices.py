"""Sentences for the engine's notices: the window shows them above the canvas, commands on standard error."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from app.messages.errors import Message
from app.messages.loras import acts_in_part, differs
from core.runs.events import AutoencoderLent, ComputedElsewhere, Event, LoraDiffers, LoraInPart, WeightsLeftOut

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


NOTICES: Mapping[type[Event], Callable[[Any], Message]] = MappingProxyType(
    {
        LoraDiffers: differs,
        LoraInPart: acts_in_part,
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
