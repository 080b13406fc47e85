"""The events of the engine: the only values that cross from it to the window or the command line."""

from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any, ClassVar

from core.film.attention_maps import AttentionRecord
from core.film.film import Film, Frame
from core.lora.usage import LoraUsage
from core.pictures.picture import GeneratedImage
from core.pictures.pixels import Pixels


class Phase(Enum):
    """The work that the engine begins; each can take seconds."""

    importing = auto()
    loading_model = auto()
    reading_prompt = auto()
    decoding = auto()
    enlarging = auto()
    refining = auto()


class PreviewMode(Enum):
    """Chooses the steps whose preview the autoencoder decodes; at all others it is the linear map to RGB.

    ``automatic`` stays within 5 % of the run's time, as measured while it runs, and decodes by a tiny autoencoder
    where there is one for the model; so does ``sharp`` at every step. Without one ``sharp`` is ``automatic``.
    """

    linear = auto()
    automatic = auto()
    every_step = auto()
    sharp = auto()


@dataclass(frozen=True, slots=True)
class Loading:
    """A phase begins."""

    phase: Phase


@dataclass(frozen=True, slots=True)
class LoraDiffers:
    """The LoRA of this name is another file than the recipe tells; the run goes on with it.

    Attributes:
        asked, found: hashes, that of the recipe and that of the file.
    """

    name: str
    path: Path
    asked: str
    found: str


@dataclass(frozen=True, slots=True)
class LoraInPart:
    """Not all layers of the LoRA of this name act on the model; the run goes on with those that do.

    Attributes:
        model: its key.
    """

    name: str
    path: Path
    model: str
    usage: LoraUsage


@dataclass(frozen=True, slots=True)
class EmbeddingMisfit:
    """The prompt names an embedding for another kind of model; the run goes on with its name as plain words.

    Attributes:
        made_for, family: the kind of model that it is for, and that of the one in use.
    """

    name: str
    path: Path
    made_for: str
    family: str


@dataclass(frozen=True, slots=True)
class EmbeddingPickled:
    """The prompt names an embedding that is here as a pickle only, which is not read; its name is plain words."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class EmbeddingDiffers:
    """The embedding of this name is another file than the recipe tells, or not here; the run goes on.

    Attributes:
        asked, found: hashes; ``found`` is "" where its name is read as plain words.
    """

    name: str
    asked: str
    found: str


@dataclass(frozen=True, slots=True)
class UpscalerDiffers:
    """The upscaler of this name is another file than the recipe tells; the run goes on with it.

    Attributes:
        asked, found: beginnings of the SHA-256 of the files.
    """

    name: str
    path: Path
    asked: str
    found: str


@dataclass(frozen=True, slots=True)
class WeightsLeftOut:
    """A model's file has weights with these names that belong to none of its networks; the run goes on."""

    path: Path
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PartsAway:
    """A model goes on without these parts, by their folder, which its family can do without."""

    path: Path
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AutoencoderLent:
    """A model's file has no autoencoder; this one is used, with a name as `Autoencoder` has it."""

    path: Path
    autoencoder: str


@dataclass(frozen=True, slots=True)
class MaskMissing:
    """A model that was trained for inpainting makes a picture without a mask: all of it counts as masked.

    Attributes:
        model: its key.
    """

    model: str


@dataclass(frozen=True, slots=True)
class SecondPassLeftOut:
    """Memory ran out in the second pass of a run; the picture is that of the first, and the film has both."""


@dataclass(frozen=True, slots=True)
class FirstFrameTaken:
    """A picture that a run works with moves, or has several pages; the run goes on with the first of them."""

    path: Path


@dataclass(frozen=True, slots=True)
class ControlLeftOut:
    """A picture is refined without this control of its recipe, which is not here; ``reason`` says what is not."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class ComputedElsewhere:
    """A run is taken up by another device, precision or version than made its calls so far.

    Attributes:
        before, now: as `core.film.film.Film.computed_by` tells them.
    """

    before: str
    now: str


@dataclass(frozen=True, slots=True)
class LineLost:
    """The line to the computer of this name is lost; the run goes on there, and is taken up when it is back."""

    name: str


@dataclass(frozen=True, slots=True)
class Placed:
    """All that follows is made on the computer of this name, which a cluster has chosen."""

    name: str


@dataclass(frozen=True, slots=True)
class Started:
    """The first step of a picture is about to begin.

    Attributes:
        film: without frames, with the request as it will be carried out (seed chosen) and the schedule. The hash
            of the model may come with the first call only.
        index: which picture of ``count``, from 0.
    """

    film: Film
    index: int
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class Preview:
    """A small picture of x0; decoded ones have the size of the finished picture."""

    pixels: Pixels
    is_decoded: bool


@dataclass(frozen=True, slots=True, eq=False)
class LinearPreview:
    """The linear map of the x0 of a film's last frame, made when it is looked at: of fast runs few are shown."""

    film: Film
    is_decoded: ClassVar = False

    @property
    def pixels(self) -> Pixels:
        """Returns a picture of the size of the latent, or the whole one that has it as a part."""
        return self.film.picture(self.film.frames[-1].denoised)


@dataclass(frozen=True, slots=True)
class Stepped:
    """One network call is done.

    Attributes:
        film: as far as it goes now.
        seconds: the time the call took, without the preview.
        attention: where the words acted in this call and those before it, if that was asked for.
    """

    film: Film
    preview: Preview | LinearPreview
    seconds: float
    attention: AttentionRecord | None = None

    @property
    def frame(self) -> Frame:
        """Returns the frame of the call, the film's last one."""
        return self.film.frames[-1]


@dataclass(frozen=True, slots=True)
class ImageReady:
    """A picture is finished; its film is complete."""

    image: GeneratedImage
    film: Film


@dataclass(frozen=True, slots=True)
class Advanced:
    """So many parts of an operation's work are done, counted in units of its own."""

    done: int
    total: int


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """The last event of an operation that has a result."""

    result: Any


AddOnNotice = LoraDiffers | LoraInPart | EmbeddingMisfit | EmbeddingPickled | EmbeddingDiffers
Notice = (
    AddOnNotice
    | UpscalerDiffers
    | WeightsLeftOut
    | PartsAway
    | AutoencoderLent
    | MaskMissing
    | SecondPassLeftOut
    | FirstFrameTaken
    | ControlLeftOut
    | ComputedElsewhere
    | LineLost
)
Event = Loading | Notice | Placed | Started | Stepped | ImageReady | Advanced | Finished
