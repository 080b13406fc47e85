"""Sentences for the engine's notices: the window shows them above the canvas, commands on standard error."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from app.messages.errors import Message
from app.messages.loras import acts_in_part, differs
from core.runs.events import Event, LoraDiffers, LoraInPart

NOTICES: Mapping[type[Event], Callable[[Any], Message]] = MappingProxyType(
    {LoraDiffers: differs, LoraInPart: acts_in_part}
)
"""The message of each kind of event that is told as it is; the others are progress or results."""


def notice_of(event: Event) -> Message | None:
    """Returns the message of a notice, None for any other event."""
    tell = NOTICES.get(type(event))
    return tell(event) if tell is not None else None
