"""Runs the same training in several processes that average their gradients.

On a CPU, two processes with one thread each are steadier than one process with two threads.
"""

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor, nn

Task = Callable[["Team"], None]


@dataclass(frozen=True, slots=True)
class Team:
    """The processes that train together, seen from one of them.

    Attributes:
        rank: this process' number; 0 writes files and shows progress.
        size: number of processes.
    """

    rank: int
    size: int
    device: torch.device

    @property
    def leads(self) -> bool:
        """Returns whether this process writes files and shows progress."""
        return self.rank == 0

    def average_gradients(self, modules: Iterable[nn.Module]) -> None:
        """Replaces each gradient by its mean over all processes."""
        if self.size == 1:
            return
        gradients = [p.grad for module in modules for p in module.parameters() if p.grad is not None]
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        dist.all_reduce(flat)
        flat /= self.size
        for gradient, mean in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(mean.view_as(gradient))

    def agreed(self, value: float) -> float:
        """Returns the leading process' value, in every process."""
        if self.size == 1:
            return value
        shared: Tensor = torch.tensor([value], dtype=torch.float64)
        dist.broadcast(shared, 0)
        return float(shared.item())


def run_together(task: Task, processes: int, device: str) -> None:
    """Runs `task` in so many processes, on "cpu" or "cuda"; one process runs it here."""
    if device == "cuda":
        torch.set_float32_matmul_precision("high")
    if processes == 1:
        task(Team(0, 1, torch.device(device)))
        return
    with tempfile.TemporaryDirectory() as folder:
        arguments = (task, processes, device, Path(folder) / "meeting-point")
        torch.multiprocessing.spawn(_member, arguments, nprocs=processes)  # pyright: ignore[reportPrivateImportUsage]


def _member(rank: int, task: Task, size: int, device: str, meeting_point: Path) -> None:
    torch.set_num_threads(1)
    dist.init_process_group(
        "gloo", f"file://{meeting_point}", rank=rank, world_size=size, timeout=timedelta(minutes=10)
    )
    try:
        task(Team(rank, size, torch.device(device)))
    finally:
        dist.destroy_process_group()
