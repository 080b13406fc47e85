"""A stand-in for CUDA graphs, on any device: it captures by keeping the work, and replays by doing it again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import torch
from torch.utils._pytree import tree_leaves, tree_map


@dataclass
class Recaptures:
    """See `core.engine.networks.graphs.Capture`.

    Attributes:
        slots: of the captures, in their order.
        error: raised by the next captures.
        is_wrong: its replays differ in one bit.
    """

    slots: list[int] = field(default_factory=list[int])
    replays: int = 0
    error: RuntimeError | None = None
    is_wrong: bool = False

    def __call__(self, work: Callable[[], Any], slot: int) -> tuple[Callable[[], None], Any]:
        self.slots.append(slot)
        if self.error is not None:
            raise self.error
        outputs = tree_map(torch.clone, work())

        def replay() -> None:
            self.replays += 1
            for place, value in zip(tree_leaves(outputs), tree_leaves(work()), strict=True):
                place.copy_(torch.nextafter(value, value + 1) if self.is_wrong else value)

        return replay, outputs


def graphs_everywhere(patch: pytest.MonkeyPatch) -> Recaptures:
    """Has networks on every device replayed by this stand-in, until the patch is undone.

    Texts are then given at one place, so no layer may take the same tensor for the same text.
    """
    captures = Recaptures()
    patch.setattr("core.engine.devices.offloading.capture_on", lambda _device: captures)  # pyright: ignore
    patch.setattr("core.engine.devices.offloading.remember_text", lambda _part: None, raising=False)  # pyright: ignore
    return captures
