"""Sentences for errors, shared by the window and the command line."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from app.messages.computers import computer_away
from app.messages.downloads import download_text
from app.messages.message import Message
from app.messages.model_files import message_about_files
from app.messages.values import field_name, memory_figures, shown
from core.downloads.failures import DownloadFailed
from core.errors import (
    AlreadyRunning,
    CompilerMissing,
    DeviceLost,
    DeviceMissing,
    EngineEnded,
    FilmBroken,
    GridInUse,
    InvalidRequest,
    LibraryInUse,
    ModelMissing,
    NotANumberPicture,
    OutOfMemory,
    QueueUnreadable,
    SaveFailed,
    SettingsUnreadable,
    StylesUnreadable,
    UnforeseenFailure,
    UnreadablePicture,
    WireBroken,
)
from core.language.words import in_sentence, tr
from core.remote.away import ClusterUnusable, ComputerAway
from core.runs.events import Phase

PHASES: Mapping[Phase, str] = MappingProxyType(
    {
        Phase.importing: tr("starting the engine"),
        Phase.loading_model: tr("loading the model"),
        Phase.reading_prompt: tr("reading the prompt"),
        Phase.decoding: tr("decoding"),
        Phase.enlarging: tr("enlarging"),
        Phase.refining: tr("refining"),
    }
)
"""The engine's activities, in words."""


def message(error: BaseException, log_file: Path | None = None) -> Message:
    """Returns the message for any error; unexpected ones point to the log file, which has their details."""
    if (about_files := message_about_files(error)) is not None:
        return about_files
    match error:
        case InvalidRequest():
            name = field_name(error.field)
            return Message(
                tr("This {name} does not work", name=name),
                error.sentence
                or tr(
                    "{value} is not a possible {name}: it must be {allowed}.",
                    value=shown(error.value),
                    name=name,
                    allowed=error.allowed,
                ),
            )
        case ModelMissing():
            return _model_missing(error)
        case OutOfMemory():
            return Message(
                tr("Not enough memory"),
                tr(
                    "The device {device} has too little memory for this picture{memory}.",
                    device=error.device,
                    memory=memory_figures(error),
                ),
                tr(
                    "Choose a smaller size, a smaller model or weights in 8 bit (Preferences, Memory), or "
                    "close other programs."
                ),
            )
        case DeviceLost():
            return Message(
                tr("The graphics processor has stopped"),
                tr(
                    "{device} does not answer any more: its driver has failed, or the computer has slept.",
                    device=error.device,
                ),
                tr("Restart Emulsion. If it happens again, restart the computer or update the driver."),
                is_of_engine=True,
            )
        case DeviceMissing():
            return Message(
                tr("This device is not available"),
                tr(
                    "{asked} cannot be used on this computer: {reason}.",
                    asked=shown(error.asked),
                    reason=in_sentence(error.reason),
                )
                if error.reason
                else tr("{asked} is not available on this computer.", asked=shown(error.asked)),
                tr("Available here: {available}.", available=", ".join(error.available))
                if error.available
                else "",
            )
        case CompilerMissing():
            return Message(
                tr("Networks cannot be compiled on this computer"),
                tr("The network was to be compiled, but {reason}.", reason=error.reason),
                tr("Choose another acceleration (Preferences, Device); pictures are computed as well without it."),
            )
        case NotANumberPicture():
            return Message(
                tr("The picture could not be computed"),
                tr("{part} produced values that are not numbers.", part=error.where[:1].upper() + error.where[1:]),
                tr(
                    "Choose the precision float32 (Preferences, Device), another sampler or a lower guidance "
                    "scale."
                ),
            )
        case SaveFailed():
            return Message(
                tr("The file could not be written"),
                tr("{path} could not be written: {reason}.", path=error.path, reason=in_sentence(error.reason)),
                tr("Choose another folder, or make room on the disk."),
            )
        case DownloadFailed():
            return Message(*download_text(error.failure))
        case UnreadablePicture():
            return Message(
                tr("The picture cannot be used"),
                tr("{path} cannot be used: {reason}.", path=error.path, reason=in_sentence(error.reason)),
            )
        case SettingsUnreadable():
            return Message(
                tr("The settings cannot be imported"),
                tr("{path} cannot be used: {reason}.", path=error.path, reason=in_sentence(error.reason)),
                tr("Your settings are as they were."),
            )
        case StylesUnreadable():
            return Message(
                tr("The styles cannot be read"),
                tr("{path} cannot be used: {reason}.", path=error.path, reason=in_sentence(error.reason)),
            )
        case QueueUnreadable():
            return Message(
                tr("Not all that was waiting could be read"),
                tr("The queue of the last time cannot be used: {reason}.", reason=in_sentence(error.reason)),
                tr("Its file is kept as {path}.", path=error.path),
            )
        case FilmBroken():
            return Message(
                tr("The film cannot be opened"),
                tr("The film {path} cannot be opened: {reason}.", path=error.path, reason=error.reason),
            )
        case LibraryInUse():
            return Message(
                tr("The gallery is in use"),
                tr("Another running Emulsion uses the gallery, and only one can change it at a time."),
                tr("Close the other one first."),
            )
        case GridInUse():
            return Message(
                tr("The grid is being made"),
                tr("Another running Emulsion makes pictures of the grid in {folder}.", folder=error.folder),
                tr("Wait until it has finished, or stop it there."),
            )
        case AlreadyRunning():
            number = tr(" (process {process})", process=error.process) if error.process else ""
            return Message(
                tr("Emulsion is already running"),
                tr("Emulsion is already running{number}, but its window does not answer.", number=number),
                tr("Wait until it has ended, or end that process, and start Emulsion again."),
            )
        case EngineEnded():
            return Message(
                tr("The engine has stopped"),
                tr("The process that makes your pictures has ended ({how}).", how=error.how)
                if error.how
                else tr("The process that makes your pictures has ended."),
                tr("Try again: the engine begins anew. Finished pictures are safe; the log has the details."),
                is_of_engine=True,
            )
        case ComputerAway():
            return computer_away(error)
        case WireBroken():
            return Message(
                tr("The engine cannot be understood"),
                tr(
                    "The process that makes your pictures sent something unexpected: {reason}.",
                    reason=error.reason,
                ),
                tr("Restart Emulsion. If it happens again, install it anew."),
                is_of_engine=True,
            )
        case ClusterUnusable():
            return Message(
                tr("The cluster cannot be used"),
                tr("The cluster cannot be used: {reason}.", reason=error.reason),
                is_of_engine=True,
            )
        case UnforeseenFailure():
            return Message(
                tr("This did not work"),
                tr("It ended early, for a reason that Emulsion does not know; finished pictures are safe."),
                tr("The log has the details."),
            )
        case MemoryError():
            return Message(
                tr("Not enough memory"),
                tr("The computer has run out of memory."),
                tr("Choose a smaller size or a smaller model, or close other programs."),
            )
        case ImportError():
            return Message(
                tr("A library is missing"),
                tr(
                    "A library that Emulsion needs cannot be loaded: {reason}.",
                    reason=" ".join(str(error).split()),
                ),
                tr("Start Emulsion by packaging/start.py, which installs what is missing."),
            )
        case _:
            return Message(
                tr("Something unexpected happened"),
                tr("Something went wrong. Your finished pictures are safe."),
                tr("Details: {log_file}.", log_file=log_file) if log_file else "",
            )


def _model_missing(error: ModelMissing) -> Message:
    sentence = (
        tr("There is no model called {model}.", model=shown(error.model))
        if error.model
        else tr("No model is chosen.")
    )
    remedy = (
        tr("Models found: {known}.", known=", ".join(error.known)) if error.known else tr("Add a model in Models.")
    )
    return Message(tr("The model is not there"), sentence, remedy)
