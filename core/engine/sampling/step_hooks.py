"""The hooks of the denoising loop: which of them a film's run has, told by the film's extras alone.

Replaying, resuming and branching therefore call the hooks of the first run. To add one, write a function like
`mask_blending` in a file of its own and give it a line in `HOOKS`.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from core.engine.sampling.denoising import StepHook
from core.engine.sampling.mask_blending import mask_blending
from core.film.film import Film

HOOKS: tuple[Callable[[Film, torch.device], StepHook | None], ...] = (mask_blending,)
"""In the order in which they act. Each returns None for a film without its extras, and raises InvalidRequest."""


def step_hooks(film: Film, device: torch.device) -> tuple[StepHook, ...]:
    """Returns the hooks of a film's run. Raises InvalidRequest when its extras do not fit each other."""
    return tuple(hook for make in HOOKS if (hook := make(film, device)) is not None)
