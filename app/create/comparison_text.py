"""The text about a comparison of runs."""

from collections.abc import Mapping
from types import MappingProxyType

from app.create.compared_run import ComparedRun
from core.film.alignment import AlignedBy
from core.recipes.differences import differences

LOCKED: Mapping[AlignedBy, str] = MappingProxyType(
    {AlignedBy.step: "Locked by step", AlignedBy.noise: "Locked by noise level σ"}
)
"""The scrubber's effect on both runs: by noise level if they have different numbers of steps."""


def differences_text(first: ComparedRun, second: ComparedRun) -> str:
    """Returns the recipes' differences, and where one left the other."""
    if first.request is None or second.request is None:
        return "Not known what differs: a picture carries no recipe"
    found = differences(first.request, second.request, first.untold | second.untold)
    parts = [str(difference) for difference in found]
    for letter, run, other in (("B", second, first), ("A", first, second)):
        if run.parent is not None and run.parent.run == other.run != "":
            parts += ["fresh noise"] if "fresh noise" in run.parent.changes else []
            return f"{letter} left {'A' if letter == 'B' else 'B'} at step {run.parent.step + 1}:  " + (
                " · ".join(parts) or "nothing changed"
            )
    return "Differ in:  " + " · ".join(parts) if parts else "The same settings"
