"""The data of a view: a film, one of its calls, and further facts about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.film.attention_maps import AttentionRecord
from core.film.film import Film, Frame, Latent, Schedule
from core.pictures.pixels import Pixels


@dataclass(frozen=True, slots=True, eq=False)
class DecodedLatent:
    """The decoded picture of a latent that a view made up, such as one channel alone."""

    latent: Latent
    pixels: Pixels


class PassAlone:
    """The film of the pass that is looked at, the same one as long as it is the same."""

    def __init__(self) -> None:
        self._of: tuple[Film, int] | None = None
        self._alone: Film | None = None

    def at(self, film: Film, call: int) -> tuple[Film, int]:
        """Returns the pass that a call belongs to, and the place of the call in it."""
        first = film.first_call_at(call)
        if self._alone is None or self._of is None or self._of[0] is not film or self._of[1] != first:
            self._of, self._alone = (film, first), film.pass_at(call)
        return self._alone, call - first


@dataclass(frozen=True, slots=True, eq=False)
class FrameContext:
    """One recorded call of a film.

    Attributes:
        film: of one pass alone. call: its place among the frames of this pass.
        decoded: the true picture of x0 at this call, once it is there.
        attention: the recorded cross-attention, None without any.
        attention_done: how much of it has been recorded, 0 to 1, while that is going on afterwards; else None.
        is_growing: the film is that of a run which goes on.
        other_schedules: schedules of other samplers with as many steps, by their names.
        requested_decode: the last latent that a view asked to be decoded, once it is there.
    """

    film: Film
    call: int
    decoded: Pixels | None = None
    attention: AttentionRecord | None = None
    attention_done: float | None = None
    is_growing: bool = False
    other_schedules: Mapping[str, Schedule] = field(default_factory=dict[str, Schedule])
    requested_decode: DecodedLatent | None = None

    @property
    def frame(self) -> Frame:
        return self.film.frames[self.call]
