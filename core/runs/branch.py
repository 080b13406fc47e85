"""Taking a run up again at one of its calls: unchanged to resume it, changed to branch off."""

from dataclasses import dataclass

from core.film.film import Film
from core.recipes.recipe import Parent
from core.request.control import Control
from core.request.request import GenerationRequest
from core.request.settings import SETTINGS
from core.request.settings.controls import CONTROLS


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """A run that takes over the beginning of another and computes the rest.

    Attributes:
        film: the run it leaves; it may have been stopped.
        call: how many network calls are taken over, 0 to ``len(film.frames)``.
        request: what to do from there on. Its size, seed and model are those of the film, and so is its second
            pass, but for texts, guidance and sampler of one in which the branch begins.
        remaining_steps: how many steps to make from there, or None for those that are left.
        fresh_noise: how much of the latent's noise is replaced by new noise, 0 to 1.
        noise_seed: seed of the new noise.
    """

    film: Film
    call: int
    request: GenerationRequest
    remaining_steps: int | None = None
    fresh_noise: float = 0.0
    noise_seed: int = 0

    @property
    def keeps_history(self) -> bool:
        """True if the sampler can go on as if nothing had happened, with all that it remembers of earlier steps.

        Another sampler, another number of steps or another latent means a new start at the same noise level; so
        does guidance turned on or off, since a film has both halves of its predictions at every call or at none.
        """
        before, after = self._compared
        return (
            before.sampler == after.sampler
            and before.has_guidance == after.has_guidance
            and self.remaining_steps in (None, self.steps_left)
            and self.fresh_noise == 0
        )

    @property
    def sampler(self) -> str:
        """Returns the key of the sampler from there on."""
        return self._compared[1].sampler

    @property
    def is_in_second_pass(self) -> bool:
        return self.film.first_call_at(self.call) > 0

    @property
    def _compared(self) -> tuple[GenerationRequest, GenerationRequest]:
        """Returns the film's request and the branch's, as they are in the pass that the branch begins in."""
        both = self.film.request, self.request
        return (both[0].in_second_pass, both[1].in_second_pass) if self.is_in_second_pass else both

    @property
    def step(self) -> int:
        """Returns the step (from 0) that is the first to be computed."""
        steps = self.film.schedule.steps
        return steps[self.call] if self.call < len(steps) else self.film.request.all_steps

    @property
    def steps_left(self) -> int:
        """Returns the steps from there to the end of its pass."""
        request = self.film.request
        return (request.all_steps if self.is_in_second_pass else request.steps) - self.step

    @property
    def parent(self) -> Parent:
        return Parent(self.film.run, self.step, self.changes())

    def changes(self) -> str:
        """Returns all changes from the parent as a phrase for the recipe and the tree of branches, "" for none."""
        before, after = self._compared
        settings = (setting for setting in SETTINGS if setting.can_branch)
        changed = [setting.noun for setting in settings if setting.facts(before) != setting.facts(after)]
        pairs = zip(before.controls, after.controls, strict=False)
        if any(_looks_at_others(a, b) for a, b in pairs) and CONTROLS.noun not in changed:
            changed.append(CONTROLS.noun)
        changed += ["steps"] * (self.remaining_steps not in (None, self.steps_left))
        if self.fresh_noise > 0:
            changed.append(f"fresh noise {self.fresh_noise:.0%} (seed {self.noise_seed})")
        return ", ".join(changed)


def _looks_at_others(one: Control, other: Control) -> bool:
    """Returns True for another picture of the same name, or if something else was painted over its map."""
    pairs = [(one.sha256, other.sha256)]
    if one.edits is not None and other.edits is not None:
        pairs.append((one.edits.sha256, other.edits.sha256))
    return any(before and after and before != after for before, after in pairs)


def rest_of(film: Film) -> Branch:
    """Returns the work that is left of a run that was stopped, with nothing changed."""
    return Branch(film, len(film.frames), film.request)
