"""The operations that the engine can be asked for: frozen values, made without torch and carried out elsewhere.

`OPERATIONS` in `core.engine.operations` names the code that carries each out, as a stream of events.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from core.film.attention_maps import AttentionRecord
from core.film.film import Film, Frame, Latent, Schedule
from core.language.words import tr
from core.models.memory_plan import MemoryInUse
from core.pictures.pixels import Pixels
from core.recipes.recipe import Stage
from core.request.request import GenerationRequest
from core.runs.branch import Branch, rest_of
from core.runs.events import Event, Finished, PreviewMode
from core.runs.round_trip import EncodedPicture, OneStep, RoundTrip

Result = TypeVar("Result")
Result_co = TypeVar("Result_co", covariant=True)


class Operation(Generic[Result_co]):
    """A piece of work whose last event is `Finished` with its result.

    Those with the result None tell all that they make by their events.
    """

    __slots__ = ()

    @property
    def made(self) -> GenerationRequest | None:
        """Returns the settings of the pictures that it makes, None where it makes none."""
        return None

    @property
    def title(self) -> str:
        """Returns words for it in the queue."""
        return (
            type(self).__name__ if self.made is None else " ".join(self.made.prompt.split()) or tr("(no prompt)")
        )

    @property
    def pictures(self) -> int:
        """Returns how many runs of their own it consists of in the queue, see `part`."""
        return 1

    def part(self, _number: int) -> Operation[Any]:
        """Returns one of its runs, counted from 0."""
        return self

    @property
    def destination(self) -> Path | None:
        """Returns the folder that its pictures belong into, None for the usual one."""
        return None

    @property
    def goes_on_by_itself(self) -> bool:
        """Returns True if a part that was cut off is taken up where it was when its turn comes again."""
        return False


class Engine(Protocol):
    """Carries out one operation after the other; `core.engine.engine.Engine` is one."""

    def run(self, operation: Operation[Any]) -> Generator[Event, None, None]:
        """Stopping is closing the generator; pausing is not asking for the next event."""
        ...

    def hurry(self, operation: Operation[Any]) -> None:
        """Tells, from any thread, that an operation is going to be stopped after its event in progress."""
        ...

    def close(self) -> None: ...


def result_of(
    engine: Engine, operation: Operation[Result], on_event: Callable[[Event], object] | None = None
) -> Result:
    """Carries an operation out to its end and returns its result. Raises what the operation raises."""
    for event in engine.run(operation):
        if isinstance(event, Finished):
            return event.result
        if on_event is not None:
            on_event(event)
    raise AssertionError(f"{type(operation).__name__} has no result")


@dataclass(frozen=True, slots=True, eq=False)
class Generate(Operation[None]):
    """Makes ``request.count`` pictures, one after the other: a picture does not depend on its neighbours.

    With ``attention`` each `Stepped` tells where words acted; it takes longer, and the picture is the same.
    ``run`` names the run of a single picture, which gets a name of its own where it is "". ``batch`` is
    `core.film.film.Film.batch`; several pictures get one of their own where it is "". ``following``
    are requests that will come, whose prompts may be read together with this one.

    Raises:
        InvalidRequest, ModelMissing, ModelBroken, UnreadablePicture: before the first step.
        OutOfMemory, NotANumberPicture: later.
    """

    request: GenerationRequest
    previews: PreviewMode = PreviewMode.automatic
    attention: bool = False
    run: str = ""
    batch: str = ""
    following: tuple[GenerationRequest, ...] = ()

    @property
    def made(self) -> GenerationRequest:
        return self.request


@dataclass(frozen=True, slots=True, eq=False)
class GenerateBranch(Operation[None]):
    """Takes a run up again at one of its calls; only the calls after it run the network.

    With nothing changed the picture is the one that the uninterrupted run gives. Events and errors are those of
    `Generate`; the film of `Started` already has the frames that were taken over.

    Attributes:
        attended: where the words acted in the calls that are taken over, as far as it was recorded.
    """

    branch: Branch
    previews: PreviewMode = PreviewMode.automatic
    attention: bool = False
    attended: AttentionRecord | None = None

    @property
    def made(self) -> GenerationRequest:
        return self.branch.request


@dataclass(frozen=True, slots=True)
class BranchPoint:
    """The part of a `Branch` that is neither its film nor its request."""

    call: int
    remaining_steps: int | None = None
    fresh_noise: float = 0.0
    noise_seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Resume(Operation[None]):
    """Takes a run up again that was cut off, from its film on the disk, after the last of its calls.

    With ``branch_at`` the run on the disk is left there, and the request is that of the branch.

    Events and errors are those of `GenerateBranch`, and `OpenFilm`'s errors.

    Attributes:
        request: that of the film, to be shown while the run waits; or of the branch.
    """

    path: Path
    request: GenerationRequest
    previews: PreviewMode = PreviewMode.automatic
    attention: bool = False
    branch_at: BranchPoint | None = None

    def branch_of(self, film: Film) -> Branch:
        """Returns the work that is left of the film on the disk."""
        if (at := self.branch_at) is None:
            return rest_of(film)
        call = min(at.call, len(film.frames))
        return Branch(film, call, self.request, at.remaining_steps, at.fresh_noise, at.noise_seed)

    @property
    def made(self) -> GenerationRequest:
        return self.request


@dataclass(frozen=True, slots=True, eq=False)
class Decode(Operation[Pixels]):
    """Makes the true picture of a latent in variance-preserving scale, such as `Frame.denoised`."""

    film: Film
    latent: Latent


@dataclass(frozen=True, slots=True, eq=False)
class RenderFrame(Operation[None]):
    """Tells by `ImageReady` a picture of a frame: of x0 (``denoised``), or of what the model saw (``noisy``).

    Attributes:
        note: for the recipe, before the engine's own.
    """

    film: Film
    frame: Frame
    stage: Stage
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class OpenedFilm:
    """A film from the disk with all its frames.

    Attributes:
        attention: where its words acted, None when that was not recorded or not asked for.
    """

    path: Path
    film: Film
    attention: AttentionRecord | None = None


@dataclass(frozen=True, slots=True, eq=False)
class OpenFilm(Operation[OpenedFilm]):
    """Reads a film and rebuilds every latent exactly; neither network nor model is needed.

    Raises FilmBroken, and the other errors of `core.film.reader.read_recording`.
    """

    path: Path
    with_attention: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class RecordAttention(Operation[AttentionRecord | None]):
    """Shows the latents of a film to the network again, and keeps where its words act at each call.

    Calls that a branch took over from a run with another prompt are left out. The result is None for a network
    without attention to words. `Advanced` counts the calls. Raises InvalidRequest, ModelMissing, ModelBroken,
    LoraMissing, OutOfMemory.
    """

    film: Film


@dataclass(frozen=True, slots=True, eq=False)
class PreviewFilm(Operation[tuple[Pixels, ...]]):
    """Makes small pictures of all steps of a film on the disk, by the linear map. Raises as `OpenFilm` does."""

    path: Path


@dataclass(frozen=True, slots=True, eq=False)
class EncodePicture(Operation[EncodedPicture]):
    """Encodes and decodes the request's source picture, and measures what got lost.

    Raises InvalidRequest, ModelMissing, ModelBroken, UnreadablePicture, OutOfMemory, NotANumberPicture.
    """

    request: GenerationRequest


@dataclass(frozen=True, slots=True, eq=False)
class PredictOnce(Operation[OneStep]):
    """Shows x_t to the network once, with the request's prompt and guidance.

    Raises InvalidRequest, ModelMissing, ModelBroken, OutOfMemory, NotANumberPicture.
    """

    request: GenerationRequest
    trip: RoundTrip
    noisy: Latent
    t: int


@dataclass(frozen=True, slots=True, eq=False)
class CompareSchedules(Operation[Mapping[str, Schedule]]):
    """Finds the noise schedules of other samplers with as many steps. Needs no model."""

    film: Film


@dataclass(frozen=True, slots=True, eq=False)
class ReportMemory(Operation[MemoryInUse]):
    """Tells how the loaded model was placed, and what the device has. Loads no model."""
