"""Processes that train together agree; each of them imports this file, which therefore imports little."""

import torch

from core.training.parallel import Team, run_together


def _average(team: Team) -> None:
    layer = torch.nn.Linear(1, 1, bias=False)
    layer.weight.grad = torch.full((1, 1), float(team.rank))
    team.average_gradients((layer,))
    assert layer.weight.grad.item() == 0.5
    assert team.agreed(10.0 + team.rank) == 10.0


def test_two_processes_average_their_gradients() -> None:
    run_together(_average, 2, "cpu")
