"""Networks in training: weights, moving average, optimiser and progress, saved and resumed as one thing."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from core.training.checkpoint import (
    MovingAverage,
    Progress,
    load_checkpoint,
    optimiser_tensors,
    part,
    prefixed,
    restore_optimiser,
    save_checkpoint,
)
from core.training.parallel import Team


class Learner:
    """The networks of a training and all that changes with them; resumed from the checkpoint if there is one.

    Attributes:
        progress: steps, samples and seconds so far.
    """

    def __init__(
        self, path: Path, networks: Mapping[str, nn.Module], ema_decay: float, weight_decay: float
    ) -> None:
        self.progress = Progress()
        self._path = path
        self._networks = dict(networks)
        self._average = MovingAverage(networks.values(), ema_decay)
        self._parameters = [parameter for network in networks.values() for parameter in network.parameters()]
        self._optimiser = torch.optim.AdamW(self._parameters, betas=(0.9, 0.99), weight_decay=weight_decay)
        if path.exists():
            self._resume()

    def learn(self, loss: Tensor, learning_rate: float, team: Team) -> None:
        """Moves the weights against the loss' gradient, averaged over the team, and the average after them."""
        for group in self._optimiser.param_groups:
            group["lr"] = learning_rate
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        team.average_gradients(self._networks.values())
        nn.utils.clip_grad_norm_(self._parameters, 1.0)
        self._optimiser.step()
        self._average.update(self.progress.step)

    def advance(self, samples: int, seconds: float) -> None:
        """Counts a step that saw so many samples and took so many seconds."""
        now = self.progress
        self.progress = replace(
            now, step=now.step + 1, samples=now.samples + samples, seconds=now.seconds + seconds
        )

    def save(self) -> None:
        """Writes the checkpoint."""
        tensors = prefixed("average", self._average.tensors())
        tensors |= prefixed("optimiser", optimiser_tensors(self._optimiser))
        for name, network in self._networks.items():
            tensors |= prefixed(name, network.state_dict())
        save_checkpoint(self._path, tensors, self.progress)

    @contextmanager
    def averaged(self) -> Generator[None, None, None]:
        """Gives the networks their averaged weights inside the block."""
        self._average.swap()
        try:
            yield
        finally:
            self._average.swap()

    def _resume(self) -> None:
        tensors, self.progress = load_checkpoint(self._path)
        for name, network in self._networks.items():
            network.load_state_dict(part(name, tensors))
        self._average.restore(part("average", tensors))
        restore_optimiser(self._optimiser, part("optimiser", tensors))
