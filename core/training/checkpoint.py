"""Checkpoints of a training run: tensors and a little JSON in one safetensors file, replaced atomically.

A checkpoint holds all that a run needs to go on as if it had never stopped: weights, their moving average, the
optimiser's moments and the step. Random numbers need no saving: they are drawn from (seed, step, process).
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim import Optimizer


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a run: steps done, samples seen over all processes, seconds spent."""

    step: int = 0
    samples: int = 0
    seconds: float = 0.0


def save_checkpoint(path: Path, tensors: Mapping[str, Tensor], progress: Progress) -> None:
    """Writes a checkpoint beside the old one, which it then replaces."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    state = {"step": progress.step, "samples": progress.samples, "seconds": progress.seconds}
    contiguous = {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
    save_file(contiguous, partial, metadata={"progress": json.dumps(state)})
    os.replace(partial, path)  # noqa: PTH105 - replaces on Windows too


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


def prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Returns the tensors with `prefix.` before each name."""
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def part(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Returns the tensors whose names begin with `prefix.`, without it: undoes `prefixed`."""
    return {name[len(prefix) + 1 :]: tensor for name, tensor in tensors.items() if name.startswith(f"{prefix}.")}


def optimiser_tensors(optimiser: Optimizer) -> dict[str, Tensor]:
    """Returns the optimiser's moments and counters, named by parameter number and moment."""
    state = optimiser.state_dict()["state"]
    return {f"{number}.{name}": value for number, moments in state.items() for name, value in moments.items()}


def restore_optimiser(optimiser: Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Restores moments and counters that `optimiser_tensors` returned."""
    whole = optimiser.state_dict()
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        number, moment = name.split(".")
        state.setdefault(int(number), {})[moment] = tensor
    whole["state"] = state
    optimiser.load_state_dict(whole)


class MovingAverage:
    """Exponential moving average of parameters: smoother than any single step of the training.

    Attributes:
        shadow: the averages, in the parameters' order.
    """

    def __init__(self, modules: Iterable[nn.Module], decay: float) -> None:
        self._parameters = [parameter for module in modules for parameter in module.parameters()]
        self._decay = decay
        self.shadow = [parameter.detach().clone() for parameter in self._parameters]

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Moves towards the parameters; early steps move faster, so that the start is soon forgotten."""
        decay = min(self._decay, (1 + step) / (10 + step))
        for average, parameter in zip(self.shadow, self._parameters, strict=True):
            average.lerp_(parameter, 1 - decay)

    @torch.no_grad()
    def swap(self) -> None:
        """Exchanges averages and parameters; a second call exchanges them back."""
        for average, parameter in zip(self.shadow, self._parameters, strict=True):
            kept = parameter.detach().clone()
            parameter.copy_(average)
            average.copy_(kept)

    def tensors(self) -> dict[str, Tensor]:
        """Returns the averages by number."""
        return {str(number): average for number, average in enumerate(self.shadow)}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Restores averages that `tensors` returned."""
        for number, average in enumerate(self.shadow):
            average.copy_(tensors[str(number)])
