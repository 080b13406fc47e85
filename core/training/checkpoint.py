"""Networks in training and their checkpoints: tensors and a little JSON in one file, replaced atomically.

A checkpoint holds all that a run needs to go on as if it had never stopped: weights, their moving average, the
optimiser's moments and the step. Random numbers need no saving: they are drawn from (seed, step, process).
"""

import json
import os
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from core.training.parallel import Team


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a run: steps done, samples seen over all processes, seconds spent."""

    step: int = 0
    samples: int = 0
    seconds: float = 0.0


def load_checkpoint(path: Path) -> tuple[dict[str, Tensor], Progress]:
    """Returns the tensors and the progress of a checkpoint."""
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
        progress = Progress(**json.loads(file.metadata()["progress"]))
    return tensors, progress


def load_averages(path: Path, modules: Iterable[nn.Module]) -> Progress:
    """Loads the averaged weights of a checkpoint into its first networks and returns its progress."""
    tensors, progress = load_checkpoint(path)
    with torch.no_grad():
        for number, parameter in enumerate(p for module in modules for p in module.parameters()):
            parameter.copy_(tensors[f"average.{number}"])
    return progress


class Learner:
    """The networks of a training and all that changes with them; resumed from the checkpoint if there is one.

    Averages are exponential moving averages of the parameters: smoother than any single step of the training.
    """

    def __init__(
        self, path: Path, networks: Mapping[str, nn.Module], ema_decay: float, weight_decay: float
    ) -> None:
        self.progress = Progress()
        self._path = path
        self._networks = dict(networks)
        self._decay = ema_decay
        self._parameters = [parameter for network in networks.values() for parameter in network.parameters()]
        self._averages = [parameter.detach().clone() for parameter in self._parameters]
        self._optimiser = torch.optim.AdamW(self._parameters, betas=(0.9, 0.99), weight_decay=weight_decay)
        if path.exists():
            self._resume()

    def learn(self, loss: Tensor, learning_rate: float, team: Team) -> None:
        """Moves the weights against the loss' gradient, averaged over the team, and the averages after them."""
        for group in self._optimiser.param_groups:
            group["lr"] = learning_rate
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        team.average_gradients(self._networks.values())
        nn.utils.clip_grad_norm_(self._parameters, 1.0)
        self._optimiser.step()
        # early steps move the averages faster, so that the start is soon forgotten
        decay = min(self._decay, (1 + self.progress.step) / (10 + self.progress.step))
        with torch.no_grad():
            for average, parameter in zip(self._averages, self._parameters, strict=True):
                average.lerp_(parameter, 1 - decay)

    def advance(self, samples: int, seconds: float) -> None:
        """Counts a step that saw so many samples and took so many seconds."""
        now = self.progress
        self.progress = Progress(now.step + 1, now.samples + samples, now.seconds + seconds)

    def save(self) -> None:
        """Writes the checkpoint beside the old one, which it then replaces."""
        tensors = {f"average.{number}": average for number, average in enumerate(self._averages)}
        for number, moments in self._optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{number}.{moment}": value for moment, value in moments.items()}
        for name, network in self._networks.items():
            tensors |= {f"{name}.{weight}": value for weight, value in network.state_dict().items()}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._path.with_suffix(".partial")
        contiguous = {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
        save_file(contiguous, partial, metadata={"progress": json.dumps(asdict(self.progress))})
        os.replace(partial, self._path)  # noqa: PTH105 - replaces on Windows too

    @contextmanager
    def averaged(self) -> Generator[None, None, None]:
        """Gives the networks their averaged weights inside the block."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        for average, parameter in zip(self._averages, self._parameters, strict=True):
            kept = parameter.detach().clone()
            parameter.copy_(average)
            average.copy_(kept)

    def _resume(self) -> None:
        tensors, self.progress = load_checkpoint(self._path)
        parts: dict[str, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            part, _, rest = name.partition(".")
            parts.setdefault(part, {})[rest] = tensor
        for name, network in self._networks.items():
            network.load_state_dict(parts[name])
        for number, average in enumerate(self._averages):
            average.copy_(parts["average"][str(number)])
        state: dict[int, dict[str, Tensor]] = {}
        for name, tensor in parts.get("optimiser", {}).items():
            number, moment = name.split(".")
            state.setdefault(int(number), {})[moment] = tensor
        self._optimiser.load_state_dict({**self._optimiser.state_dict(), "state": state})
