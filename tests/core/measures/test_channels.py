"""The numbers of each latent channel."""

from __future__ import annotations

import numpy as np
import pytest

from core.measures.channels import channel_numbers


def test_mean_and_spread_of_each_channel() -> None:
    latent = np.stack([np.full((4, 4), 2.0), np.tile([-1.0, 1.0], (4, 2))]).astype(np.float16)
    constant, alternating = channel_numbers(latent, reach=4)
    assert (constant.mean, constant.std) == (2, 0)
    assert (alternating.mean, alternating.std) == (0, 1)


def test_histograms_count_every_value_in_its_bin() -> None:
    latent = np.array([[[-1.5, -0.5, 0.5, 0.6]]], np.float32)
    (numbers,) = channel_numbers(latent, reach=2, bins=4)
    assert list(numbers.edges) == [-2, -1, 0, 1, 2]
    assert list(numbers.counts) == [1, 1, 2, 0]


def test_values_out_of_reach_count_in_the_outer_bins() -> None:
    (numbers,) = channel_numbers(np.array([[[-9.0, 9.0, 9.0]]], np.float32), reach=1, bins=2)
    assert list(numbers.counts) == [1, 2]


def test_a_normal_channel_fills_the_bins_as_the_normal_distribution_says() -> None:
    latent = np.random.default_rng(1).standard_normal((1, 200, 200)).astype(np.float32)
    (numbers,) = channel_numbers(latent, reach=3, bins=6)
    parts = numbers.counts / numbers.counts.sum()
    assert parts[2] + parts[3] == pytest.approx(0.6827, abs=0.01)
