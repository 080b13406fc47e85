"""Sentences for errors, shared by the window and the command line."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from app.messages.downloads import download_text
from core.downloads.failures import DownloadFailed
from core.errors import (
    AlreadyRunning,
    AutoencoderMissing,
    CompilerMissing,
    DeviceLost,
    DeviceMissing,
    FilmBroken,
    InvalidRequest,
    LibraryInUse,
    LoraBroken,
    LoraMissing,
    ModelBroken,
    ModelMissing,
    NotAModel,
    NotANumberPicture,
    OutOfMemory,
    QueueUnreadable,
    SaveFailed,
    SettingsUnreadable,
    UnforeseenFailure,
    UnreadablePicture,
    WrongAutoencoder,
    WrongFamily,
)
from core.files.sizes import size_text
from core.runs.events import Phase

PHASES: Mapping[Phase, str] = MappingProxyType(
    {
        Phase.importing: "starting the engine",
        Phase.loading_model: "loading the model",
        Phase.reading_prompt: "reading the prompt",
        Phase.decoding: "decoding",
    }
)
"""The engine's activities, in words."""

MOST_NAMES = 5
_FIELD_NAMES = {
    "steps": "number of steps",
    "guidance": "guidance scale",
    "count": "number of pictures",
    "negative": "negative prompt",
    "output": "output file",
    "quantise": "number of bits",
}


@dataclass(frozen=True, slots=True)
class Message:
    """A report of an event, as plain text.

    Attributes:
        title: a few words.
        sentence: one sentence with the facts.
        remedy: what the reader can do about it, one sentence, or "".
        is_unforeseen: only a report and the log can tell more.
    """

    title: str
    sentence: str
    remedy: str = ""
    is_unforeseen: bool = False

    def __str__(self) -> str:
        return " ".join(part for part in (self.sentence, self.remedy) if part)


def message(error: BaseException, log_file: Path | None = None) -> Message:
    """Returns the message for any error; unexpected ones point to the log file, which has their details."""
    match error:
        case InvalidRequest():
            name = _FIELD_NAMES.get(error.field, error.field)
            return Message(
                f"This {name} does not work",
                f"{_shown(error.value)} is not a possible {name}: it must be {error.allowed}.",
            )
        case ModelMissing():
            return _model_missing(error)
        case LoraBroken():
            return Message(
                "The LoRA cannot be used",
                f"{error.path.name} cannot be used: {error.reason}.",
                "Leave it out, or put another file in its place.",
            )
        case NotAModel():
            return Message("This file is not a model", f"{error.path} cannot be used as a model: {error.reason}.")
        case ModelBroken():
            return Message(
                "The model cannot be used",
                f"The model at {error.path} cannot be used: {error.reason}.",
                "Install the model again, or choose another one." if error.is_damaged else "Choose another model.",
            )
        case LoraMissing():
            return Message(
                "The LoRA is not there",
                f"There is no LoRA called {_shown(error.name)}.",
                f"LoRAs found: {_some(error.known)}."
                if error.known
                else "Put its file into the folder “loras” beside your models.",
            )
        case AutoencoderMissing():
            return _autoencoder_missing(error)
        case WrongAutoencoder():
            return Message(
                "This autoencoder is for another kind of model",
                f"{error.path.name} was made for {error.made_for}; the model {error.model} needs one for "
                f"{error.needed}.",
                "Choose another autoencoder, or the model's own.",
            )
        case WrongFamily():
            return Message(
                "This add-on is for another kind of model",
                f"{error.path.name} was made for {error.made_for or 'another kind of model'}; the model "
                f"{error.model} is {error.family}.",
                f"Choose a model of the kind {error.made_for}, or leave it out." if error.made_for else "",
            )
        case OutOfMemory():
            return Message(
                "Not enough memory",
                f"The device {error.device} has too little memory for this picture{_memory(error)}.",
                "Choose a smaller size, a smaller model or weights in 8 bit (Preferences, Memory), or close other "
                "programs.",
            )
        case DeviceLost():
            return Message(
                "The graphics processor has stopped",
                f"{error.device} does not answer any more: its driver has failed, or the computer has slept.",
                "Restart Emulsion. If it happens again, restart the computer or update the driver.",
            )
        case DeviceMissing():
            return Message(
                "This device is not available",
                f"{_shown(error.asked)} cannot be used on this computer: {_lower_first(error.reason)}."
                if error.reason
                else f"{_shown(error.asked)} is not available on this computer.",
                f"Available here: {', '.join(error.available)}." if error.available else "",
            )
        case CompilerMissing():
            return Message(
                "Networks cannot be compiled on this computer",
                f"The network was to be compiled, but {error.reason}.",
                "Choose another acceleration (Preferences, Device); pictures are computed as well without it.",
            )
        case NotANumberPicture():
            return Message(
                "The picture could not be computed",
                f"{error.where[:1].upper()}{error.where[1:]} produced values that are not numbers.",
                "Choose the precision float32 (Preferences, Device), another sampler or a lower guidance scale.",
            )
        case SaveFailed():
            return Message(
                "The file could not be written",
                f"{error.path} could not be written: {_lower_first(error.reason)}.",
                "Choose another folder, or make room on the disk.",
            )
        case DownloadFailed():
            return Message(*download_text(error.failure))
        case UnreadablePicture():
            return Message(
                "The picture cannot be used",
                f"{error.path} cannot be used: {_lower_first(error.reason)}.",
            )
        case SettingsUnreadable():
            return Message(
                "The settings cannot be taken over",
                f"{error.path} cannot be used: {_lower_first(error.reason)}.",
                "Your settings are as they were.",
            )
        case QueueUnreadable():
            return Message(
                "Not all that was waiting could be read",
                f"The queue of the last time cannot be used: {_lower_first(error.reason)}.",
                f"Its file is kept as {error.path}.",
            )
        case FilmBroken():
            return Message(
                "The film cannot be opened",
                f"The film {error.path} cannot be opened: {error.reason}.",
            )
        case LibraryInUse():
            return Message(
                "The gallery is in use",
                "Another running Emulsion uses the gallery, and only one can change it at a time.",
                "Close the other one first.",
            )
        case AlreadyRunning():
            number = f" (process {error.process})" if error.process else ""
            return Message(
                "Emulsion is already running",
                f"Emulsion is already running{number}, but its window does not answer.",
                "Wait until it has ended, or end that process, and start Emulsion again.",
            )
        case UnforeseenFailure():
            return Message(
                "This did not work",
                "It ended early, for a reason that Emulsion does not know; finished pictures are safe.",
                "The log has the details.",
            )
        case MemoryError():
            return Message(
                "Not enough memory",
                "The computer has run out of memory.",
                "Choose a smaller size or a smaller model, or close other programs.",
            )
        case ImportError():
            return Message(
                "A library is missing",
                f"A library that Emulsion needs cannot be loaded: {' '.join(str(error).split())}.",
                "Start Emulsion by packaging/start.py, which installs what is missing.",
            )
        case _:
            return Message(
                "Something unexpected happened",
                "Emulsion met a problem that it does not know; finished pictures are safe.",
                f"The details are in {log_file}." if log_file else "",
            )


def _model_missing(error: ModelMissing) -> Message:
    sentence = f"There is no model called {_shown(error.model)}." if error.model else "No model is chosen."
    remedy = f"Models found: {', '.join(error.known)}." if error.known else "Add a model in Models."
    return Message("The model is not there", sentence, remedy)


def _autoencoder_missing(error: AutoencoderMissing) -> Message:
    name = _shown(error.name)
    if error.is_other:
        return Message(
            "The autoencoder is another one",
            f"The autoencoder {name} on this computer is not the one that the recipe means: its content differs.",
            "Choose it again to use the one that is here, or choose the model's own.",
        )
    known = f"Autoencoders found: {_shown(', '.join(error.known))[1:-1]}." if error.known else ""
    return Message(
        "The autoencoder is not there",
        f"There is no autoencoder (VAE) called {name}.",
        known or "Put its file into the folder “vae” beside your models, or choose the model's own.",
    )


def _memory(error: OutOfMemory) -> str:
    figures = [
        f"{size_text(bytes_)} {word}"
        for bytes_, word in ((error.needed, "needed"), (error.free, "free"))
        if bytes_ is not None
    ]
    return f" ({', '.join(figures)})" if figures else ""


def _shown(value: object) -> str:
    """Returns a value in people's notation, on one line and of bounded length."""
    text = " ".join(str(value).split())
    if isinstance(value, str):
        text = f"“{text}”" if text else "“”"
    return text if len(text) <= 80 else f"{text[:76]} …{'”' if isinstance(value, str) else ''}"


def _some(names: tuple[str, ...]) -> str:
    """Returns the first few names of a list that may be long."""
    shown = ", ".join(_shown(name) for name in names[:MOST_NAMES])
    return f"{shown} and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else shown


def _lower_first(words: str) -> str:
    """Returns words for the middle of a sentence: ``No space`` -> ``no space``, but ``EXIF data`` stays."""
    return words[:1].lower() + words[1:] if words[1:2].islower() else words
