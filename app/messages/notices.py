"""Sentences for the engine's notices: the window shows them above the canvas, commands on standard error."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from app.messages.errors import Message
from app.messages.loras import acts_in_part, differs
from core.families import in_words, part_name
from core.files.weights_header import SUFFIXES
from core.language.words import tr
from core.runs.events import (
    AutoencoderLent,
    ComputedElsewhere,
    ControlLeftOut,
    EmbeddingDiffers,
    EmbeddingMisfit,
    EmbeddingPickled,
    Event,
    FirstFrameTaken,
    LineLost,
    LoraDiffers,
    LoraInPart,
    MaskMissing,
    PartsAway,
    SecondPassLeftOut,
    UpscalerDiffers,
    WeightsLeftOut,
)

_MOST_NAMES = 3


def _away(event: PartsAway) -> Message:
    is_file = event.path.suffix.lower() in SUFFIXES
    return Message(
        tr("Not there, but not needed: {parts}", parts=in_words([part_name(part) for part in event.parts])),
        tr(
            "The other text encoders of {name} read the prompt; long sentences, and letters on the picture, come "
            "out less exactly.",
            name=event.path.name,
        ),
        tr("Its file can be put beside the model, or chosen on the model's card.") if is_file else "",
    )


def _left_out(event: WeightsLeftOut) -> Message:
    shown = ", ".join((*event.names[:_MOST_NAMES], *(("…",) if len(event.names) > _MOST_NAMES else ())))
    return Message(
        tr("A part of the file is not used"),
        tr(
            "Weights of {name} belong to no part of this kind of model ({count}): {shown}.",
            name=event.path.name,
            count=len(event.names),
            shown=shown,
        ),
        tr("If the picture is not what it should be, the file is for another program or another kind of model."),
    )


def _lent(event: AutoencoderLent) -> Message:
    return Message(
        tr("The model has no autoencoder"),
        tr(
            "{name} has no autoencoder (VAE); the one of {autoencoder} is used.",
            name=event.path.name,
            autoencoder=event.autoencoder,
        ),
        tr("Another one can be chosen below the model."),
    )


def _elsewhere(event: ComputedElsewhere) -> Message:
    return Message(
        tr("This run continues on another device"),
        tr(
            "It was computed by {before}, and goes on with {now}; the picture may differ in its last "
            "bits from the one that the run would have given there.",
            before=event.before,
            now=event.now,
        ),
    )


def _line_lost(event: LineLost) -> Message:
    return Message(
        tr("The connection to {name} is lost", name=event.name),
        tr("The run goes on there. Emulsion connects again as soon as it can, and shows what was made meanwhile."),
        tr("Stop ends the run here; its film is kept up to the step that is shown."),
        passes=True,
    )


def _misfit(event: EmbeddingMisfit) -> Message:
    return Message(
        tr("“{name}” is an embedding for another kind of model", name=event.name),
        tr(
            "The embedding “{name}” was made for {made_for}, and this model is {family}: its "
            "name is read as plain words.",
            name=event.name,
            made_for=event.made_for,
            family=event.family,
        ),
        tr("The file is {path}.", path=event.path),
    )


def _pickled(event: EmbeddingPickled) -> Message:
    return Message(
        tr("“{name}” is an embedding that is not read", name=event.name),
        tr(
            "{file} is pickled, a form that can run any program when it is loaded: its name is read as plain "
            "words.",
            file=event.path.name,
        ),
        tr(
            "Most embeddings are offered as .safetensors, too: put that file beside it. Other programs can save "
            "it in that form. The file is {path}.",
            path=event.path,
        ),
    )


def _embedding_differs(event: EmbeddingDiffers) -> Message:
    here = (
        tr("the file here has {found}", found=event.found)
        if event.found
        else tr("here its name is read as plain words")
    )
    return Message(
        tr("“{name}” is not the embedding of the recipe", name=event.name),
        tr(
            "The recipe was made with an embedding of this name with the hash {asked}; {here}. "
            "The picture will differ.",
            asked=event.asked,
            here=here,
        ),
    )


def _upscaler_differs(event: UpscalerDiffers) -> Message:
    return Message(
        tr("“{name}” is not the upscaler of the recipe", name=event.name),
        tr(
            "The recipe was made with an upscaler of this name whose SHA-256 begins with {asked}; that of the "
            "file here begins with {found}. The picture will differ.",
            asked=event.asked[:10],
            found=event.found[:10],
        ),
        tr("The file is {path}.", path=event.path),
    )


def _mask_missing(event: MaskMissing) -> Message:
    return Message(
        tr("{model} is made for inpainting", model=event.model),
        tr("It was trained to change a part of a picture. Without a mask it makes all of it anew."),
        tr("Choose a picture to start from, and paint a mask over what should change."),
    )


def _second_pass_left_out(_event: SecondPassLeftOut) -> Message:
    return Message(
        tr("The picture is that of the first pass"),
        tr("There was too little memory for the second pass at the larger size; what the first made is kept."),
        tr("Try a smaller size for the second pass, or close other programs and continue from the last step."),
    )


def _first_frame_taken(event: FirstFrameTaken) -> Message:
    return Message(
        tr("The first frame is used"),
        tr("{name} is a moving picture, or has several pages: the first of them is used.", name=event.path.name),
        tr("To use another one, save that frame as a picture of its own."),
    )


def _control_left_out(event: ControlLeftOut) -> Message:
    words = tr("It is in the recipe of the picture, but does not guide: {reason}.", reason=event.reason)
    return Message(tr("Refined without {name}", name=event.name), words)


NOTICES: Mapping[type[Event], Callable[[Any], Message]] = MappingProxyType(
    {
        LoraDiffers: differs,
        LoraInPart: acts_in_part,
        EmbeddingMisfit: _misfit,
        EmbeddingPickled: _pickled,
        EmbeddingDiffers: _embedding_differs,
        UpscalerDiffers: _upscaler_differs,
        WeightsLeftOut: _left_out,
        PartsAway: _away,
        AutoencoderLent: _lent,
        MaskMissing: _mask_missing,
        SecondPassLeftOut: _second_pass_left_out,
        FirstFrameTaken: _first_frame_taken,
        ControlLeftOut: _control_left_out,
        ComputedElsewhere: _elsewhere,
        LineLost: _line_lost,
    }
)
"""The message of each kind of event that is told as it is; the others are progress or results."""


def notice_of(event: Event) -> Message | None:
    """Returns the message of a notice, None for any other event."""
    tell = NOTICES.get(type(event))
    return tell(event) if tell is not None else None
