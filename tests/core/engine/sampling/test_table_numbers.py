"""Numbers out of the samplers' tables reach an Apple GPU as they are."""

from __future__ import annotations

import pytest
import torch

from core.engine.sampling.table_numbers import beside
from tests.apple import MPS, apple_gpu

TABLE = torch.tensor([8.0, 4.0, 2.0])


def test_metal_takes_the_first_number_of_a_table_for_each() -> None:
    """The stand-in refuses what torch computes wrongly."""
    with apple_gpu():
        x = torch.ones(3, device=MPS)
        assert (x * TABLE[0]).tolist() == [8.0] * 3
        with pytest.raises(RuntimeError, match="first number"):
            x.mul(TABLE[2])


def test_each_number_is_copied_out_of_its_table() -> None:
    with apple_gpu():
        x = torch.ones(3, device=MPS)
        with beside(x):
            assert (x * TABLE[2]).tolist() == (TABLE[2] * x).tolist() == [2.0] * 3
            assert torch.add(x, TABLE[1], alpha=2).tolist() == [9.0] * 3
            assert torch.lerp(input=x, end=x + 2, weight=TABLE[2]).tolist() == [5.0] * 3
        with pytest.raises(RuntimeError, match="first number"):
            x.mul(TABLE[2])


def test_what_is_written_into_a_table_stays_there() -> None:
    table = TABLE.clone()
    with apple_gpu():
        x = torch.full((), 5.0, device=MPS)
        with beside(x):
            table[1].copy_(x)
    with beside(table):
        table[2].add_(1)
    assert table.tolist() == [8.0, 5.0, 3.0]
