"""All expected failures, as typed errors that carry data; their sentences are in ``app/messages/errors.py``."""

from collections.abc import Mapping
from pathlib import Path


class EmulsionError(Exception):
    """The root of all errors that Emulsion raises on purpose."""


class UnforeseenFailure(EmulsionError):
    """Work in a background thread ended in an error that nobody foresaw, which the log has."""


class FileError(EmulsionError):
    """Something is wrong with a file or a folder.

    Attributes:
        reason: the end of a sentence, often in the system's own words (``"No space left on device"``).
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class InvalidRequest(EmulsionError):
    """A setting lies outside what is allowed.

    Attributes:
        field: name of the field, as on the command line (``"steps"``).
        value: what came.
        allowed: what was expected, as a phrase (``"a whole number from 1 to 500"``).
        sentence: all of it, where the value itself may be right and another one is missing; "" otherwise.
    """

    def __init__(self, field: str, value: object, allowed: str, *, sentence: str = "") -> None:
        super().__init__(f"{field} is {value!r}; expected {allowed}")
        self.field = field
        self.value = value
        self.allowed = allowed
        self.sentence = sentence


class ModelMissing(EmulsionError):
    """No model answers to this name, or its folder is gone."""

    def __init__(self, model: str, known: tuple[str, ...] = ()) -> None:
        super().__init__(f"no model {model!r}; known: {', '.join(known) or 'none'}")
        self.model = model
        self.known = known


class ModelBroken(FileError):
    """A model's files cannot be used: truncated, damaged, or of a kind that is not supported.

    Attributes:
        is_damaged: files are missing or not whole, so that another copy of them helps.
    """

    def __init__(self, path: Path, reason: str, *, is_damaged: bool = False) -> None:
        super().__init__(path, reason)
        self.is_damaged = is_damaged


class PartsMissing(ModelBroken):
    """A network's file lies there without the text encoder or the autoencoder that it works with.

    Attributes:
        missing: the kind that is needed (``"Qwen3 4B"``), by the part. family: the network's, by its key.
    """

    def __init__(self, path: Path, reason: str, missing: Mapping[str, str], family: str) -> None:
        super().__init__(path, reason)
        self.missing = missing
        self.family = family


class NotAModel(ModelBroken):
    """A file holds an addition to a model, or a part of one."""


class LoraBroken(ModelBroken):
    """A LoRA's file cannot be used: damaged, no LoRA at all, or none of its layers is one of the model."""


class NotFound(EmulsionError):
    """No file answers to a name, or with ``is_other`` only one with another content.

    Attributes:
        noun: of such files, in English.
        known: some that are there, with similar names if there are any.
        folders: in which its file could lie, as far as they are told.
    """

    noun = "file"

    def __init__(
        self, name: str, known: tuple[str, ...] = (), *, is_other: bool = False, folders: tuple[Path, ...] = ()
    ) -> None:
        super().__init__(f"no {self.noun} {name!r}; known: {', '.join(known) or 'none'}")
        self.name = name
        self.known = known
        self.is_other = is_other
        self.folders = folders


class LoraMissing(NotFound):
    noun = "LoRA"


class WildcardMissing(NotFound):
    noun = "wildcard"


class AutoencoderMissing(NotFound):
    noun = "autoencoder"


class UpscalerMissing(NotFound):
    noun = "upscaler"


class ControlMissing(NotFound):
    noun = "ControlNet"


class ControlBroken(ModelBroken):
    """A network for control cannot be used: damaged, not supported, or not built as the model."""


class WildcardUnusable(EmulsionError):
    """The wildcard, or file, ``name`` cannot be read or has no end; ``reason`` ends a sentence."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


class UpscalerBroken(ModelBroken):
    """An upscaler's file cannot be used: damaged, or of a kind that Emulsion does not know."""


class WrongAutoencoder(EmulsionError):
    """An autoencoder cannot decode the latents of a model.

    Attributes:
        made_for: whose latents it decodes, with figures.
        model, needed: the model that it was to be used with, and what that needs.
    """

    def __init__(self, path: Path, made_for: str, model: str, needed: str) -> None:
        super().__init__(f"{path} was made for {made_for}; {model} needs {needed}")
        self.path = path
        self.made_for = made_for
        self.model = model
        self.needed = needed


class WrongPart(EmulsionError):
    """A file is not the part that a network works with.

    Attributes:
        found: what it is. part: the part that is asked for (``"text encoder"``).
        model, needed: the model that it was to be used with, and the kind that it needs there.
    """

    def __init__(self, path: Path, found: str, model: str, part: str, needed: str) -> None:
        super().__init__(f"{path} is {found}; {model} needs {needed} as its {part}")
        self.path = path
        self.found = found
        self.model = model
        self.part = part
        self.needed = needed


class WrongFamily(EmulsionError):
    """An add-on was made for another kind of model.

    Attributes:
        made_for: the kind of model that it belongs to, as users know it.
        model, family: the model that it was to be used with, and its kind.
    """

    def __init__(self, path: Path, made_for: str, model: str, family: str) -> None:
        super().__init__(f"{path} was made for {made_for}, not for {model} ({family})")
        self.path = path
        self.made_for = made_for
        self.model = model
        self.family = family


class OutOfMemory(EmulsionError):
    """The device has too little memory for this run. Sizes in bytes; None where the device does not tell."""

    def __init__(self, device: str, needed: int | None, free: int | None) -> None:
        super().__init__(f"{device} is out of memory")
        self.device = device
        self.needed = needed
        self.free = free


class DeviceLost(EmulsionError):
    """The device does not compute any more; only another process can use it again."""

    def __init__(self, device: str) -> None:
        super().__init__(f"{device} does not answer any more")
        self.device = device


class DeviceMissing(EmulsionError):
    """The device or dtype that was asked for is not there, or cannot be used for a ``reason``."""

    def __init__(self, asked: str, available: tuple[str, ...], reason: str = "") -> None:
        super().__init__(f"{asked!r} is not available; available: {', '.join(available)}; {reason}")
        self.reason = reason
        self.asked = asked
        self.available = available


class CompilerMissing(EmulsionError):
    """Networks were to be compiled, and this computer cannot; ``reason`` ends a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"networks cannot be compiled: {reason}")
        self.reason = reason


class NotANumberPicture(EmulsionError):
    """The network produced NaN or infinity, or the autoencoder, which is retried in float32."""

    def __init__(self, where: str) -> None:
        super().__init__(f"{where} produced values that are not numbers")
        self.where = where


class SaveFailed(FileError):
    """A file could not be written. Nothing half-written is left behind."""


class UnreadablePicture(FileError):
    """A picture or its recipe cannot be read."""


class FilmBroken(FileError):
    """A film file cannot be used: damaged, foreign, or of a newer version."""


class LibraryInUse(EmulsionError):
    """Another running Emulsion has the library's index; only one can change it at a time."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"another Emulsion uses {folder}")
        self.folder = folder


class GridInUse(EmulsionError):
    """Another running Emulsion makes pictures of the grid in this folder, which would be made twice."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"another Emulsion makes the grid in {folder}")
        self.folder = folder


class AlreadyRunning(EmulsionError):
    """Another process, None if nobody knows its number, has the user's data folder and does not answer."""

    def __init__(self, process: int | None) -> None:
        super().__init__(f"process {process} is already running and does not answer")
        self.process = process


class SettingsUnreadable(FileError):
    """A file with exported settings cannot be used."""


class StylesUnreadable(FileError):
    """A file with styles cannot be used."""


class QueueUnreadable(FileError):
    """The requests that waited at the last end cannot be read, all or some; their file is kept at ``path``."""


class WireBroken(EmulsionError):
    """Another process sends no messages of an engine's; ``reason`` is a part of a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the wire is broken: {reason}")
        self.reason = reason


class EngineEnded(EmulsionError):
    """The engine's own process has ended, or was ended; ``how`` is such as "signal 9"."""

    def __init__(self, how: str = "") -> None:
        super().__init__(f"the engine's process has ended ({how})")
        self.how = how
