"""The work that a grid is, told before it begins."""

from collections.abc import Iterable
from dataclasses import dataclass

from core.grid.grid import Grid
from core.runs.speed import Speed


@dataclass(frozen=True, slots=True)
class Estimate:
    """Pictures that are to be made.

    Attributes:
        steps: of all of them.
        seconds: None where one of the models has not made a picture yet.
    """

    pictures: int
    steps: int
    seconds: float | None


def estimate(grid: Grid, numbers: Iterable[int], speed: Speed) -> Estimate:
    """Returns the work of these pictures of a grid."""
    requests = [grid.request_of(number) for number in numbers]
    times = [speed.of_picture(request) for request in requests]
    known = [seconds for seconds in times if seconds is not None]
    total = sum(known) if len(known) == len(times) else None
    return Estimate(len(requests), sum(request.all_steps for request in requests), total)
