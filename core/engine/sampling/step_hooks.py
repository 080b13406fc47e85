"""The table of hooks of the denoising loop; a film's extras alone tell which of them its run has.

Replaying, resuming and branching call the hooks of the first run. To add one, write a function like
`mask_blending` in a file of its own and give it a line in `HOOKS`.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch

from core.engine.sampling.denoising import StepHook
from core.engine.sampling.mask_blending import MASK, mask_blending
from core.film.film import Film

HOOKS: Mapping[str, Callable[[Film, torch.device], StepHook]] = MappingProxyType({MASK: mask_blending})
"""By the extra that asks for them, in the order in which they act. Each raises InvalidRequest for wrong extras."""


def step_hooks(film: Film, device: torch.device) -> tuple[StepHook, ...]:
    """Returns the hooks of a film's run. Raises InvalidRequest for extras that do not fit."""
    return tuple(make(film, device) for name, make in HOOKS.items() if name in film.extras)
